import fc from "fast-check";
import { expect, test } from "vitest";
import { finishRound64, finishRound96, type Round } from "./finish-round.ts";
import { lengthParameters, type Modulus } from "./length-parameters.ts";

/** Numbers of `bits` bits that are random, or lie at or beside a multiple of `m`, where a quotient is easily off by one. */
function numbersAround(m: bigint, bits: bigint): fc.Arbitrary<bigint> {
  const limit = 2n ** bits;
  const beside = fc
    .tuple(fc.bigInt({ min: 0n, max: limit / m }), fc.constantFrom(-2n, -1n, 0n, 1n, 2n))
    .map(([k, step]) => k * m + step)
    .filter((y) => y >= 0n && y < limit);
  return fc.oneof(beside, fc.bigInt({ min: 0n, max: limit - 1n }), fc.constantFrom(0n, limit - 1n));
}

function modulusOf(radix: number, u: number): { modulus: Modulus; m: bigint } {
  return { modulus: lengthParameters(radix, 2 * u).doubles!.u, m: BigInt(radix) ** BigInt(u) };
}

/** The number that `finish` leaves for one value, and the last two words of its next block. */
function finished(finish: (round: Round) => void, { a, y, words, sign, modulus }: Case): { c: bigint; next: bigint } {
  const s = new DataView(new ArrayBuffer(16));
  for (let k = 0; k < words; k++) s.setUint32(k * 4, Number((y >> BigInt(32 * (words - 1 - k))) & 0xffffffffn));
  const target = Float64Array.of(Number(a));
  const input = new DataView(new ArrayBuffer(16));
  const zero = new Uint32Array(1);
  const states = { stateWord2: zero, stateWord3: zero };
  finish({ s, count: 1, target, modulus, sign, input, ...states, next: { high: 0, low: 0 } });
  return { c: BigInt(target[0]!), next: input.getBigUint64(8) };
}

interface Case {
  readonly a: bigint;
  readonly y: bigint;
  readonly words: number;
  readonly sign: number;
  readonly modulus: Modulus;
}

const mod = (x: bigint, m: bigint): bigint => ((x % m) + m) % m;

for (const [radix, u] of [
  [10, 2],
  [10, 8],
  [10, 9],
  [36, 6],
  [62, 5],
  [2, 32],
  [3, 20],
  [65_536, 1],
  [65_536, 2],
  [65_521, 2],
] as const) {
  test(`adds and subtracts 64 bits modulo ${radix}^${u} exactly`, () => {
    const { modulus, m } = modulusOf(radix, u);
    const a = fc.oneof(fc.bigInt({ min: 0n, max: m - 1n }), fc.constantFrom(0n, m - 1n));
    fc.assert(
      fc.property(a, numbersAround(m, 64n), fc.constantFrom(1, -1), (a, y, sign) => {
        const c = mod(a + BigInt(sign) * y, m);
        expect(finished(finishRound64, { a, y, words: 2, sign, modulus })).toEqual({ c, next: c });
      }),
      { numRuns: 3000 },
    );
  });
}

for (const [radix, u] of [
  [10, 10],
  [10, 15],
  [36, 9],
  [36, 10],
  [62, 8],
  [2, 33],
  [2, 51],
  [2, 52],
  [3, 32],
  [7, 18],
  [8192, 4],
  [65_521, 3],
  [1625, 4],
  [32_767, 3],
  [181, 6],
] as const) {
  test(`adds and subtracts 96 bits modulo ${radix}^${u} exactly`, () => {
    const { modulus, m } = modulusOf(radix, u);
    const a = fc.oneof(fc.bigInt({ min: 0n, max: m - 1n }), fc.constantFrom(0n, 1n, m - 2n, m - 1n));
    const sums = fc.oneof(
      fc.record({ a, y: numbersAround(m, 96n) }),
      // a + y and a - y at a multiple of m
      fc
        .record({ a, k: fc.bigInt({ min: 1n, max: 2n ** 96n / m - 2n }), side: fc.constantFrom(1n, -1n) })
        .map(({ a, k, side }) => ({ a, y: k * m + side * a })),
    );
    fc.assert(
      fc.property(sums, fc.constantFrom(1, -1), ({ a, y }, sign) => {
        const c = mod(a + BigInt(sign) * y, m);
        expect(finished(finishRound96, { a, y, words: 3, sign, modulus })).toEqual({ c, next: c });
      }),
      { numRuns: 3000 },
    );
  });
}
