// International bank account numbers (ISO 13616-1): country, structure and check digits together. Pure.
import { bbanStructures } from "./iban-countries.ts";
import { mod97 } from "./mod97.ts";

const bbanPatterns: ReadonlyMap<string, RegExp> = new Map(
  [...bbanStructures].map(([country, structure]) => [country, structurePattern(structure)]),
);

// The longest is Russia's, 33 characters; the paper form has a separator after every fourth.
const maxTextLength = 33 + 8;

/**
 * `text` in the electronic form, upper case without separators, where it has an IBAN's alphabet and at most one space or dash between two characters; else `null`.
 *
 * @example
 * ```ts
 * import { ibanCharacters } from "@fieldseal/core/identifiers";
 * const iban = ibanCharacters("gb82 west 1234 5698 7654 32"); // "GB82WEST12345698765432"
 * ```
 */
export function ibanCharacters(text: string): string | null {
  if (text.length > maxTextLength || !/^[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9])+$/.test(text)) return null;
  return text.replace(/[ -]/g, "").toUpperCase();
}

/**
 * True when `text` is an IBAN (see `ibanCharacters`): a country that uses them, that country's structure, check digits from 02 to 98, remainder 1 modulo 97.
 * National check digits inside the account number are not looked at.
 *
 * @example
 * ```ts
 * import { isIban } from "@fieldseal/core/identifiers";
 * const found: boolean = isIban("DE89 3704 0044 0532 0130 00");
 * ```
 */
export function isIban(text: string): boolean {
  const iban = ibanCharacters(text);
  if (iban === null) return false;
  const bban = iban.slice(4);
  if (bbanPatterns.get(iban.slice(0, 2))?.test(bban) !== true) return false;
  // 00, 01 and 99 leave the same remainders as 97, 98 and 02, and are never issued.
  const checkDigits = iban.slice(2, 4);
  if (checkDigits < "02" || checkDigits > "98") return false;
  return mod97(bban + iban.slice(0, 4)) === 1;
}

function structurePattern(structure: string): RegExp {
  const classes = { n: "[0-9]", a: "[A-Z]", c: "[A-Z0-9]" } as const;
  const parts = structure.match(/[0-9]+[nac]/g) ?? [];
  const body = parts.map((part) => `${classes[part.slice(-1) as keyof typeof classes]}{${part.slice(0, -1)}}`);
  return new RegExp(`^${body.join("")}$`);
}
