import { Buffer, isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { soak } from "../../../../test/generators/soak.ts";
import { FieldsealError } from "../errors/index.ts";
import { createMatcher, parseSelector } from "../policy/index.ts";
import { form } from "./form.ts";
import { defaultLimits, minLongText } from "./limits.ts";
import type { Scan } from "./match.ts";

const mediaType = { essence: "application/x-www-form-urlencoded", parameters: new Map<string, string>() };

function scan(body: string | Uint8Array, selectors: readonly string[], variants: "refuse" | "ignore" = "ignore"): Scan {
  const rules = selectors.map((text) => ({ query: parseSelector(text), traced: false }));
  const root = createMatcher({ rules, onNameVariant: variants, checkShapes: true });
  return form.scan({ bytes: Buffer.from(body), mediaType, root, limits: defaultLimits, isUtf8 });
}

/** The raw values that selectors select. */
function selected(body: string, ...selectors: string[]): string[] {
  const bytes = Buffer.from(body);
  return scan(body, selectors)
    .matches.filter(({ state }) => state.selects.length > 0)
    .map(({ start, end }) => bytes.subarray(start, end).toString());
}

function codeOf(body: string | Uint8Array): string {
  try {
    scan(body, ["$.a"]);
    return "accepted";
  } catch (error) {
    if (error instanceof FieldsealError) return error.code;
    throw error;
  }
}

describe("forms", () => {
  it.each([
    ["a=b&c=d", "$.a", ["b"]],
    ["a=b&c=d", "$.c", ["d"]],
    ["a=b&&c=d&", "$.c", ["d"]],
    ["&a=b", "$.a", ["b"]],
    ["a=", "$.a", [""]],
    ["a", "$.a", [""]],
    ["a&a=1", "$.a", ["", "1"]],
    ["a&a=1", "$.a[0]", [""]],
    ["a&a=1", "$.a[-1]", ["1"]],
    ["=b", "$['']", ["b"]],
    ["=", "$['']", [""]],
    ["a=b=c", "$.a", ["b=c"]],
    ["a==", "$.a", ["="]],
    ["a=b+c%20d", "$.a", ["b+c%20d"]],
    ["%73sn=1&s%73n=2", "$.ssn", ["1", "2"]],
    ["a+b=1&a%20b=2&a%2Bb=3", "$['a b']", ["1", "2"]],
    ["%C3%AB=1&ë=2", "$.ë", ["1", "2"]],
    ["a=1&b=2&a=3", "$.a", ["1", "3"]],
    ["ssn[]=1&ssn%5Bx%5D=2&ssn=3&ssn[0][y]=4", "$.ssn", ["1", "2", "3", "4"]],
    ["ssnx[]=1&[ssn]=2&xssn=3", "$.ssn", ["2"]],
    ["?ssn=1&#ssn=2&!ssn=3&[[ssn]]=4&\ufeff?ssn=5", "$.ssn", ["1", "2", "3", "4", "5"]],
    ["ssn.x=1&ssn%2Ey[z]=2&ssn%00x=3&x.ssn=4", "$.ssn", ["1", "2", "3"]],
    ["a[ssn]=1&a.ssn=2&a[b][ssn][]=3&a[0].b['ssn']=4&assn=5", "$..ssn", ["1", "2", "3", "4"]],
    ["a[ssn]=1&b[ssn]=2&a[ssn]=3", "$..ssn[0]", ["1", "2"]],
    ["a[b]=1&a=2", "$['a[b]']", ["1"]],
    ["a.b=1&a=2", "$['a.b']", ["1"]],
    ["a[7]=1&a[0]=2&a=3", "$.a[0]", ["1"]],
    ["a[7]=1&a[0]=2&a=3", "$.a[-1]", ["3"]],
    ["a=1&b=2&a=3&a=4", "$.a[1:]", ["3", "4"]],
    ["a=1&b=2&a=3", "$.a[*]", ["1", "3"]],
    ["a=1&b=2", "$.*", ["1", "2"]],
    ["a=1&b=2", "$[*]", ["1", "2"]],
    ["a=1&b=2", "$..b", ["2"]],
    ["a=1&b=2", "$.constructor", []],
    ["__proto__=1", "$['__proto__']", ["1"]],
    ["a%3D=1", "$['a=']", ["1"]],
    ["a%26b=1", "$['a&b']", ["1"]],
    ["a%00=1&a=2", "$.a", ["1", "2"]],
    ["\ufeffa=1&a=2", "$.a", ["1", "2"]],
    ["%FF=1&%FE=2", "$[*][0]", ["1", "2"]],
  ])("%j holds at %s the raw values %j", (body, selector, values) => {
    expect(selected(body, selector)).toEqual(values);
  });

  it.each([
    "SSN=1",
    "s.s.n=1",
    "+ssn=1",
    "Ssn[]=1",
    "%EF%BB%BFssn=1",
    "s%2Dsn[0]=1",
    "ｓｓｎ=1",
    "%C2%85ssn=1",
    "s[sn=1",
  ])("%j holds a variant of $.ssn", (body) => {
    const found = scan(body, ["$.ssn"], "refuse").matches.filter(({ state }) => state.variants.length > 0);
    expect(found).toHaveLength(1);
  });

  it("are found to have the pairs that URLSearchParams finds", () => {
    const unit = fc.constantFrom(
      ..."ab=&&==++1*-._~'()!",
      "%41",
      "%26",
      "%3D",
      "%2B",
      "%C3%AB",
      "ë",
      "😀",
      "%00",
      "%5b",
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), (body) => {
        const bytes = Buffer.from(body);
        const values = scan(body, ["$[*]"]).matches.map(({ start, end }) =>
          form.decodeValue(bytes.subarray(start, end)),
        );
        const pairs = new URLSearchParams(body);
        expect(values).toEqual([...pairs.values()]);
        const names = scan(body, ["$[*]"]).matches.map(({ outerStart, start }) => {
          const raw = bytes.subarray(outerStart, start);
          return form.decodeValue(raw.at(-1) === 0x3d ? raw.subarray(0, -1) : raw);
        });
        expect(names).toEqual([...pairs.keys()]);
      }),
      { numRuns: soak(2000) },
    );
  });

  it("are written so that URLSearchParams and this codec read the text back, as one value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const raw = form.encodeValue(text)!;
        expect(form.decodeValue(raw)).toBe(text);
        expect(form.isValue(raw)).toBe(true);
        expect(Buffer.from(raw).toString()).toBe(new URLSearchParams({ a: text }).toString().slice(2));
      }),
    );
    expect(form.encodeValue("\ud800")).toBeNull();
    expect(form.decodeValue(Buffer.from("%FF"))).toBeNull();
  });

  it.each([
    '{"a":1}',
    "[1]",
    " [1]",
    "\ufeff[1]",
    "\ufeff{}",
    '"a"',
    "<a/>",
    "a={",
    "a=}",
    'a="',
    "a=<",
    "a=>",
    "a=;b=2",
    "a=\\",
  ])("that are none, like %j, are FORM_NOT_PLAUSIBLE", (body) => {
    expect(codeOf(body)).toBe("FORM_NOT_PLAUSIBLE");
  });

  it("with a raw control byte are FORM_NOT_PLAUSIBLE", () => {
    for (const byte of [...Array(0x20).keys(), 0x7f]) {
      expect(codeOf(Buffer.concat([Buffer.from("a="), Buffer.of(byte)]))).toBe("FORM_NOT_PLAUSIBLE");
      expect(form.isValue(Buffer.of(byte))).toBe(false);
    }
  });

  it.each(["a=%zz", "a=%", "a=%4", "%=1", "a=%4&b=%41", "a=%u0041", "a=% 41", "a=%%41"])(
    "with a malformed escape, like %j, are FORM_NOT_PLAUSIBLE",
    (body) => {
      expect(codeOf(body)).toBe("FORM_NOT_PLAUSIBLE");
    },
  );

  it.each(["a=%7B%22b%22%3A1%7D", "a=[1]", "x", "a=1&b[]=2", "a=hello world", "a=é"])(
    "like %j are accepted",
    (body) => {
      expect(codeOf(body)).toBe("accepted");
    },
  );

  it("hold one value exactly where no pair ends", () => {
    for (const raw of ["", "a", "a=b", "a+b%20c"]) expect(form.isValue(Buffer.from(raw))).toBe(true);
    for (const raw of ["a&b", "a&", "{", "%4", "a;b"]) expect(form.isValue(Buffer.from(raw))).toBe(false);
  });

  it("select at most maxFields values", () => {
    const rules = [{ query: parseSelector("$.a"), traced: false }];
    const root = createMatcher({ rules, onNameVariant: "ignore", checkShapes: true });
    const limited = (count: number): unknown =>
      form.scan({
        ...{ bytes: Buffer.from("a=1&".repeat(count)), mediaType, root, isUtf8 },
        limits: { ...defaultLimits, maxFields: 3 },
      });
    expect(() => limited(3)).not.toThrow();
    expect(() => limited(4)).toThrow(expect.objectContaining({ code: "TOO_MANY_FIELDS" }));
  });

  it("note long texts in names and values, and whether they are escaped", () => {
    const long = "x".repeat(minLongText);
    const body = `${long}=%41${long}&b=${long.slice(1)}&c=+${long}&d=${long}`;
    const found = scan(body, ["$.q"]).longTexts.map(({ start, end, ...rest }) => [body.slice(start, end), rest]);
    expect(found).toEqual([
      [long, { escaped: false, isName: true }],
      [`%41${long}`, { escaped: true, isName: false }],
      [`+${long}`, { escaped: true, isName: false }],
      [long, { escaped: false, isName: false }],
    ]);
    const escaped = scan(body, ["$.q"]).longTexts[1]!;
    const { bytes, offsets } = form.decodeText(Buffer.from(body), escaped);
    expect(Buffer.from(bytes).toString()).toBe(`A${long}`);
    expect([offsets[0], offsets[1], offsets.at(-1)]).toEqual([escaped.start, escaped.start + 3, escaped.end]);
  });
});
