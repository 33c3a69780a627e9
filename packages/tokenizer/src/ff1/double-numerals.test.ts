import fc from "fast-check";
import { expect, test } from "vitest";
import { readDouble, writeDouble } from "./double-numerals.ts";

const radices = fc.oneof(
  fc.constantFrom(2, 3, 7, 10, 36, 62, 1000, 65_521, 65_535, 65_536),
  fc.integer({ min: 2, max: 65_536 }),
);

test("writes every number up to 2^52 as the numerals that exact division gives, beside multiples of the radix above all", () => {
  const numbers = radices.chain((radix) => {
    const most = Math.floor(2 ** 52 / radix) - 1;
    const quotient = fc.oneof(
      fc.integer({ min: 0, max: most }),
      fc.integer({ min: Math.floor(most * 0.9), max: most }),
    );
    const numeral = fc.constantFrom(0, 1, radix - 1);
    return fc.tuple(quotient, numeral).map(([q, last]) => [radix, q * radix + last] as const);
  });
  fc.assert(
    fc.property(numbers, ([radix, value]) => {
      const expected: number[] = [];
      for (let rest = BigInt(value); rest > 0n; rest /= BigInt(radix)) expected.unshift(Number(rest % BigInt(radix)));
      const numerals = new Uint16Array(expected.length + 2);
      const span = { radix, start: 1, length: expected.length };
      writeDouble(value, numerals, span);
      expect([...numerals]).toEqual([0, ...expected, 0]);
      expect(readDouble(numerals, span)).toBe(value);
    }),
    { numRuns: 20_000 },
  );
});
