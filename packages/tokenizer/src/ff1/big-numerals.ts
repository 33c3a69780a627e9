// NUM_radix and STR_radix^m (SP 800-38G section 4.5, Algorithms 1 and 3) for numbers of any size. Pure.
// Halving keeps long numeral strings clear of the quadratic cost of one multiplication for each numeral.
import { readDouble, writeDouble } from "./double-numerals.ts";

/** Conversions of one radix. */
export interface BigNumerals {
  /** NUM_radix of `length` numerals from `start`. */
  read(numerals: Uint16Array, start: number, length: number): bigint;
  /** STR_radix^length of `value`, from `start`. */
  write(value: bigint, numerals: Uint16Array, start: number, length: number): void;
}

/** Prepares conversions in `radix`. */
export function createBigNumerals(radix: number): BigNumerals {
  let leaf = 1;
  while (radix ** (leaf + 1) <= 2 ** 52) leaf++;
  // powers[k] = radix^(leaf * 2^k)
  const powers: bigint[] = [BigInt(radix) ** BigInt(leaf)];
  return { read, write };

  function read(numerals: Uint16Array, start: number, length: number): bigint {
    if (length <= leaf) return BigInt(readDouble(numerals, { radix, start, length }));
    const { low, power } = halve(length);
    const high = length - low;
    return read(numerals, start, high) * power + read(numerals, start + high, low);
  }

  function write(value: bigint, numerals: Uint16Array, start: number, length: number): void {
    if (length <= leaf) {
      writeDouble(Number(value), numerals, { radix, start, length });
      return;
    }
    const { low, power } = halve(length);
    const quotient = value / power;
    write(quotient, numerals, start, length - low);
    write(value - quotient * power, numerals, start + length - low, low);
  }

  function halve(length: number): { low: number; power: bigint } {
    let k = 0;
    let low = leaf;
    while (low * 2 < length) {
      low *= 2;
      k++;
      if (powers[k] === undefined) powers[k] = powers[k - 1]! ** 2n;
    }
    return { low, power: powers[k]! };
  }
}
