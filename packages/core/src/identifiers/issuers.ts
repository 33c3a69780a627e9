// Card issuers by number prefix and issued length (ISO/IEC 7812 IINs as the card networks publish them). Pure.

/** Card network that a number's prefix belongs to. */
export type Issuer =
  | "amex"
  | "borica"
  | "dankort"
  | "diners"
  | "discover"
  | "elo"
  | "hipercard"
  | "humo"
  | "instapayment"
  | "interpayment"
  | "jcb"
  | "maestro"
  | "mastercard"
  | "mir"
  | "rupay"
  | "troy"
  | "uatp"
  | "unionpay"
  | "uzcard"
  | "verve"
  | "visa";

/** Prefixes `from` to `to` (same number of digits, both included) and the lengths in digits of the numbers issued below them. */
export interface IssuerRange {
  readonly issuer: Issuer;
  readonly from: string;
  readonly to: string;
  readonly lengths: readonly number[];
}

const sixteenUp = [16, 17, 18, 19];
const twelveUp = [12, 13, 14, 15, 16, 17, 18, 19];

// One row for each issuer and set of lengths: space-separated prefixes, "a-b" for a range.
const rows: readonly (readonly [Issuer, readonly number[], string])[] = [
  ["visa", [13, 16, 19], "4"],
  ["mastercard", [16], "51-55 2221-2720"],
  ["amex", [15], "34 37"],
  ["discover", sixteenUp, "6011 644-649 65 622126-622925"],
  ["diners", [14, 15, 16, 17, 18, 19], "36"],
  ["diners", [14, 16, 17, 18, 19], "300-305 3095 38-39"],
  ["jcb", sixteenUp, "3528-3589"],
  ["jcb", [15], "1800 2131"],
  ["unionpay", sixteenUp, "62"],
  ["unionpay", [16], "8100-8171"],
  // Short numbers exist only below these; the wide prefixes would claim one 12-digit number in two hundred.
  ["maestro", twelveUp, "5018 5020 5038 5612 5893 6304 6390 6759 6761-6763"],
  ["maestro", sixteenUp, "50 56-58 67"],
  ["mir", sixteenUp, "2200-2204"],
  ["borica", [16], "2205"],
  ["rupay", [16], "508500-508999 606985-607984 608001-608500 652150-653149 817200-820199 353 356"],
  [
    "elo",
    [16],
    "401178-401179 431274 438935 451416 457393 457631-457632 504175 506699-506778 509000-509999 627780 636297 636368 " +
      "650031-650033 650035-650051 650405-650439 650485-650538 650541-650598 650700-650718 650720-650727 " +
      "650901-650978 651652-651679 655000-655019 655021-655058",
  ],
  ["hipercard", [16], "606282 637095 637568 637599 637609 637612"],
  ["verve", [16, 18, 19], "506099-506198 507865-507964 650002-650027"],
  ["uatp", [15], "1"],
  ["dankort", [16], "5019 4571"],
  ["troy", [16], "9792"],
  ["interpayment", sixteenUp, "636"],
  ["instapayment", [16], "637-639"],
  ["uzcard", [16], "8600 5614"],
  ["humo", [16], "9860"],
];

/** Every issuer range, the longest prefixes first: the first that fits is the most specific. */
export const issuerRanges: readonly IssuerRange[] = rows
  .flatMap(([issuer, lengths, prefixes]) =>
    prefixes.split(" ").map((prefix): IssuerRange => {
      const [from, to = from] = prefix.split("-") as [string, string?];
      return { issuer, from, to, lengths };
    }),
  )
  .sort((a, b) => b.from.length - a.from.length);

// Ranges by the first digit, so that a candidate is compared with a few of them.
const rangesByFirstDigit: readonly (readonly IssuerRange[])[] = Array.from({ length: 10 }, (_, digit) =>
  issuerRanges.filter(({ from, to }) => from[0]! <= String(digit) && String(digit) <= to[0]!),
);

/**
 * The issuer whose prefix starts `digits` (ASCII digits) and who issues numbers of that length, the most specific prefix winning; `null` for none.
 *
 * @example
 * ```ts
 * import { cardIssuer } from "@fieldseal/core/identifiers";
 * const issuer = cardIssuer("2223003122003222"); // "mastercard"
 * ```
 */
export function cardIssuer(digits: string): Issuer | null {
  for (const { issuer, from, to, lengths } of rangesByFirstDigit[digits.charCodeAt(0) - 0x30] ?? []) {
    const prefix = digits.slice(0, from.length);
    if (from <= prefix && prefix <= to && lengths.includes(digits.length)) return issuer;
  }
  return null;
}
