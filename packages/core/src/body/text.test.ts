import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codecOf, refusalOf, scanSelected, selected, utf8 } from "../../../../test/codecs/scan-selected.ts";

const plain = (text: string) => ({ mediaType: "text/plain; charset=UTF-8", bytes: utf8(text) });
const text = codecOf("text/plain");

describe("text", () => {
  it("is one value, selected by $ whatever it looks like", () => {
    for (const value of ["hello", "\ufeffhello\r\n", '{"a":1}', "<a/>", "[", "  "]) {
      expect(selected(plain(value), "$")).toEqual([value]);
    }
  });

  it.each([
    ['{"a":1}'],
    [' \r\n\t[1, "2"]\n'],
    ["\ufeff{}"],
    ["[".repeat(10_000)],
    ["<?xml version='1.0'?>"],
    ["\n<order>"],
    ["<!-- x -->"],
    ["<!DOCTYPE a>"],
    ["<é/>"],
  ])("refuses a document that only pretends to be text: %.20j", (value) => {
    expect(refusalOf(plain(value))).toBe("MEDIA_TYPE_MISMATCH");
  });

  it.each([["{not json}"], ["[1, 2"], ["{} trailing"], ["<3"], ["a < b"], ["< a>"], ['"quoted"'], ["12"]])(
    "reads %j as text",
    (value) => {
      expect(refusalOf(plain(value))).toBe(null);
    },
  );

  it("refuses what is not UTF-8, and another declared charset", () => {
    expect(refusalOf({ mediaType: "text/plain", bytes: Uint8Array.of(0xff) })).toBe("BODY_NOT_UTF8");
    expect(refusalOf({ mediaType: "text/plain; charset=latin1", bytes: utf8("x") })).toBe("CHARSET_UNSUPPORTED");
  });

  it("reports a long text with the offsets of its bytes", () => {
    const body = utf8("é".repeat(30));
    const [found] = scanSelected({ mediaType: "text/plain", bytes: body }, []).longTexts;
    expect(found).toEqual({ start: 0, end: 60, escaped: false, isName: false });
    const { bytes, offsets } = text.decodeText(body, { start: 2, end: 4, escaped: false, isName: false });
    expect([[...bytes], [...offsets]]).toEqual([
      [0xc3, 0xa9],
      [2, 3, 4],
    ]);
  });

  it("writes every well-formed text as it is, and no other", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const raw = text.encodeValue(value);
        expect(raw === null ? null : text.decodeValue(raw)).toBe(value.isWellFormed() ? value : null);
      }),
    );
    expect(text.encodeText("\ud800")).toBe(null);
    expect(text.isValue(Uint8Array.of(0xc3))).toBe(false);
    expect(text.decodeValue(Uint8Array.of(0xc3))).toBe(null);
  });
});
