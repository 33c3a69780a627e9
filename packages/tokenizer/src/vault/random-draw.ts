// Random bytes and uniform numbers for one call of the vault (docs/decisions/0006). Pure but for its source.
import { FieldsealError } from "@fieldseal/core/errors";

/** `size` random bytes from a cryptographic generator. */
export type RandomBytes = (size: number) => Uint8Array;

export interface RandomDraw {
  /** `size` random bytes in an array of their own. */
  bytes(size: number): Uint8Array;
  /** A uniformly distributed integer in [0,n), for n from 1 to 2^48. */
  below(n: number): number;
  /** Overwrites what was drawn and not used. */
  close(): void;
}

const blockLength = 1024;
const maxRange = 2 ** 48;

/** Asks `random` for blocks and hands them out in pieces; a draw lives as long as one call of the vault. */
export function createRandomDraw(random: RandomBytes): RandomDraw {
  let block = new Uint8Array(0);
  let at = 0;
  const take = (size: number): Uint8Array => {
    if (at + size > block.length) {
      block.fill(0);
      block = new Uint8Array(random(Math.max(size, blockLength)));
      at = 0;
    }
    at += size;
    return block.subarray(at - size, at);
  };
  return {
    bytes: (size) => take(size).slice(),
    below(n) {
      if (!Number.isInteger(n) || n < 1 || n > maxRange) {
        throw new FieldsealError("VAULT_FORMAT_INVALID", "a format draws from ranges of 1 to 2^48 numbers");
      }
      let size = 1;
      let range = 256;
      while (range < n) {
        size++;
        range *= 256;
      }
      // Numbers of the incomplete last run of n are drawn again, else small ones would be likelier.
      const limit = range - (range % n);
      for (;;) {
        const number = take(size).reduce((sum, byte) => sum * 256 + byte, 0);
        if (number < limit) return number % n;
      }
    },
    close() {
      block.fill(0);
      at = block.length;
    },
  };
}
