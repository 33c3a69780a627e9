// What FF1 accepts: SP 800-38G section 5.1 with the domain floor of Rev. 1 (second public draft, 2025). Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/** Smallest radix^length that is encrypted (SP 800-38G Rev. 1, second public draft). */
export const domainFloor = 1_000_000;

/** The floor of the 2016 edition, for its test vectors only. */
export const legacyDomainFloor = 100;

/** The largest radix: numerals have 16 bits. */
export const maxRadix = 65_536;

/** Numerals in the longest numeral string (the standard's `maxlen`, which it leaves to the implementation). */
export const maxLength = 65_536;

/** Bytes in the longest tweak where `maxTlen` is not given. */
export const defaultMaxTlen = 256;

/** The highest `maxTlen` that may be asked for, in bytes. */
export const maxTlenCeiling = 65_536;

/** Bytes of AES input for each Feistel round of a chunk: what stays in the first-level caches beside its numbers. */
export const chunkBytes = 16_384;

/**
 * Length in numerals of the shortest numeral string whose domain is large enough (the standard's `minlen`, never below 2).
 *
 * @throws FF1_RADIX_INVALID
 * @example
 * ```ts
 * import { minLength } from "@fieldseal/tokenizer/ff1";
 * minLength(10); // 6
 * ```
 */
export function minLength(radix: number, floor: number = domainFloor): number {
  if (!Number.isInteger(radix) || radix < 2 || radix > maxRadix) {
    throw new FieldsealError("FF1_RADIX_INVALID", "an FF1 radix is an integer from 2 to 65536");
  }
  let length = 0;
  for (let domain = 1; domain < floor; domain *= radix) length++;
  return Math.max(2, length);
}
