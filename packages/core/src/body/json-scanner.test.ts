import { Buffer, isUtf8 } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonDocument, jsonDocuments } from "../../../../test/generators/json-text.ts";
import { soak } from "../../../../test/generators/soak.ts";
import { FieldsealError } from "../errors/index.ts";
import { json } from "./json.ts";
import { scanJson } from "./json-scanner.ts";
import { scanJsonText } from "./json-text.ts";
import { defaultLimits, type Limits, minLongText } from "./limits.ts";
import { everyKind, type MatchState, nothingBelow, type Scan, ValueKind } from "./match.ts";
import { createScan } from "./scan.ts";

const suite = path.resolve(import.meta.dirname, "../../../../vendor/vectors/JSONTestSuite/test_parsing");
const wide: Limits = { maxFields: 1_000_000, maxDepth: 1000, maxOutputBytes: 1_000_000 };
const decoder = new TextDecoder();

/** A state that wants to be told of every value, and remembers how it was reached. */
function everything(at: readonly (string | number)[] = [], counts = false): MatchState & { at: typeof at } {
  return {
    live: true,
    notedKinds: everyKind,
    takesIndex: false,
    needsLength: counts,
    countsLengths: counts,
    readsText: false,
    selects: [0],
    variants: [],
    mismatches: [],
    arrivals: [],
    at,
    member: (bytes, start, end) => everything([...at, decoder.decode(bytes.subarray(start, end))], counts),
    element: (index, length) => everything([...at, counts ? index - length : index], counts),
    among: () => everything(at, counts),
    inText: () => nothingBelow,
  };
}

function scan(bytes: Uint8Array, limits: Limits = wide, root: MatchState = everything()): Scan {
  const into = createScan();
  scanJsonText(bytes, 0, bytes.length, { root, limits, into });
  return into;
}

/** The code that a scan ends with; null where it accepts. Anything that is no coded error fails the test. */
function codeOf(bytes: Uint8Array, limits: Limits = wide): string | null {
  try {
    scan(bytes, limits, nothing);
    return null;
  } catch (error) {
    if (error instanceof FieldsealError) return error.code;
    throw error;
  }
}

const nothing: MatchState = {
  ...everything(),
  live: false,
  notedKinds: 0,
  selects: [],
  member: () => nothing,
  element: () => nothing,
  among: () => nothing,
};

const utf8 = (text: string): Uint8Array => Buffer.from(text);

/** As at the door: UTF-8 first. */
const accepts = (bytes: Uint8Array): boolean => isUtf8(bytes) && codeOf(bytes) === null;

function parses(bytes: Uint8Array): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    JSON.parse(Buffer.from(bytes).toString());
    return true;
  } catch {
    return false;
  }
}

describe("the JSON scanner on JSONTestSuite", () => {
  const names = readdirSync(suite);
  const read = (name: string): Uint8Array => readFileSync(path.join(suite, name));
  const starting = (letter: string): string[] => names.filter((name) => name.startsWith(`${letter}_`));

  it("finds all 318 documents", () => {
    expect([starting("y").length, starting("n").length, starting("i").length]).toEqual([95, 188, 35]);
  });

  it.each(starting("y"))("accepts %s", (name) => {
    expect(isUtf8(read(name))).toBe(true);
    expect(codeOf(read(name))).toBeNull();
  });

  it.each(starting("n"))("refuses %s", (name) => {
    const bytes = read(name);
    if (isUtf8(bytes)) expect(codeOf(bytes)).toMatch(/^BODY_(MALFORMED|TOO_DEEP)$/);
    else expect(accepts(bytes)).toBe(false);
  });

  it.each(starting("i"))("answers %s", (name) => {
    const bytes = read(name);
    // What only JSON.parse's depth or our own limit decides is left out; the rest must agree.
    expect(accepts(bytes) || codeOf(bytes) === "BODY_TOO_DEEP").toBe(parses(bytes));
  });
});

describe("the JSON scanner", () => {
  it.each(["[", '{"a":', '[{"":', "[[],"])("refuses 100,000 levels of %j with BODY_TOO_DEEP, closed or not", (open) => {
    const levels = Buffer.from(open.repeat(100_000));
    expect(codeOf(levels, defaultLimits)).toBe("BODY_TOO_DEEP");
    expect(codeOf(levels, { ...wide, maxDepth: 10_000 })).toBe("BODY_TOO_DEEP");
    const closed = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(codeOf(utf8(closed), { ...wide, maxDepth: 100_000 })).toBeNull();
    expect(codeOf(utf8(closed), { ...wide, maxDepth: 99_999 })).toBe("BODY_TOO_DEEP");
  });

  it("counts every kind of container, empty ones too, and allows exactly maxDepth levels", () => {
    const limits = { ...wide, maxDepth: 2 };
    for (const text of ["[[]]", '{"a":{}}', '[{"a":1}]', "[[],[]]"]) expect(codeOf(utf8(text), limits)).toBeNull();
    for (const text of ["[[[]]]", '{"a":{"b":{}}}', '[{"a":[]}]']) {
      expect(codeOf(utf8(text), limits)).toBe("BODY_TOO_DEEP");
    }
  });

  it("selects exactly maxFields values, and one more is TOO_MANY_FIELDS", () => {
    const limits = { ...wide, maxFields: 3 };
    const refused = (text: string): unknown => {
      try {
        return scan(utf8(text), limits).matches.length;
      } catch (error) {
        return (error as FieldsealError).code;
      }
    };
    expect(refused("[1,2]")).toBe(3);
    expect(refused("[1,2,3]")).toBe("TOO_MANY_FIELDS");
  });

  it.each([
    ["\ufeff{}", 0],
    ["", 0],
    [" ", 1],
    ["{} x", 3],
    ["[1,]", 3],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ["{a:1}", 1],
    ["[1 2]", 3],
    ["[1}", 2],
    ["01", 1],
    ["-", 1],
    ["1.", 2],
    ["1e", 2],
    ["1e+", 3],
    [".5", 0],
    ["+1", 0],
    ["NaN", 0],
    ["nul", 0],
    ["True", 0],
    ["'a'", 0],
    ['"a\tb"', 2],
    ['"\\x"', 1],
    ['"\\u12g4"', 5],
    ['"\\u123', 1],
    ['"a', 2],
    ['"a\\', 2],
    ["\f1", 0],
    ["[1]\0", 3],
    ["//x\n1", 0],
  ])("refuses %j as BODY_MALFORMED and says where", (text, offset) => {
    try {
      scan(utf8(text));
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "BODY_MALFORMED" });
      if (text !== '"\\u123') expect(error).toMatchObject({ offset });
    }
  });

  it("reports every value with its place, kind and surroundings, whatever the spelling", () => {
    fc.assert(
      fc.property(jsonDocuments(), ({ bytes, places }) => {
        const found = scan(bytes).matches.map(({ state, kind, start, end, outerStart, parent, empty }) => ({
          path: (state as ReturnType<typeof everything>).at,
          ...{ kind, start, end, outerStart, parent, empty },
        }));
        const expected = places.map(({ node, path: at, start, end, outerStart, parent }) => ({
          // A lone surrogate in a name equals no name at all.
          path: at.map((step) => (typeof step === "string" ? step.replace("\ud800", "\ufffd\ufffd\ufffd") : step)),
          ...{ kind: ValueKind[node.kind], start, end, outerStart, parent },
          empty: (node.kind === "object" || node.kind === "array") && node.children.length === 0,
        }));
        expect(found.map(({ path: at, ...rest }) => ({ ...rest, path: at.map(withoutMark) }))).toEqual(
          expected.map(({ path: at, ...rest }) => ({ ...rest, path: at.map(withoutMark) })),
        );
      }),
      { numRuns: soak(300) },
    );
  });

  it("reports spans that hold exactly one value, the one that JSON.parse sees there", () => {
    fc.assert(
      fc.property(jsonDocuments({ withDuplicates: false }), ({ bytes, text, places }) => {
        const root = JSON.parse(text) as unknown;
        scan(bytes).matches.forEach(({ start, end }, index) => {
          const value = places[index]!.path.reduce<unknown>((at, step) => (at as never)[step], root);
          const slice = bytes.subarray(start, end);
          expect(JSON.parse(decoder.decode(slice))).toEqual(value);
          expect(json.isValue(slice)).toBe(true);
        });
      }),
      { numRuns: soak(300) },
    );
  });

  it("counts array lengths in a first pass, for selectors that count from the end", () => {
    fc.assert(
      fc.property(jsonDocuments(), ({ bytes, places }) => {
        const found = scan(bytes, wide, everything([], true)).matches;
        const lengths = new Map(places.map(({ start, node }) => [start, node.children.length]));
        found.forEach(({ state, parent }, index) => {
          const last = (state as ReturnType<typeof everything>).at.at(-1);
          const step = places[index]!.path.at(-1);
          if (typeof step === "number") expect(last).toBe(step - lengths.get(parent)!);
        });
        expect(found).toHaveLength(places.length);
      }),
      { numRuns: soak(200) },
    );
  });

  it("counts the elements of every array, empty ones too, in the order of their brackets", () => {
    const countInto: number[] = [];
    const bytes = utf8('[[], [1,[ ]],{"a":[2,3]},"[",[[[]]]]');
    const into = createScan();
    scanJson(bytes, 0, bytes.length, { root: nothing, limits: wide, into, countInto });
    expect(countInto).toEqual([5, 0, 2, 0, 2, 1, 1, 0]);
  });

  it("scans only the range it is given", () => {
    const bytes = utf8('xx{"a":1}]]');
    const into = createScan();
    scanJson(bytes, 2, 9, { root: everything(), limits: wide, into });
    expect(into.matches.map(({ start, end }) => [start, end])).toEqual([
      [2, 9],
      [7, 8],
    ]);
    for (let end = 3; end < 9; end++) {
      const cut = { root: everything(), limits: wide, into: createScan() };
      expect(() => scanJson(bytes, 2, end, cut)).toThrow(FieldsealError);
    }
  });

  it("notes exactly the texts that are long enough to hold an envelope, in values and in names", () => {
    const long = "x".repeat(minLongText);
    const short = "x".repeat(minLongText - 1);
    const escaped = `\\u0078${long}`;
    const text = `{"${long}":"${short}","${short}":["${long}","${escaped}"]}`;
    const seen = scan(utf8(text)).longTexts.map(({ start, end, ...rest }) => [text.slice(start, end), rest]);
    expect(seen).toEqual([
      [long, { escaped: false, isName: true }],
      [long, { escaped: false, isName: false }],
      [escaped, { escaped: true, isName: false }],
    ]);
  });

  it("compares names by what they mean, whatever their escapes", () => {
    const names: string[] = [];
    const root = {
      ...everything(),
      member: (bytes: Uint8Array, start: number, end: number) => {
        names.push(Buffer.from(bytes.subarray(start, end)).toString("hex"));
        return nothing;
      },
    };
    const spellings = ['"\\u0073sn"', '"ssn"', '"\\u00eb"', '"ë"', '"\\ud83d\\ude00"', '"😀"', '"\\uD83D\\uDe00"'];
    scan(utf8(`{${spellings.map((name) => `${name}:1`).join(",")}}`), wide, root);
    const hex = (text: string): string => Buffer.from(text).toString("hex");
    expect(names).toEqual(["ssn", "ssn", "ë", "ë", "😀", "😀", "😀"].map(hex));
    names.length = 0;
    scan(utf8('{"\\ud800":1,"\\udc00\\ud800":2,"\\ud800a":3,"\\ud800\\u0041":4,"\ufffd":5}'), wide, root);
    expect(names.slice(0, 4).filter((name) => isUtf8(Buffer.from(name, "hex")))).toEqual([]);
    expect(names[4]).toBe(hex("\ufffd"));
  });

  it("skips a byte order mark in front of the text and nowhere else", () => {
    const mediaType = { essence: "application/json", parameters: new Map() };
    const codec = (text: string): Scan =>
      json.scan({ bytes: utf8(text), mediaType, root: everything(), limits: defaultLimits, isUtf8 });
    expect(codec('\ufeff {"a":1}').matches[0]).toMatchObject({ start: 4, end: 11 });
    for (const text of ["\ufeff\ufeff1", " \ufeff1", "1\ufeff", "\ufeff"]) {
      expect(() => codec(text)).toThrow(expect.objectContaining({ code: "BODY_MALFORMED" }));
    }
  });
});

describe("the JSON scanner against JSON.parse and isUtf8", () => {
  it("accepts and refuses the same texts of up to four tokens, all of them", () => {
    const tokens = ["{", "}", "[", "]", ",", ":", '"a"', "1", "true", " "];
    const differs: string[] = [];
    let texts = [""];
    for (let length = 0; length <= 4; length++) {
      for (const text of texts) if (accepts(utf8(text)) !== parses(utf8(text))) differs.push(text);
      texts = texts.flatMap((text) => tokens.map((token) => text + token));
    }
    expect(differs).toEqual([]);
  });

  it("accepts and refuses the same mutated documents", () => {
    const counts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(mutatedDocuments, (bytes) => {
        const agreed = parses(bytes);
        counts[agreed ? "accepted" : "refused"]++;
        expect(accepts(bytes)).toBe(agreed);
      }),
      { numRuns: soak(4000) },
    );
    expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(300);
  });

  it("accepts and refuses the same strings of JSON's own characters", () => {
    const pieces = ["{", "}", "[", "]", ",", ":", '"', '"a"', '""', "\\", "\\u", "00", "0", "-", "1", ".", "e", "E+"];
    const token = fc.constantFrom(...pieces, "true", "null", "fals", " ", "\n", "\t", "\u000b", "\ufeff", "é");
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        const bytes = utf8(tokens.join(""));
        expect(accepts(bytes)).toBe(parses(bytes));
      }),
      { numRuns: soak(6000) },
    );
  });
});

/** A document with up to three bytes changed, dropped, repeated or put in, or cut off. */
const mutatedDocuments: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    jsonDocuments({ maxDepth: 4 }),
    fc.array(
      fc.record({
        at: fc.nat(),
        act: fc.constantFrom("set", "drop", "insert", "copy", "cut"),
        byte: fc.oneof(fc.constantFrom(...Buffer.from('{}[]:,"\\u0e-+.1t \n\0\x7f')), fc.nat(255)),
        length: fc.integer({ min: 1, max: 4 }),
      }),
      { minLength: 0, maxLength: 3 },
    ),
  )
  .map(([document, mutations]: [JsonDocument, readonly Mutation[]]) => {
    let bytes = [...document.bytes];
    for (const { at: where, act, byte, length } of mutations) {
      const at = bytes.length === 0 ? 0 : where % bytes.length;
      if (act === "set") bytes[at] = byte;
      else if (act === "drop") bytes.splice(at, length);
      else if (act === "insert") bytes.splice(at, 0, byte);
      else if (act === "copy") bytes.splice(at, 0, ...bytes.slice(at, at + length));
      else bytes = bytes.slice(0, at);
    }
    return Uint8Array.from(bytes);
  });

interface Mutation {
  readonly at: number;
  readonly act: "set" | "drop" | "insert" | "copy" | "cut";
  readonly byte: number;
  readonly length: number;
}

/** Default decoders drop a byte order mark; here it does not matter which side did. */
function withoutMark(step: string | number): string | number {
  return typeof step === "string" ? step.replaceAll("\ufeff", "") : step;
}
