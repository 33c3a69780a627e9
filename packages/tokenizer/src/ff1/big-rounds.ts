// The ten rounds of FF1 (SP 800-38G Algorithms 7 and 8, step 6) on BigInt, for halves beyond a double: still in
// lockstep, with one AES call for each block of Q that changes and one for the rest of S.
import { Buffer } from "node:buffer";
import type { BigNumerals } from "./big-numerals.ts";
import type { EncryptBlocks } from "./block-cipher.ts";
import type { LengthParameters } from "./length-parameters.ts";
import type { Chunk } from "./numeral-batch.ts";

/** What the rounds need beside the values. */
export interface BigRounds {
  readonly encryptBlocks: EncryptBlocks;
  readonly parameters: LengthParameters;
  readonly bigNumerals: BigNumerals;
  /** 16 bytes for each value, from the tweak chain; left zeroed. */
  readonly states: Uint8Array;
  readonly decrypt: boolean;
}

/** Runs all rounds over the values of `chunk`, in place. */
export function runBigRounds(rounds: BigRounds, chunk: Chunk): void {
  const { parameters, bigNumerals, states, decrypt } = rounds;
  const { u, v, modulusU, modulusV } = parameters;
  const { numerals, offsets, order, start, count } = chunk;
  const starts = Array.from(order.subarray(start, start + count), (value) => offsets[value]!);
  const left = starts.map((at) => bigNumerals.read(numerals, at, u));
  const right = starts.map((at) => bigNumerals.read(numerals, at + u, v));
  for (let step = 0; step < 10; step++) {
    const i = decrypt ? 9 - step : step;
    const even = i % 2 === 0;
    const target = even ? left : right;
    // step 6.v
    const modulus = even ? modulusU : modulusV;
    const ys = roundFunction(rounds, even ? right : left, i);
    for (let j = 0; j < count; j++) {
      // step 6.vi
      const c = (decrypt ? target[j]! - ys[j]! : target[j]! + ys[j]!) % modulus;
      target[j] = c < 0n ? c + modulus : c;
    }
  }
  for (const [j, at] of starts.entries()) {
    bigNumerals.write(left[j]!, numerals, at, u);
    bigNumerals.write(right[j]!, numerals, at + u, v);
  }
  states.fill(0, 0, count * 16);
}

/** Steps 6.i to 6.iv: the number y for each source. */
function roundFunction({ encryptBlocks, parameters, states }: BigRounds, sources: bigint[], i: number): bigint[] {
  const { b, d, tailBlocks } = parameters;
  // step 6.i: the tails of Q, [i]1 || [NUM_radix(B)]b, aligned to their end
  const tailBytes = tailBlocks * 16;
  const tails = Buffer.alloc(sources.length * tailBytes);
  for (const [j, source] of sources.entries()) {
    const end = (j + 1) * tailBytes;
    tails[end - b - 1] = i;
    tails.write(source.toString(16).padStart(2 * b, "0"), end - b, b, "hex");
  }
  // step 6.ii: the PRF's chain over the tail, from each value's state
  let r: Uint8Array = states.subarray(0, sources.length * 16);
  for (let block = 0; block < tailBlocks; block++) {
    const input = new Uint8Array(r);
    for (let j = 0; j < sources.length; j++) {
      const at = j * tailBytes + block * 16;
      for (let k = 0; k < 16; k++) input[j * 16 + k]! ^= tails[at + k]!;
    }
    r = encryptBlocks(input);
  }
  tails.fill(0);
  // step 6.iii: S = R || CIPH(R xor [1]16) || CIPH(R xor [2]16) ..., cut to d bytes
  const more = Math.ceil(d / 16) - 1;
  const extension = more === 0 ? null : encryptBlocks(extensionInput(r, more));
  // step 6.iv
  return sources.map((_, j) => {
    const first = hex(r, j * 16, j * 16 + Math.min(16, d));
    const rest = extension === null ? "" : hex(extension, j * more * 16, j * more * 16 + d - 16);
    return BigInt(`0x${first}${rest}`);
  });
}

function extensionInput(r: Uint8Array, more: number): Uint8Array {
  const input = new Uint8Array(r.length * more);
  const view = new DataView(input.buffer);
  for (let j = 0; j < r.length / 16; j++) {
    for (let k = 0; k < more; k++) {
      const at = (j * more + k) * 16;
      input.set(r.subarray(j * 16, j * 16 + 16), at);
      view.setUint32(at + 12, view.getUint32(at + 12) ^ (k + 1));
    }
  }
  return input;
}

function hex(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex", start, end);
}
