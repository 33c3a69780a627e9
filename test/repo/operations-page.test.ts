import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { errorCodes } from "../../packages/core/src/errors/index.ts";
import { readText, root } from "./workspace.ts";

const page = readText("docs/operations.md");
// Words of AWS and of our logs that are spelled as codes are.
const foreign = ["LATEST", "RETAIN"];

describe("docs/operations.md", () => {
  it("links to files and sections that are there", () => {
    const links = [...page.matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)];
    expect(links.length).toBeGreaterThan(10);
    for (const [, file, section] of links) {
      const target = file === "" ? "docs/operations.md" : path.posix.join("docs", file!);
      expect(existsSync(path.join(root, target)), target).toBe(true);
      if (section === undefined) continue;
      const headings = [...readText(target).matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
        text!
          .toLowerCase()
          .replace(/[^\w -]/g, "")
          .replaceAll(" ", "-"),
      );
      expect(headings).toContain(section);
    }
  });

  it("names error codes that exist", () => {
    const named = [...page.matchAll(/`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)`/g)].map(([, code]) => code!);
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((code) => !foreign.includes(code) && !errorCodes.some((known) => known === code))).toEqual([]);
  });
});
