import { describe, expect, it } from "vitest";
import { filesBelow, readText } from "./workspace.ts";

const binary = /\.(?:png|jpg|gif|ico|zip|p12|der|bin|woff2?)$/;
const files = filesBelow(".").filter((file) => !file.startsWith("vendor/") && !binary.test(file));

function linesWith(pattern: RegExp, among: readonly string[]): string[] {
  return among.flatMap((file) =>
    readText(file)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}

describe("the repository's files", () => {
  it("are read", () => {
    expect(files).toContain("package.json");
    expect(files).toContain("test/repo/words.test.ts");
  });

  it("name no folder of the machine that they were written on", () => {
    const pattern = /(?<![\w.:/-])\/(?:work|farm|root|home\/\w+|Users\/\w+|tmp\/wt)\//;
    expect(pattern.test(`see ${["", "work", "x"].join("/")}`)).toBe(true);
    expect(linesWith(pattern, files)).toEqual([]);
  });

  it("leave no test out, and none alone", () => {
    const pattern = /\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.(?:only|skip|todo)\b/;
    expect(pattern.test(["describe.each", "only(x)"].join("."))).toBe(true);
    const tests = files.filter((file) => /\.(?:test|fuzz|bench)\.ts$/.test(file));
    expect(tests.length).toBeGreaterThan(5);
    expect(linesWith(pattern, tests)).toEqual([]);
  });
});
