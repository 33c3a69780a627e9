import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldPath } from "./path-folding.ts";

const fold = (path: string): string => foldPath(path).segments.join("/");

/** Decodes until nothing changes, one pass after the other. */
function decodedFully(text: string): string {
  const once = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return once === text ? text : decodedFully(once);
}

describe("a folded path", () => {
  it.each([
    ["/", ""],
    ["", ""],
    ["/a/b", "a/b"],
    ["/A/B/", "a/b"],
    ["//a///b", "a/b"],
    ["/a/./b/.", "a/b"],
    ["/a/../b", "b"],
    ["/../../a", "a"],
    ["/a\\b", "a/b"],
    ["/a;x=1/b;y", "a/b"],
    ["/a/..;x/b", "b"],
    ["/a/%2e%2E/b", "b"],
    ["/a%2fb%5Cc", "a/b/c"],
    ["/%25%36%31", "a"],
    ["/%25252561", "a"],
    ["/%4%31", "a"],
    ["/%c3%84", "ä"],
    ["/\u00c4", "ä"],
    ["/\u212aelvin", "kelvin"],
    ["/a%3fb", "a?b"],
  ])("of %s is %s", (path, expected) => {
    expect(fold(path)).toBe(expected);
  });

  it.each(["/%", "/%2", "/%zz", "/100%25", "/%00", "/a%0ab", "/%7f", "/%c0%af", "/%ff"])(
    "of %s is doubtful",
    (path) => {
      expect(foldPath(path).doubtful).toBe(true);
    },
  );

  it("is not doubtful for plain paths", () => {
    expect(foldPath("/v1/customers/%C3%A9t%C3%A9%20x;y=1//..").doubtful).toBe(false);
  });

  it("is what decoding again and again comes to, folded once more the same", () => {
    const char = fc.constantFrom(..."%%%%0123456789aAbBfF2/\\.;");
    fc.assert(
      fc.property(fc.string({ unit: char, maxLength: 40 }), (path) => {
        const decoded = decodedFully(path).replaceAll("\\", "/");
        fc.pre(/^[\x20-\x7e]*$/.test(decoded));
        const segments: string[] = [];
        for (const part of decoded.split("/").map((spelled) => spelled.replace(/;.*/, "").toLowerCase())) {
          if (part === "..") segments.pop();
          else if (part !== "." && part !== "") segments.push(part);
        }
        expect(foldPath(path).segments).toEqual(segments);
        expect(foldPath(`/${segments.join("/")}`).segments).toEqual(segments);
      }),
    );
  });

  it("takes linear time for escapes of escapes", () => {
    const measure = (depth: number): number => {
      const path = `/%${"25".repeat(depth)}41`;
      const started = performance.now();
      for (let i = 0; i < 5; i++) expect(foldPath(path).segments).toEqual(["a"]);
      return performance.now() - started;
    };
    measure(50_000);
    expect(measure(400_000)).toBeLessThan(measure(50_000) * 40 + 50);
  });
});
