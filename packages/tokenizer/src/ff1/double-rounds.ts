// The ten rounds of FF1 (SP 800-38G Algorithms 7 and 8, step 6) for many values in lockstep, where radix^v fits a
// double: one AES call for each round. Here b <= 7 and d <= 12, so one block of Q changes, in its last two words.
import type { EncryptBlocks } from "./block-cipher.ts";
import { readDouble, writeDouble } from "./double-numerals.ts";
import { finishRound64, finishRound96 } from "./finish-round.ts";
import type { LengthParameters, Modulus } from "./length-parameters.ts";
import { chunkBytes } from "./limits.ts";
import type { Chunk } from "./numeral-batch.ts";

/** What the rounds need beside the values. */
export interface DoubleRounds {
  readonly encryptBlocks: EncryptBlocks;
  readonly parameters: LengthParameters;
  readonly moduli: { readonly u: Modulus; readonly v: Modulus };
  /** 16 bytes for each value, from the tweak chain; used as the AES input and left zeroed. */
  readonly states: Uint8Array;
  readonly decrypt: boolean;
}

// Shared by all instances: the rounds are synchronous and call nothing of the caller's.
const lanes = chunkBytes / 16;
const left = new Float64Array(lanes);
const right = new Float64Array(lanes);
const stateWord2 = new Uint32Array(lanes);
const stateWord3 = new Uint32Array(lanes);

/** Runs all rounds over the values of `chunk`, in place. */
export function runDoubleRounds(rounds: DoubleRounds, chunk: Chunk): void {
  const { encryptBlocks, parameters, moduli, states, decrypt } = rounds;
  const { count } = chunk;
  const { b } = parameters;
  const blocks = states.subarray(0, count * 16);
  const input = new DataView(states.buffer, states.byteOffset, count * 16);
  load(parameters, chunk);
  // step 6.i, first round: the end of Q, [i]1 || [NUM_radix(B)]b, is added to each state
  const first = roundMask(decrypt ? 9 : 0, b);
  const firstSource = decrypt ? left : right;
  for (let j = 0; j < count; j++) {
    stateWord2[j] = input.getUint32(j * 16 + 8);
    stateWord3[j] = input.getUint32(j * 16 + 12);
    const number = firstSource[j]!;
    input.setUint32(j * 16 + 8, stateWord2[j]! ^ first.high ^ Math.floor(number * 2 ** -32));
    input.setUint32(j * 16 + 12, stateWord3[j]! ^ first.low ^ number);
  }
  const finishRound = parameters.d === 8 ? finishRound64 : finishRound96;
  for (let step = 0; step < 10; step++) {
    const i = decrypt ? 9 - step : step;
    // A and B trade places after each round; instead the halves stay, and even rounds change the left one (step 6.v).
    const even = i % 2 === 0;
    const output = encryptBlocks(blocks);
    finishRound({
      s: new DataView(output.buffer, output.byteOffset, output.byteLength),
      count,
      target: even ? left : right,
      modulus: even ? moduli.u : moduli.v,
      sign: decrypt ? -1 : 1,
      input,
      stateWord2,
      stateWord3,
      next: roundMask(decrypt ? i - 1 : i + 1, b),
    });
  }
  store(parameters, chunk);
  left.fill(0, 0, count);
  right.fill(0, 0, count);
  blocks.fill(0);
}

function load({ radix, u, v }: LengthParameters, { numerals, offsets, order, start, count }: Chunk): void {
  for (let j = 0; j < count; j++) {
    const at = offsets[order[start + j]!]!;
    left[j] = readDouble(numerals, { radix, start: at, length: u });
    right[j] = readDouble(numerals, { radix, start: at + u, length: v });
  }
}

function store({ radix, u, v }: LengthParameters, { numerals, offsets, order, start, count }: Chunk): void {
  for (let j = 0; j < count; j++) {
    const at = offsets[order[start + j]!]!;
    writeDouble(left[j]!, numerals, { radix, start: at, length: u });
    writeDouble(right[j]!, numerals, { radix, start: at + u, length: v });
  }
}

/** [i]1 in its place, byte 15 - b of the block, as the block's last two words. */
function roundMask(i: number, b: number): { high: number; low: number } {
  return b < 4 ? { high: 0, low: (i & 0xff) << (b * 8) } : { high: (i & 0xff) << ((b - 4) * 8), low: 0 };
}
