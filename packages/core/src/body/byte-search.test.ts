import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createByteSearch } from "./byte-search.ts";

describe("the byte search", () => {
  it("finds what Buffer.indexOf finds, from any offset", () => {
    const few = fc.constantFrom("a", "b", "-", "ab", "aab", "--a");
    const text = (minLength: number) =>
      fc.array(few, { minLength, maxLength: 30 }).map((list) => Buffer.from(list.join("")));
    fc.assert(
      fc.property(text(0), text(1), fc.nat(20), (hay, needle, from) => {
        const offset = Math.min(from, hay.length);
        expect(createByteSearch(needle)(hay, offset)).toBe(hay.indexOf(needle, offset));
        const planted = Buffer.concat([hay, needle, hay]);
        expect(createByteSearch(needle)(planted, offset)).toBe(planted.indexOf(needle, offset));
      }),
      { numRuns: 1000 },
    );
  });
});
