import fc from "fast-check";
import { expect, test } from "vitest";
import { createShape } from "../formats/shape.ts";
import { fromRank, rankCount, rankParameters, toRank } from "./mixed-radix.ts";

const radices = fc.array(fc.integer({ min: 1, max: 65_536 }), { minLength: 1, maxLength: 30 });

test("a rank comes back as the numerals that it was made of, for every mixture of radices", () => {
  fc.assert(
    fc.property(
      radices,
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (all, random) => {
        const shape = createShape({ radices: all });
        const parameters = rankParameters(rankCount(shape));
        const numerals = Uint16Array.from(all, (radix) => Math.floor(random.next().value * radix));
        const rank = toRank(shape, numerals, 0, parameters);
        expect(rank.every((numeral) => numeral < parameters.radix)).toBe(true);
        expect(fromRank(shape, rank, parameters)).toEqual(numerals);
      },
    ),
  );
});

test("the length is the least even one that holds the ranks, also at powers of the widest radix", () => {
  for (const exponent of [1n, 2n, 3n, 4n, 40n, 41n]) {
    for (const near of [-1n, 0n, 1n]) {
      const count = 65_536n ** exponent + near;
      const { radix, length } = rankParameters(count);
      expect([BigInt(radix) ** BigInt(length) >= count, radix <= 65_536, length % 2]).toEqual([true, true, 0]);
      expect(length === 2 || 65_536n ** BigInt(length - 2) < count).toBe(true);
    }
  }
});

test("the parameters of a text of thousands of characters take milliseconds", () => {
  const start = performance.now();
  for (let n = 4000; n < 4010; n++) rankParameters(10n ** BigInt(n) * 26n ** BigInt(n));
  expect(performance.now() - start).toBeLessThan(2000);
});

test("the ranks fill FF1's domain but for a small part, and beyond them there is no value", () => {
  fc.assert(
    fc.property(radices, (all) => {
      const shape = createShape({ radices: all });
      fc.pre(shape.space >= 1_000_000n);
      const parameters = rankParameters(shape.space);
      const { radix, length } = parameters;
      const domain = BigInt(radix) ** BigInt(length);
      expect(domain >= shape.space && length % 2 === 0 && radix <= 65_536).toBe(true);
      expect(domain <= shape.space + shape.space / 50n).toBe(true);
      const last = new Uint16Array(length).fill(radix - 1);
      if (domain > shape.space) expect(fromRank(shape, last, parameters)).toBeNull();
    }),
  );
});
