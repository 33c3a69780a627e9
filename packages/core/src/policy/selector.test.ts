import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { createScan, defaultLimits } from "../body/index.ts";
import { scanJsonText } from "../body/json-text.ts";
import { FieldsealError } from "../errors/index.ts";
import { createMatcher } from "./matcher.ts";
import { parseSelector } from "./selector.ts";

interface ComplianceTest {
  readonly name: string;
  readonly selector: string;
  readonly document?: unknown;
  readonly result?: readonly unknown[];
  readonly results?: readonly (readonly unknown[])[];
  readonly invalid_selector?: boolean;
}

const file = "../../../../vendor/vectors/jsonpath-compliance-test-suite/cts.json";
const suite = JSON.parse(readFileSync(path.resolve(import.meta.dirname, file), "utf8")) as {
  readonly tests: readonly ComplianceTest[];
};
const filters = suite.tests.filter(({ selector }) => selector.includes("?"));
const plain = suite.tests.filter((test) => !filters.includes(test));

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The values that a selector selects, in the order of the document. */
function select(selector: string, document: unknown): unknown[] {
  const bytes = encoder.encode(JSON.stringify(document));
  const rules = [{ query: parseSelector(selector), traced: false }];
  const root = createMatcher({ rules, onNameVariant: "ignore", checkShapes: false });
  const into = createScan();
  scanJsonText(bytes, 0, bytes.length, { root, limits: defaultLimits, into });
  return into.matches
    .filter(({ state }) => state.selects.length > 0)
    .map(({ start, end }) => JSON.parse(decoder.decode(bytes.subarray(start, end))) as unknown);
}

function refusalOf(selector: string): FieldsealError {
  try {
    parseSelector(selector);
  } catch (error) {
    if (error instanceof FieldsealError) return error;
    throw error;
  }
  return expect.fail(`accepted ${JSON.stringify(selector)}`);
}

/** As a set: splicing selects a place once and in the order of the body, RFC 9535 lists it as often as it is named. */
const asSet = (values: readonly unknown[]): string[] =>
  [...new Set(values.map((value) => JSON.stringify(value)))].sort();

describe("selectors on the JSONPath compliance test suite", () => {
  it("finds the suite's 687 queries, 317 of them without filters", () => {
    expect([suite.tests.length, plain.length]).toEqual([687, 317]);
    expect(plain.filter((test) => test.invalid_selector).length).toBe(153);
  });

  it.each(plain.filter((test) => test.invalid_selector))("refuses $selector with its offset: $name", ({ selector }) => {
    const error = refusalOf(selector);
    expect(error.code).toBe("SELECTOR_INVALID");
    expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.offset).toBeLessThanOrEqual(selector.length);
  });

  it.each(plain.filter((test) => !test.invalid_selector))("selects what $selector says: $name", (test) => {
    const wanted = test.results ?? [test.result!];
    expect(wanted.map(asSet)).toContainEqual(asSet(select(test.selector, test.document)));
  });

  it.each(filters)("refuses the filter $selector", ({ selector }) => {
    expect(refusalOf(selector).code).toMatch(/^POLICY_UNSUPPORTED$|^SELECTOR_INVALID$/);
  });
});

describe("selectors", () => {
  it.each([
    ["", 0],
    ["a", 0],
    ["@.a", 0],
    [" $", 0],
    ["$ ", 2],
    ["$.", 2],
    ["$..", 3],
    ["$...a", 3],
    ["$.a.", 4],
    ["$.a[", 4],
    ["$[]", 2],
    ["$[a]", 2],
    ["$['a", 4],
    ["$['a'", 5],
    ["$['a' 'b']", 6],
    ["$[,1]", 2],
    ["$[01]", 3],
    ["$[-0]", 2],
    ["$[1.5]", 3],
    ["$[1:2:3:4]", 7],
    ["$[9007199254740992]", 2],
    ["$.-a", 2],
    ["$.1a", 2],
    ["$.a b", 4],
    ["$['\\x']", 4],
    ["$['\\\"']", 4],
    ['$["\\\'"]', 4],
    ["$['\\ud800']", 10],
    ["$['\t']", 3],
    ["$.a^", 3],
    ["$.~a", 2],
    ["$.a()", 3],
    ["$[(1)]", 2],
    ["$[*", 3],
  ])("refuses %j and points at what is wrong", (selector, offset) => {
    expect(refusalOf(selector)).toMatchObject({ code: "SELECTOR_INVALID", offset });
  });

  it("says that filters are another matter, and where they stand", () => {
    expect(refusalOf("$.a[?@.b]")).toMatchObject({ code: "POLICY_UNSUPPORTED", offset: 4 });
  });

  it.each([
    ["longer than 1,024 characters", `$.${"a".repeat(1023)}`, `$.${"a".repeat(1022)}`],
    ["of more than 32 steps", `$${".a".repeat(33)}`, `$${".a".repeat(32)}`],
    ["with more than 64 alternatives", `$[${Array(65).fill("0").join(",")}]`, `$[${Array(64).fill("0").join(",")}]`],
  ])("refuses one %s", (_, tooMuch, justEnough) => {
    expect(refusalOf(tooMuch).code).toBe("SELECTOR_INVALID");
    expect(parseSelector(justEnough).text).toBe(justEnough);
  });

  it("keeps its spelling and tells .* from [*]", () => {
    expect(parseSelector("$.a [ 'b' , 1 , -2:: ] ..*")).toEqual({
      text: "$.a [ 'b' , 1 , -2:: ] ..*",
      segments: [
        { descendant: false, dotWildcard: false, selectors: [{ kind: "name", name: "a" }] },
        {
          descendant: false,
          dotWildcard: false,
          selectors: [
            { kind: "name", name: "b" },
            { kind: "index", index: 1 },
            { kind: "slice", start: -2, end: undefined, step: 1 },
          ],
        },
        { descendant: true, dotWildcard: true, selectors: [{ kind: "wildcard" }] },
      ],
    });
    expect(parseSelector("$..[*]").segments[0]).toMatchObject({ descendant: true, dotWildcard: false });
  });

  it("reads escapes in quoted names", () => {
    const name = (selector: string): unknown => parseSelector(selector).segments[0]!.selectors[0];
    expect(name("$['\\u00eb\\ud83d\\ude00\\'\"\\n\\/\\\\']")).toEqual({ kind: "name", name: "ë😀'\"\n/\\" });
    expect(name('$["it\'s \\""]')).toEqual({ kind: "name", name: "it's \"" });
    expect(name("$['']")).toEqual({ kind: "name", name: "" });
  });
});
