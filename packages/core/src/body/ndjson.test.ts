import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codecOf, refusalOf, scanSelected, selected, textOf, utf8 } from "../../../../test/codecs/scan-selected.ts";

const lines = (text: string) => ({ mediaType: "application/x-ndjson", bytes: utf8(text) });

describe("NDJSON", () => {
  it.each([["application/x-ndjson"], ["application/ndjson"], ["application/jsonl"], ["application/x-jsonlines"]])(
    "is read as %s",
    (mediaType) => {
      expect(codecOf(mediaType).name).toBe("ndjson");
    },
  );

  it("gives each line a $ of its own, with offsets of the body", () => {
    const text = '\ufeff{"a":1}\r\n\r\n \t\n{"a":"é"}\n{"b":{"a":3}}\r';
    expect(selected(lines(text), "$.a")).toEqual(["1", '"é"']);
    expect(selected(lines(text), "$")).toEqual(['{"a":1}', '{"a":"é"}', '{"b":{"a":3}}']);
  });

  it("counts from the end of each line's arrays", () => {
    expect(selected(lines("[1,2]\n[3,[4,5]]\n[]\n[6]"), "$[-1]")).toEqual(["2", "[4,5]", "6"]);
    expect(selected(lines("[1,2]\n[3,[4,5]]\n[]\n[6]"), "$[1][-1]")).toEqual(["5"]);
  });

  it.each([
    ['{"a":\n1}'],
    ['{"a":1}{"a":2}'],
    ['{"a":1}\r{"a":2}'],
    ["1\n2,\n3"],
    ["[1,\n2]"],
    ["\n\ufeff1"],
    ['[\r{"a":1}\r]\n'],
    ['{"a":1}\r\r\n'],
    ["1\n\r2"],
  ])("refuses %j", (text) => {
    expect(refusalOf(lines(text))).toBe("BODY_MALFORMED");
  });

  it("names the offset in the body, and limits fields and depth as for one body", () => {
    expect(() => scanSelected(lines('{"a":1}\n{"a":x}'), [])).toThrow(expect.objectContaining({ offset: 13 }));
    expect(refusalOf(lines('{"a":1}\n{"a":2}\n{"a":3}'), ["$.a"], { maxFields: 2 })).toBe("TOO_MANY_FIELDS");
    expect(refusalOf(lines("[1]\n[[2]]"), [], { maxDepth: 1 })).toBe("BODY_TOO_DEEP");
  });

  it("reports long texts of every line", () => {
    const text = `"${"x".repeat(50)}"\n{"${"n".repeat(50)}":"\\u0041${"y".repeat(50)}"}`;
    const { longTexts } = scanSelected(lines(text), []);
    expect(longTexts.map(({ isName, escaped }) => [isName, escaped])).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ]);
    const decoded = codecOf("application/jsonl").decodeText(utf8(text), longTexts[2]!);
    expect(textOf(decoded.bytes)).toBe(`A${"y".repeat(50)}`);
  });

  it("selects what JSON.parse finds in each line", () => {
    const record = fc.record({ ssn: fc.jsonValue(), other: fc.jsonValue() }, { requiredKeys: [] });
    const ends = fc.constantFrom("\n", "\r\n", "\n\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(record, ends)), (records) => {
        const text = records.map(([value, end]) => `${JSON.stringify(value)}${end}`).join("");
        const expected = records.flatMap(([value]) => ("ssn" in value ? [JSON.parse(JSON.stringify(value.ssn))] : []));
        expect(selected(lines(text), "$.ssn").map((raw) => JSON.parse(raw))).toEqual(expected);
      }),
    );
  });
});
