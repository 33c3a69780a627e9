import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mask } from "./mask.ts";

describe("a mask", () => {
  it.each([
    ["4111111111111111", 4, "****1111"],
    ["123-45-6789", 4, "****6789"],
    ["12345678", 4, "****5678"],
    ["1234567", 4, "****567"],
    ["12345", 4, "****45"],
    ["1234", 4, "****"],
    ["", 4, "****"],
    ["a", 0, "****"],
    ["abcdef", 0, "****"],
    ["x👩‍👩‍👧y👩‍👩‍👧", 2, "****y👩‍👩‍👧"],
    ["ae\u0301o\u0301", 1, "****o\u0301"],
  ])("of %j with %i is %j", (text, keepLast, masked) => {
    expect(mask(text, keepLast)).toBe(masked);
  });

  it("shows at most half of the characters, none of a text no longer than asked, and never its length", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat({ max: 20 }), (text, keepLast) => {
        const masked = mask(text, keepLast);
        expect(masked.startsWith("****")).toBe(true);
        const graphemes = [...new Intl.Segmenter("en").segment(text)].length;
        const shown = [...new Intl.Segmenter("en").segment(masked.slice(4))].length;
        expect(shown).toBeLessThanOrEqual(Math.min(keepLast, graphemes / 2));
        if (graphemes <= keepLast) expect(masked).toBe("****");
        expect(text.endsWith(masked.slice(4))).toBe(true);
      }),
    );
  });
});
