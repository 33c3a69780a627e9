// Texts whose positions differ in radix: their rank among all of their shape, spelled with even radix for FF1. Almost no
// rank is wasted, so cycle walking is rare; it goes onto the set that holds the input, and ends. Pure.
import type { Shape } from "../formats/shape.ts";

/** FF1 parameters for the ranks of a shape: radix^length is the least power that holds them, for an even length. */
export interface RankParameters {
  readonly radix: number;
  readonly length: number;
  /** Ranks that there are. */
  readonly count: bigint;
}

/** Numerals have at most 65,536 choices. */
const widestRadixBits = 16;

/** The parameters for `count` ranks. */
export function rankParameters(count: bigint): RankParameters {
  // By the bits of the highest rank: trying one length after the other takes seconds for long texts.
  const bits = (count - 1n).toString(2).length;
  const length = 2 * Math.ceil(bits / (2 * widestRadixBits));
  return { radix: Number(ceilRoot(count, length)), length, count };
}

/** The number of strings with the shape's radices, exceptions included: one more than the highest rank. */
export function rankCount({ radices }: Shape): bigint {
  return radices.reduce((product, radix) => product * BigInt(radix), 1n);
}

/** Spells the rank of `numerals`, read by the shape's radices, as numerals of `to`. */
export function toRank(shape: Shape, numerals: Uint16Array, start: number, to: RankParameters): Uint16Array {
  const rank = readRank(shape.radices, numerals, start);
  return writeRank(rank, new Array<number>(to.length).fill(to.radix));
}

/** The inverse of `toRank`; null where the rank is beyond the shape's. */
export function fromRank(shape: Shape, ranked: Uint16Array, from: RankParameters): Uint16Array | null {
  const rank = readRank(new Array<number>(from.length).fill(from.radix), ranked, 0);
  return rank < from.count ? writeRank(rank, shape.radices) : null;
}

function readRank(radices: readonly number[], numerals: Uint16Array, start: number): bigint {
  let rank = 0n;
  // As long as they fit a double, several positions make one step.
  let chunk = 0;
  let scale = 1;
  for (const [i, radix] of radices.entries()) {
    if (scale * radix > 2 ** 52) {
      rank = rank * BigInt(scale) + BigInt(chunk);
      chunk = 0;
      scale = 1;
    }
    chunk = chunk * radix + numerals[start + i]!;
    scale *= radix;
  }
  return rank * BigInt(scale) + BigInt(chunk);
}

function writeRank(rank: bigint, radices: readonly number[]): Uint16Array {
  const numerals = new Uint16Array(radices.length);
  let rest = rank;
  let end = radices.length;
  while (end > 0) {
    let start = end;
    let scale = 1;
    while (start > 0 && scale * radices[start - 1]! <= 2 ** 52) scale *= radices[--start]!;
    let chunk = Number(rest % BigInt(scale));
    rest /= BigInt(scale);
    for (let i = end - 1; i >= start; i--) {
      numerals[i] = chunk % radices[i]!;
      chunk = Math.floor(chunk / radices[i]!);
    }
    end = start;
  }
  return numerals;
}

/** The least number whose power reaches `count`, by integers only. */
function ceilRoot(count: bigint, power: number): bigint {
  let low = 1n;
  let high = 2n;
  while (high ** BigInt(power) < count) high *= 2n;
  while (low < high) {
    const middle = (low + high) / 2n;
    if (middle ** BigInt(power) < count) low = middle + 1n;
    else high = middle;
  }
  return low;
}
