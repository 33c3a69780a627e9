import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEdits, type Edit, replacement, splicedLength } from "./splice.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const bytes = (of: string): Uint8Array => Buffer.from(of, "latin1");
const replace = (start: number, end: number, by: string): Edit => replacement(start, end, bytes(by));

describe("splicing", () => {
  it("replaces spans and leaves every other byte as it came", () => {
    const cuts = fc.uniqueArray(fc.nat(40), { maxLength: 10 }).map((list) => list.sort((a, b) => a - b));
    const body = fc.uint8Array({ minLength: 40, maxLength: 60 });
    fc.assert(
      fc.property(
        body,
        cuts,
        fc.array(fc.uint8Array({ maxLength: 6 }), { minLength: 5, maxLength: 5 }),
        (from, at, by) => {
          const edits: Edit[] = [];
          let expected = "";
          let read = 0;
          for (let k = 0; k + 1 < at.length; k += 2) {
            edits.push(replacement(at[k]!, at[k + 1]!, by[k / 2]!));
            expected += text(from.subarray(read, at[k])) + text(by[k / 2]!);
            read = at[k + 1]!;
          }
          expected += text(from.subarray(read));
          const copy = from.slice();
          expect(text(applyEdits(from, edits))).toBe(expected);
          expect(splicedLength(from.length, edits)).toBe(expected.length);
          expect(from).toEqual(copy);
        },
      ),
    );
  });

  it("removes, inserts, and puts edits side by side", () => {
    expect(text(applyEdits(bytes("abc"), [replace(0, 1, ""), replace(1, 2, "xy"), replace(2, 2, "-")]))).toBe("xy-c");
    expect(text(applyEdits(bytes("abc"), []))).toBe("abc");
    expect(text(applyEdits(bytes(""), [replace(0, 0, "x")]))).toBe("x");
  });

  it.each([
    ["overlap", [replace(0, 2, "x"), replace(1, 3, "y")]],
    ["are nested", [replace(0, 3, "x"), replace(1, 2, "y")]],
    ["are out of order", [replace(2, 3, "x"), replace(0, 1, "y")]],
    ["end before they start", [replace(2, 1, "x")]],
    ["lie outside the body", [replace(2, 5, "x")]],
  ])("refuses edits that %s", (_, edits) => {
    for (const act of [() => applyEdits(bytes("abcd"), edits), () => splicedLength(4, edits)]) {
      expect(act).toThrow(expect.objectContaining({ code: "INTERNAL_ERROR" }));
    }
  });
});
