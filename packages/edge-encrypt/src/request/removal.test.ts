import { applyEdits } from "@fieldseal/core/body";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { removePieces } from "./removal.ts";

/** `list` without the pieces of these indexes. */
function without(list: string, indexes: ReadonlySet<number>): string {
  const bytes = new TextEncoder().encode(list);
  let start = 0;
  const pieces = list.split(";").flatMap((piece, index) => {
    const span = { start, end: start + piece.length };
    start = span.end + 1;
    return indexes.has(index) ? [span] : [];
  });
  return new TextDecoder().decode(applyEdits(bytes, removePieces(bytes, pieces)));
}

describe("removed pieces", () => {
  it.each([
    ["a; b; c", [0], "b; c"],
    ["a; b; c", [1], "a; c"],
    ["a; b; c", [2], "a; b"],
    ["a; b; c", [0, 1], "c"],
    ["a; b; c", [0, 2], "b"],
    ["a; b; c", [0, 1, 2], ""],
  ] as const)("of %j at %j leave %j", (list, indexes, expected) => {
    expect(without(list, new Set(indexes))).toBe(expected);
  });

  it("leave the others as they were, in order", () => {
    const piece = fc.string({ unit: fc.constantFrom("a", "b", "="), maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, fc.boolean()), { minLength: 1, maxLength: 8 }), (pieces) => {
        const removed = new Set(pieces.flatMap(([, isRemoved], index) => (isRemoved ? [index] : [])));
        const kept = pieces.filter(([, isRemoved]) => !isRemoved).map(([text]) => text);
        expect(without(pieces.map(([text]) => text).join(";"), removed)).toBe(kept.join(";"));
      }),
    );
  });
});
