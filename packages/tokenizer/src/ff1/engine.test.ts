import { expect, test } from "vitest";
import { createFf1Engine } from "./engine.ts";
import { createFf1 } from "./index.ts";
import type { NumeralBatch } from "./numeral-batch.ts";

const key = Uint8Array.from({ length: 16 }, (_, i) => i);
const engine = createFf1Engine({ key, limits: { radix: 10, minLength: 6, maxLength: 64, maxTlen: 32 } });

function batchOf(values: number[][], tweaks: number[][]): NumeralBatch {
  return {
    numerals: Uint16Array.from(values.flat()),
    lengths: Uint32Array.from(values, (value) => value.length),
    tweaks: Uint8Array.from(tweaks.flat()),
    tweakLengths: Uint32Array.from(tweaks, (tweak) => tweak.length),
  };
}

const values = [
  [1, 2, 3, 4, 5, 6, 7],
  [9, 9, 9, 9, 9, 9],
  [0, 0, 0, 0, 0, 0, 0],
];
const tweaks = [[1, 2, 3], [], new Array<number>(20).fill(7)];

test("a flat batch is encrypted in place as its values are one by one, and decrypted again", () => {
  const ff1 = createFf1({ key, radix: 10 });
  const batch = batchOf(values, tweaks);
  engine.encryptInPlace(batch);
  expect([...batch.numerals]).toEqual(values.flatMap((value, i) => ff1.encrypt(value, Uint8Array.from(tweaks[i]!))));
  engine.decryptInPlace(batch);
  expect([...batch.numerals]).toEqual(values.flat());
});

test("a flat batch with one value outside the limits is refused whole, and left as it was", () => {
  const good = batchOf(values, tweaks);
  const refused: [string, NumeralBatch][] = [
    ["FF1_NUMERAL_INVALID", batchOf([...values, [1, 2, 3, 4, 5, 10]], [...tweaks, []])],
    ["FF1_DOMAIN_TOO_SMALL", batchOf([...values, [1, 2, 3, 4, 5]], [...tweaks, []])],
    ["FF1_LENGTH_INVALID", batchOf([...values, new Array<number>(65).fill(0)], [...tweaks, []])],
    ["FF1_TWEAK_INVALID", batchOf([...values, [1, 2, 3, 4, 5, 6]], [...tweaks, new Array<number>(33).fill(0)])],
    ["FF1_TWEAK_INVALID", batchOf(values, tweaks.slice(1))],
    ["FF1_LENGTH_INVALID", { ...good, numerals: new Uint16Array(19) }],
    ["FF1_TWEAK_INVALID", { ...good, tweaks: new Uint8Array(22) }],
  ];
  for (const [code, batch] of refused) {
    const before = [...batch.numerals];
    expect(() => engine.encryptInPlace(batch)).toThrow(expect.objectContaining({ code }));
    expect([...batch.numerals]).toEqual(before);
  }
});
