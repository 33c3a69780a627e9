import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMatcher, parseSelector } from "../policy/index.ts";
import { queryString } from "./form.ts";
import { defaultLimits } from "./limits.ts";

const mediaType = { essence: "application/x-www-form-urlencoded", parameters: new Map<string, string>() };

/** Decoded values that `selector` selects in a query. */
function valuesOf(query: string, selector: string): (string | null)[] {
  const bytes = new TextEncoder().encode(query);
  const rules = [{ query: parseSelector(selector), traced: false }];
  const root = createMatcher({ rules, onNameVariant: "ignore", checkShapes: false });
  const { matches } = queryString.scan({ bytes, mediaType, root, limits: defaultLimits, isUtf8 });
  const selected = matches.filter(({ state }) => state.selects.length > 0);
  return selected.map(({ start, end }) => queryString.decodeValue(bytes.subarray(start, end)));
}

describe("the query grammar", () => {
  it.each([
    ["ssn=1&ssn=2", "$.ssn", ["1", "2"]],
    ["ssn=1&ssn=2", "$.ssn[0]", ["1"]],
    ["s%73n=a+b%20c", "$.ssn", ["a b c"]],
    ["ssn[]=1&ssn[k]=2", "$.ssn", ["1", "2"]],
    ['a={"x":<1>}&ssn=%zz%4', "$.ssn", ["%zz%4"]],
    ["[ssn=1", "$.ssn", ["1"]],
    ["a=1;ssn=2", "$.ssn", []],
    ["", "$.ssn", []],
  ])("of %s has at %s: %j", (query, selector, expected) => {
    expect(valuesOf(query, selector)).toEqual(expected);
  });

  it("reads what URLSearchParams reads, and no text in bytes that are none", () => {
    const char = fc.constantFrom(..."ac=&%+41 {|");
    fc.assert(
      fc.property(fc.string({ unit: char, maxLength: 30 }), (query) => {
        const known = [...new URLSearchParams(query)].filter(([name]) => name === "a").map(([, value]) => value);
        expect(valuesOf(query, "$.a")).toEqual(known.map((value) => (value.includes("\ufffd") ? null : value)));
      }),
      { examples: [["a=%aa"]] },
    );
  });
});
