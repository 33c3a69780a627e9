import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scanSelected, selected, textOf, utf8 } from "../../../../test/codecs/scan-selected.ts";

const form = (text: string) => ({ mediaType: "application/x-www-form-urlencoded", bytes: utf8(text) });

describe("forms", () => {
  it.each([
    ["ssn=1&ssn[]=2&s%73n[k]=3&other=4", "$.ssn", ["1", "2", "3"]],
    ["ssn=1&ssn[]=2&s%73n[k]=3&other=4", "$.ssn[-1]", ["3"]],
    ["ssn=1&ssn[]=2&s%73n[k]=3&other=4", "$.ssn[0]", ["1"]],
    ["&&a+b=1&", "$['a b']", ["1"]],
    ["x=1&[a]=1", "$['[a]']", ["1"]],
    ["=1", "$['']", ["1"]],
    ["a=&a", "$.a", ["", ""]],
  ])("%s, %s", (text, selector, values) => {
    expect(selected(form(text), selector)).toEqual(values);
  });

  it("reports a value once, whichever selectors select it", () => {
    const { matches } = scanSelected(form("a="), ["$.a", "$.a[0]", "$..a"]);
    expect(matches.map(({ state }) => state.selects)).toEqual([[0, 1, 2]]);
  });

  it("makes room for a value behind a name without =", () => {
    const { matches } = scanSelected(form("x=1&a&y=2"), ["$.a"]);
    const { start, end, before, after } = matches[0]!.room!;
    expect([start, end, textOf(before), textOf(after)]).toEqual([5, 5, "=", ""]);
  });

  it("selects of each name what URLSearchParams reads", () => {
    const name = fc.constantFrom("a", "b c", "é", "a&b", "=", "%");
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string())), (pairs) => {
        const params = new URLSearchParams(pairs);
        for (const [key] of pairs) {
          const values = selected(form(`${params}`), `$[${JSON.stringify(key)}]`);
          expect(values.map((raw) => decodeURIComponent(raw.replaceAll("+", " ")))).toEqual(params.getAll(key));
        }
      }),
    );
  });
});
