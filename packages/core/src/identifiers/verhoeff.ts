// Verhoeff's check digit over the dihedral group D5 (Verhoeff 1969), as Aadhaar numbers carry it. Pure.

// Multiplication in D5: 0-4 are rotations, 5-9 reflections.
function multiply(a: number, b: number): number {
  if (a < 5) return b < 5 ? (a + b) % 5 : 5 + ((a + b) % 5);
  return b < 5 ? 5 + ((a - b) % 5) : (a - b + 5) % 5;
}

const inverse: readonly number[] = [0, 4, 3, 2, 1, 5, 6, 7, 8, 9];
const permutation: readonly number[] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

// permutations[k] is the permutation applied k times; it repeats after eight.
const permutations: readonly (readonly number[])[] = powers(8);

function powers(count: number): number[][] {
  const table = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]];
  while (table.length < count) table.push(table[table.length - 1]!.map((digit) => permutation[digit]!));
  return table;
}

/**
 * True when `digits` is ASCII digits only, at least two of them, and the last is the Verhoeff check digit of the rest.
 *
 * @example
 * ```ts
 * import { verhoeffValid } from "@fieldseal/core/identifiers";
 * const ok: boolean = verhoeffValid("2363");
 * ```
 */
export function verhoeffValid(digits: string): boolean {
  return digits.length >= 2 && verhoeffProduct(digits, 0) === 0;
}

/**
 * The digit, 0 to 9, which makes `payload` Verhoeff-valid when appended; `null` where `payload` is empty or holds anything but ASCII digits.
 *
 * @example
 * ```ts
 * import { verhoeffCheckDigit } from "@fieldseal/core/identifiers";
 * const digit = verhoeffCheckDigit("236"); // 3
 * ```
 */
export function verhoeffCheckDigit(payload: string): number | null {
  const product = payload.length === 0 ? -1 : verhoeffProduct(payload, 1);
  return product < 0 ? null : inverse[product]!;
}

// From the right, the first digit at position `start`; -1 where one is not a digit.
function verhoeffProduct(digits: string, start: number): number {
  let product = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    product = multiply(product, permutations[(i + start) % 8]![digit]!);
  }
  return product;
}
