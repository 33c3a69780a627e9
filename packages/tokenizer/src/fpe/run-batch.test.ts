import { expect, test } from "vitest";
import { createShape, uniformShape } from "../formats/shape.ts";
import { createFf1Cipher } from "./cipher.ts";
import { type BatchEntry, runBatch } from "./run-batch.ts";

const cipher = createFf1Cipher(new Uint8Array(32).fill(3));
const tweaks = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

test("strings that are no values never come out, go in as others, and the rest is permuted", () => {
  // Half of the domain is no value, so that most walks take several steps.
  const holds = (numerals: Uint16Array, start: number): boolean => numerals[start]! % 2 === 0;
  const shape = createShape({ radices: [2000, 1001], except: { count: 1000 * 1001, holds } });
  const count = 1000 * 11;
  const numerals = new Uint16Array(2 * count);
  const entries = Array.from({ length: count }, (_, i): BatchEntry => {
    numerals[2 * i] = 2 * Math.floor(i / 11);
    numerals[2 * i + 1] = i % 11;
    return { cipher, shape, start: 2 * i, tweakStart: 0, tweakEnd: 8 };
  });
  const before = numerals.slice();
  runBatch(entries, { numerals, tweaks }, "encrypt");
  const results = new Set(entries.map(({ start }) => numerals[start]! * 1001 + numerals[start + 1]!));
  expect(results.size).toBe(count);
  expect(entries.every(({ start }) => holds(numerals, start))).toBe(true);
  runBatch(entries, { numerals, tweaks }, "decrypt");
  expect(numerals).toEqual(before);
});

test("entries of several keys, radices and shapes come out as each would alone", () => {
  const shapes = [
    uniformShape(10, 6),
    uniformShape(36, 5),
    uniformShape(10, 9),
    createShape({ radices: [9, 36, 10, 36, 26, 10] }),
  ];
  const ciphers = [cipher, createFf1Cipher(new Uint8Array(32))];
  const numerals = new Uint16Array(16 * 24).fill(4);
  const entries = Array.from({ length: 24 }, (_, i): BatchEntry => {
    return {
      cipher: ciphers[i % 2]!,
      shape: shapes[(i >> 1) % 4]!,
      start: 16 * i,
      tweakStart: i % 3,
      tweakEnd: 3 + (i % 5),
    };
  });
  const alone = numerals.slice();
  for (const entry of entries) runBatch([entry], { numerals: alone, tweaks }, "encrypt");
  runBatch(entries, { numerals, tweaks }, "encrypt");
  expect(numerals).toEqual(alone);
});
