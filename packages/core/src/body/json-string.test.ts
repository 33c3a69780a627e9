import { Buffer, isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spelled } from "../../../../test/generators/json-text.ts";
import { json } from "./json.ts";
import { decodeJsonString, writeJsonString } from "./json-string.ts";

const texts = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(...'a\\"/\b\f\n\r\t\0ë😀') }));

describe("JSON strings", () => {
  it("decode to the UTF-8 of what JSON.parse reads, each byte with the place that it came from", () => {
    fc.assert(
      fc.property(spelled(texts), ({ decoded, raw }) => {
        const source = Buffer.from(raw);
        const { bytes, offsets } = decodeJsonString(source, 1, source.length - 1);
        expect(Buffer.from(bytes).toString()).toBe(decoded);
        expect(JSON.parse(raw)).toBe(decoded);
        expect(offsets).toHaveLength(bytes.length + 1);
        expect(offsets.at(-1)).toBe(source.length - 1);
        // Cut at any character and decode the two halves: the offsets say where each begins.
        let at = 0;
        for (const char of decoded) {
          expect(offsets[at]).toBeGreaterThanOrEqual(at === 0 ? 1 : offsets[at - 1]! + 0);
          expect(JSON.parse(`"${source.subarray(offsets[at], source.length - 1).toString()}"`)).toBe(
            Buffer.from(bytes.subarray(at)).toString(),
          );
          at += Buffer.byteLength(char);
        }
      }),
    );
  });

  it("with a lone surrogate decode to bytes that equal no text", () => {
    for (const inside of [
      "\\ud800",
      "a\\udc00",
      "\\ud800\\u0041",
      "\\udc00\\ud800",
      "\\ud800\\n",
      "\\ud83d\\ud83d\\ude00",
    ]) {
      const source = Buffer.from(inside);
      expect(isUtf8(decodeJsonString(source, 0, source.length).bytes)).toBe(false);
    }
  });

  it("are written as one value that reads back as the text", () => {
    const anything = fc.oneof(texts, fc.string({ unit: fc.constantFrom("\ud800", "\udfff", "a") }));
    fc.assert(
      fc.property(anything, (text) => {
        const token = writeJsonString(text);
        expect(json.decodeValue(token)).toBe(text);
        expect(json.isValue(token)).toBe(true);
        expect(Buffer.from(json.encodeText(text)!).toString()).toBe(Buffer.from(token).toString().slice(1, -1));
      }),
    );
  });
});

describe("a raw JSON value", () => {
  const isValue = (text: string): boolean => json.isValue(Buffer.from(text));

  it.each(["1", "-0.0e+7", '""', "null", "{}", '[1, {"a": [ ] }]', '{"a":1,"a":2}', '"\\ud800"'])("is %s", (text) => {
    expect(isValue(text)).toBe(true);
  });

  it.each(["", " ", " 1", "1 ", "1\n", "1 2", "1,2", '"a":1', "{", "\ufeff1", '","x":"', "tru", "'a'"])(
    "is not %j",
    (text) => {
      expect(isValue(text)).toBe(false);
    },
  );

  it("may nest as deeply as any policy allows", () => {
    expect(isValue("[".repeat(10_000) + "]".repeat(10_000))).toBe(true);
    expect(isValue("[".repeat(100_000) + "]".repeat(100_000))).toBe(false);
  });
});
