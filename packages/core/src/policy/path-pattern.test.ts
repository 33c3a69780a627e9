import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { soak } from "../../../../test/generators/soak.ts";
import { matchSegments, parsePathPattern, pathSegments } from "./path-pattern.ts";

function match(pattern: string, path: string): Record<string, string> | null {
  const found = matchSegments(parsePathPattern(pattern)!.segments, pathSegments(path));
  return found === null ? null : Object.fromEntries(found);
}

/** The same language as a regular expression over segments. */
function oracle(pattern: string): RegExp {
  const segments = pattern.slice(1).split("/");
  const source = segments.map((segment) => {
    if (segment === "**") return "(?:/[^/]*)*";
    if (segment === "*" || segment.startsWith("{")) return "/[^/]+";
    return `/${segment.replace(/[.$+()[\]\\^|]/g, "\\$&")}`;
  });
  return new RegExp(`^${source.join("")}$`);
}

describe("path patterns", () => {
  it.each([
    ["/", "/", true],
    ["/", "/a", false],
    ["/a", "/a", true],
    ["/a", "/a/", false],
    ["/a", "/A", false],
    ["/a/", "/a/", true],
    ["/a/", "/a", false],
    ["/*", "/a", true],
    ["/*", "/", false],
    ["/*", "/a/b", false],
    ["/a/*/c", "/a/b/c", true],
    ["/a/*/c", "/a//c", false],
    ["/**", "/", true],
    ["/**", "/a/b/c", true],
    ["/v1/customers/**", "/v1/customers", true],
    ["/v1/customers/**", "/v1/customers/", true],
    ["/v1/customers/**", "/v1/customers/7/cards/1", true],
    ["/v1/customers/**", "/v1/customersx", false],
    ["/**/end", "/end", true],
    ["/**/end", "/a/end/b/end", true],
    ["/**/end", "/a/endx", false],
    ["/**/a/*/b/**", "/a/a/x/b", true],
    ["/a.c", "/abc", false],
  ])("%s on %s: %s", (pattern, path, matches) => {
    expect(match(pattern, path) !== null).toBe(matches);
  });

  it("names segments, as spelled", () => {
    expect(match("/c/{customerId}/**", "/c/a%2Fb/x")).toEqual({ customerId: "a%2Fb" });
    expect(match("/**/{last}", "/a/b/c")).toEqual({ last: "c" });
    expect(match("/**/x/{id}/y", "/x/1/x/2/y")).toEqual({ id: "2" });
  });

  it.each(["", "a", "a/b", "/a*", "/{}", "/{a", "/a}", "/{a}b", "/{1}", "/{a}/{a}", "/a?b", "/a#b", "/a b", "/***"])(
    "refuses the pattern %j",
    (pattern) => {
      expect(parsePathPattern(pattern)).toBeNull();
    },
  );

  it("match what the same pattern matches as a regular expression", () => {
    const part = fc.constantFrom("a", "b", "*", "**", "", "a.b");
    const patterns = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => `/${parts.join("/")}`);
    const paths = fc.array(fc.constantFrom("a", "b", "", "axb", "a.b"), { minLength: 1, maxLength: 7 });
    let matched = 0;
    fc.assert(
      fc.property(patterns, paths, (pattern, parts) => {
        const path = `/${parts.join("/")}`;
        const wanted = oracle(pattern).test(path);
        if (wanted) matched++;
        expect([pattern, path, match(pattern, path) !== null]).toEqual([pattern, path, wanted]);
      }),
      { numRuns: soak(4000) },
    );
    expect(matched).toBeGreaterThan(200);
  });
});
