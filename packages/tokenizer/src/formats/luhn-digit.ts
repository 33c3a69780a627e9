// The Luhn digit at any position (ISO/IEC 7812-1 annex B): doubling permutes the digits, so one position always mends the sum. Pure.

const doubled = Uint8Array.of(0, 2, 4, 6, 8, 1, 3, 5, 7, 9);
const halved = Uint8Array.of(0, 5, 1, 6, 2, 7, 3, 8, 4, 9);

/** The digit which, at `position`, makes `digits[0 ... count]` Luhn-valid, whatever stands there now. */
export function luhnDigitAt(digits: Uint8Array, count: number, position: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    if (i !== position) sum += (count - i) % 2 === 0 ? doubled[digits[i]!]! : digits[i]!;
  }
  const missing = (10 - (sum % 10)) % 10;
  return (count - position) % 2 === 0 ? halved[missing]! : missing;
}
