import { parsePolicy } from "@fieldseal/edge-encrypt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { likenessTo } from "./deployed-distribution.ts";
import { sharedPath, withLeadingSlash } from "./path-overlap.ts";

const shared = (pattern: string, path: string): string | null => {
  const { routes } = parsePolicy({ version: 1, id: "p", keys: {}, routes: [{ path, fields: [] }] });
  return sharedPath(pattern, routes[0]!.path);
};

describe("a path that a behavior and a route share", () => {
  it.each([
    ["/v1/*", "/v1/customers/**", "/v1/customers"],
    ["/v1/customers/public/*", "/v1/customers/**", "/v1/customers/public/x"],
    ["v1/pub*", "/**", "/v1/pub"],
    ["*.json", "/v1/{id}", "/v1/.json"],
    ["/v?/customers", "/*/customers", "/v/customers"],
    ["*", "/**", ""],
    ["/v2/*", "/v1/**", null],
    ["/v1", "/v1/*", null],
    ["/V1/*", "/v1/**", null],
    ["/v1/*/photo", "/v1/{id}", null],
  ])("of %s and %s is %s", (pattern, route, path) => {
    const found = shared(pattern, route);
    expect(found === null).toBe(path === null);
    expect(found?.length ?? 0).toBeGreaterThanOrEqual(path?.length ?? 0);
  });

  it("matches both, and is there where some short path matches both", () => {
    const glob = fc.string({ unit: fc.constantFrom(..."/ab*?"), maxLength: 6 }).map((text) => `/${text}`);
    const segment = fc.constantFrom("a", "ab", "b", "*", "**");
    const route = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
    const path = fc
      .array(fc.constantFrom("a", "ab", "b"), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join("/"));
    fc.assert(
      fc.property(glob, route, path, (pattern, text, parts) => {
        const covers = (candidate: string): boolean => routeCovers(text, candidate);
        const found = shared(pattern, text);
        if (found !== null) expect([likenessTo(withLeadingSlash(pattern))(found), covers(found)]).toEqual([true, true]);
        else expect(likenessTo(withLeadingSlash(pattern))(`/${parts}`) && covers(`/${parts}`)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

/** The route's pattern as a regular expression of its own. */
function routeCovers(route: string, path: string): boolean {
  const source = route
    .slice(1)
    .split("/")
    .map((part) => (part === "**" ? "(?:/[^/]+)*" : part === "*" ? "/[^/]+" : `/${part}`))
    .join("");
  return new RegExp(`^${source}$`).test(path);
}
