// The part of PRF(P || Q) that all ten rounds share: SP 800-38G Algorithm 6 over P and the blocks of Q that hold
// only the tweak (Algorithm 7, steps 5 and 6.i). It ends in one 16-byte state for each value.
import type { EncryptBlocks } from "./block-cipher.ts";
import type { LengthParameters } from "./length-parameters.ts";
import type { Chunk } from "./numeral-batch.ts";

/** CIPH_K(P) for tweaks of `t` bytes (step 5), as words in the order of the platform. */
export function encryptP(encryptBlocks: EncryptBlocks, { radix, n, u }: LengthParameters, t: number): Uint32Array {
  // P = [1]1 || [2]1 || [1]1 || [radix]3 || [10]1 || [u mod 256]1 || [n]4 || [t]4
  const p = new Uint8Array(16);
  const view = new DataView(p.buffer);
  view.setUint32(0, 0x01020100 | (radix >>> 16));
  view.setUint16(4, radix);
  p[6] = 10;
  p[7] = u;
  view.setUint32(8, n);
  view.setUint32(12, t);
  return new Uint32Array(new Uint8Array(encryptBlocks(p)).buffer);
}

/** Where the chain reads and writes. */
export interface TweakChain {
  readonly encryptBlocks: EncryptBlocks;
  readonly parameters: LengthParameters;
  /** CIPH_K(P) for a tweak length, as words in the order of the platform. */
  readonly pBlock: (t: number) => Uint32Array;
  /** Receives 16 bytes for each value: the chaining value, with the tweak bytes of Q's first tail block added. */
  readonly states: Uint8Array;
}

/** Computes the state of each value of `chunk`: no AES call where the tweak fits in 15 - b bytes. */
export function chainTweaks({ encryptBlocks, parameters, pBlock, states }: TweakChain, chunk: Chunk): void {
  const { b, tailBlocks } = parameters;
  const words = new Uint32Array(states.buffer, states.byteOffset, states.length / 4);
  let pending: number[] = [];
  let knownLength = -1;
  let p: Uint32Array = words;
  for (let j = 0; j < chunk.count; j++) {
    const value = chunk.order[chunk.start + j]!;
    const t = chunk.tweakLengths[value]!;
    if (t !== knownLength) {
      p = pBlock(t);
      knownLength = t;
    }
    const at = j * 16;
    for (let k = 0; k < 4; k++) words[j * 4 + k] = p[k]!;
    const tweakAt = chunk.tweakOffsets[value]!;
    const here = Math.min(t, 16);
    for (let k = 0; k < here; k++) states[at + k]! ^= chunk.tweaks[tweakAt + k]!;
    if (prefixBlocks(t) > 0) pending.push(j);
  }
  // Longer tweaks: block by block, all values that still have one in one call.
  for (let done = 1; pending.length > 0; done++) {
    const input = new Uint8Array(pending.length * 16);
    for (const [i, j] of pending.entries()) input.set(states.subarray(j * 16, j * 16 + 16), i * 16);
    const output = encryptBlocks(input);
    for (const [i, j] of pending.entries()) {
      const value = chunk.order[chunk.start + j]!;
      const tweakAt = chunk.tweakOffsets[value]! + done * 16;
      const here = Math.min(16, chunk.tweakLengths[value]! - done * 16);
      for (let k = 0; k < 16; k++) {
        states[j * 16 + k] = output[i * 16 + k]! ^ (k < here ? chunk.tweaks[tweakAt + k]! : 0);
      }
    }
    pending = pending.filter((j) => prefixBlocks(chunk.tweakLengths[chunk.order[chunk.start + j]!]!) > done);
  }

  function prefixBlocks(t: number): number {
    return Math.ceil((t + b + 1) / 16) - tailBlocks;
  }
}
