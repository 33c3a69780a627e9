// Primary account numbers (PCI DSS; ISO/IEC 7812-1): length, check digit and issuer together. Pure.
import { cardIssuer } from "./issuers.ts";
import { luhnValid } from "./luhn.ts";

const minDigits = 12;
const maxDigits = 19;

/**
 * The 12 to 19 digits of `text`, where it is ASCII digits with at most one space or dash between two of them, the same kind throughout; else `null`.
 *
 * @example
 * ```ts
 * import { panDigits } from "@fieldseal/core/identifiers";
 * const digits = panDigits("4111 1111 1111 1111"); // "4111111111111111"
 * ```
 */
export function panDigits(text: string): string | null {
  // With a separator between every two digits: no longer text can hold a PAN.
  if (text.length < minDigits || text.length > 2 * maxDigits - 1) return null;
  let separator = "";
  let afterDigit = false;
  let digits = "";
  for (const character of text) {
    if (character >= "0" && character <= "9") {
      digits += character;
      afterDigit = true;
    } else {
      if (!afterDigit || (character !== " " && character !== "-")) return null;
      if (separator !== "" && separator !== character) return null;
      separator = character;
      afterDigit = false;
    }
  }
  return afterDigit && digits.length >= minDigits && digits.length <= maxDigits ? digits : null;
}

/**
 * True when `text` is a card number: 12 to 19 digits (see `panDigits`), Luhn-valid, and an issuer's prefix at a length which that issuer issues.
 * Public test numbers count as card numbers; one digit repeated fails, for no issuer's range holds one that passes Luhn.
 *
 * @example
 * ```ts
 * import { isPan } from "@fieldseal/core/identifiers";
 * const found: boolean = isPan("3782-822463-10005");
 * ```
 */
export function isPan(text: string): boolean {
  const digits = panDigits(text);
  return digits !== null && cardIssuer(digits) !== null && luhnValid(digits);
}
