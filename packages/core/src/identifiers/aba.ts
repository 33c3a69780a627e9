// ABA routing transit numbers: weights 3-7-1 and the Federal Reserve's prefixes. Pure.

/**
 * True when `text` is nine ASCII digits, the first two from 00-12, 21-32, 61-72 or 80, and 3-7-1 weighted to a multiple of ten.
 * One nine-digit number in twenty-five passes: ask for context as well.
 *
 * @example
 * ```ts
 * import { isAbaRoutingNumber } from "@fieldseal/core/identifiers";
 * const found: boolean = isAbaRoutingNumber("021000021");
 * ```
 */
export function isAbaRoutingNumber(text: string): boolean {
  if (!/^[0-9]{9}$/.test(text) || text === "000000000") return false;
  const district = Number(text.slice(0, 2));
  const assigned =
    district <= 12 || (district >= 21 && district <= 32) || (district >= 61 && district <= 72) || district === 80;
  return assigned && weightedSum(text) % 10 === 0;
}

function weightedSum(digits: string): number {
  const weights = [3, 7, 1] as const;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) sum += weights[i % 3]! * Number(digits[i]);
  return sum;
}
