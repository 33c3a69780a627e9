// The Luhn check digit (ISO/IEC 7812-1 annex B) over ASCII digits. Pure.

// Twice a digit, its own digits added: 2 x 7 = 14 counts as 5.
const doubled: Uint8Array = Uint8Array.of(0, 2, 4, 6, 8, 1, 3, 5, 7, 9);

/**
 * True when `digits` is ASCII digits only, at least two of them, and the last is the check digit of the rest (ISO/IEC 7812-1 annex B).
 *
 * @example
 * ```ts
 * import { luhnValid } from "@fieldseal/core/identifiers";
 * const ok: boolean = luhnValid("4111111111111111");
 * ```
 */
export function luhnValid(digits: string): boolean {
  if (digits.length < 2) return false;
  const sum = luhnSum(digits, digits.length % 2);
  return sum >= 0 && sum % 10 === 0;
}

/**
 * The digit, 0 to 9, which makes `payload` Luhn-valid when appended; `null` where `payload` is empty or holds anything but ASCII digits.
 *
 * @example
 * ```ts
 * import { luhnCheckDigit } from "@fieldseal/core/identifiers";
 * const digit: number | null = luhnCheckDigit("411111111111111");
 * ```
 */
export function luhnCheckDigit(payload: string): number | null {
  if (payload.length === 0) return null;
  const sum = luhnSum(payload, (payload.length + 1) % 2);
  return sum < 0 ? null : (10 - (sum % 10)) % 10;
}

// Digits at even distance from `parity` are doubled; -1 where one is not a digit.
function luhnSum(digits: string, parity: number): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    sum += i % 2 === parity ? doubled[digit]! : digit;
  }
  return sum;
}
