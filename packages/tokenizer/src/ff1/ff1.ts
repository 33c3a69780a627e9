// FF1 of NIST SP 800-38G (Algorithms 7 and 8) on numeral arrays, with the limits of Rev. 1 (second public draft).
import { FieldsealError } from "@fieldseal/core/errors";
import { createFf1Engine } from "./engine.ts";
import { defaultMaxTlen, domainFloor, legacyDomainFloor, maxLength, maxTlenCeiling, minLength } from "./limits.ts";
import { type Numerals, runOnArrays, type SameKind } from "./numeral-arrays.ts";

export interface Ff1Options {
  /** AES key of 16, 24 or 32 bytes. */
  readonly key: Uint8Array;
  /** Number of numerals, 2 to 65,536. */
  readonly radix: number;
  /** Bytes in the longest tweak accepted: 256 unless given, at most 65,536. */
  readonly maxTlen?: number;
  /** Lowers the domain floor from 1,000,000 to the 100 of the 2016 edition. For test vectors only: such domains can be searched. */
  readonly unsafeAllowSmallDomain?: boolean;
}

/**
 * FF1 under one key and radix. There is no authenticity: a wrong key or tweak gives a wrong value, not an error.
 *
 * Every method throws FF1_NUMERAL_INVALID (not an integer in [0, radix), or an array that cannot hold the result),
 * FF1_DOMAIN_TOO_SMALL (radix^length below the floor), FF1_LENGTH_INVALID (more than 65,536 numerals) and
 * FF1_TWEAK_INVALID (not bytes, longer than `maxTlen`, or not one for each value); then nothing was computed.
 */
export interface Ff1 {
  /** Encrypts one numeral string under `tweak`. */
  encrypt<T extends Numerals>(numerals: T, tweak: Uint8Array): SameKind<T>;
  /** The inverse of `encrypt` under the same tweak. */
  decrypt<T extends Numerals>(numerals: T, tweak: Uint8Array): SameKind<T>;
  /** Encrypts many numeral strings, `values[i]` under `tweaks[i]`; lengths and tweaks may be mixed, the order is kept. */
  encryptBatch<T extends Numerals>(values: readonly T[], tweaks: readonly Uint8Array[]): SameKind<T>[];
  /** The inverse of `encryptBatch` under the same tweaks. */
  decryptBatch<T extends Numerals>(values: readonly T[], tweaks: readonly Uint8Array[]): SameKind<T>[];
}

/**
 * FF1 (NIST SP 800-38G) under `key` in `radix`; batches run the rounds of all values together and are the fast form.
 *
 * @throws FF1_KEY_INVALID, FF1_RADIX_INVALID, FF1_TWEAK_INVALID (`maxTlen` out of range)
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { createFf1 } from "@fieldseal/tokenizer/ff1";
 * const ff1 = createFf1({ key: randomBytes(32), radix: 10 });
 * const tweak = new TextEncoder().encode("tenant-7");
 * const token = ff1.encrypt([4, 1, 1, 1, 1, 1, 1, 1], tweak);
 * ff1.decrypt(token, tweak); // [4, 1, 1, 1, 1, 1, 1, 1]
 * ```
 */
export function createFf1({ key, radix, maxTlen = defaultMaxTlen, unsafeAllowSmallDomain = false }: Ff1Options): Ff1 {
  if (!(key instanceof Uint8Array) || ![16, 24, 32].includes(key.length)) {
    throw new FieldsealError("FF1_KEY_INVALID", "an FF1 key is an AES key of 16, 24 or 32 bytes");
  }
  if (!Number.isInteger(maxTlen) || maxTlen < 0 || maxTlen > maxTlenCeiling) {
    throw new FieldsealError("FF1_TWEAK_INVALID", `maxTlen is an integer from 0 to ${maxTlenCeiling}`);
  }
  const floor = unsafeAllowSmallDomain === true ? legacyDomainFloor : domainFloor;
  const limits = { radix, minLength: minLength(radix, floor), maxLength, maxTlen };
  const engine = createFf1Engine({ key, limits });
  return {
    encrypt: (numerals, tweak) =>
      runOnArrays(engine.encryptInPlace, { values: [numerals], tweaks: [tweak], limits })[0]!,
    decrypt: (numerals, tweak) =>
      runOnArrays(engine.decryptInPlace, { values: [numerals], tweaks: [tweak], limits })[0]!,
    encryptBatch: (values, tweaks) => runOnArrays(engine.encryptInPlace, { values, tweaks, limits }),
    decryptBatch: (values, tweaks) => runOnArrays(engine.decryptInPlace, { values, tweaks, limits }),
  };
}
