import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { soak } from "../../../../test/generators/soak.ts";
import { countsFromTheEnd, selectsElement } from "./array-selection.ts";
import type { Selector } from "./selector.ts";

/** RFC 9535 section 2.3.4.2.2, as it is written there. */
function sliceOf(length: number, slice: Selector & { kind: "slice" }): number[] {
  const { step } = slice;
  if (step === 0) return [];
  const start = slice.start ?? (step >= 0 ? 0 : length - 1);
  const end = slice.end ?? (step >= 0 ? length : -length - 1);
  const normalize = (i: number): number => (i >= 0 ? i : length + i);
  const clamp = (low: number, high: number, i: number): number => Math.min(Math.max(i, low), high);
  const [low, high] = step >= 0 ? [0, length] : [-1, length - 1];
  const from = clamp(low, high, normalize(start));
  const to = clamp(low, high, normalize(end));
  const found: number[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) found.push(i);
  return found.sort((a, b) => a - b);
}

const bound = fc.option(fc.integer({ min: -7, max: 7 }), { nil: undefined });
const slices = fc.record({ start: bound, end: bound, step: fc.integer({ min: -3, max: 3 }) });

describe("array selectors", () => {
  it("slice as RFC 9535 says", () => {
    fc.assert(
      fc.property(fc.nat(6), slices, (length, bounds) => {
        const slice = { kind: "slice", ...bounds } as const;
        const indexes = [...Array(length).keys()];
        expect(indexes.filter((index) => selectsElement(slice, index, length))).toEqual(sliceOf(length, slice));
      }),
      { numRuns: soak(5000) },
    );
  });

  it("ask for the length wherever the answer depends on it", () => {
    fc.assert(
      fc.property(slices, (bounds) => {
        const slice = { kind: "slice", ...bounds } as const;
        if (countsFromTheEnd(slice)) return;
        for (let index = 0; index < 12; index++) {
          expect(selectsElement(slice, index, 0)).toBe(sliceOf(12, slice).includes(index));
        }
      }),
      { numRuns: soak(2000) },
    );
    expect(countsFromTheEnd({ kind: "index", index: -1 })).toBe(true);
    expect(countsFromTheEnd({ kind: "index", index: 0 })).toBe(false);
  });
});
