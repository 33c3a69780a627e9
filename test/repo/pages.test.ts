import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { errorCodes } from "../../packages/core/src/errors/index.ts";
import { filesBelow, readText, root } from "./workspace.ts";

const pages = filesBelow(".").filter((file) => /^(?:docs\/.*|examples\/README|[A-Z]+)\.md$/.test(file));
// Words of AWS and of our logs that are spelled as codes are.
const foreign = /^(?:LATEST|RETAIN)$/;

describe.each(pages)("%s", (file) => {
  const page = readText(file);

  it("links to files and sections that are there", () => {
    for (const [, to, section] of page.matchAll(/\]\(([^)#\s]*)(?:#([^)]*))?\)/g)) {
      if (/^[a-z]+:/.test(to!)) continue;
      const target = to === "" ? file : path.posix.join(path.posix.dirname(file), to!);
      expect(existsSync(path.join(root, target)), target).toBe(true);
      if (section === undefined) continue;
      const headings = [...readText(target).matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
        text!
          .toLowerCase()
          .replace(/[^\w -]/g, "")
          .replaceAll(" ", "-"),
      );
      expect(headings, `${target}#${section}`).toContain(section);
    }
  });
});

describe("examples/README.md", () => {
  it("names every example", () => {
    const named = [...readText("examples/README.md").matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to!);
    const examples = filesBelow("examples").flatMap(
      (file) => /^examples\/([^/]+(?:\.ts|(?=\/)))/.exec(file)?.[1] ?? [],
    );
    expect(examples.length).toBeGreaterThan(15);
    expect([...new Set(examples)].filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe("docs/operations.md", () => {
  it("names error codes that exist", () => {
    const page = readText("docs/operations.md");
    const named = [...page.matchAll(/`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)`/g)].map(([, code]) => code!);
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((code) => !foreign.test(code) && !errorCodes.some((known) => known === code))).toEqual([]);
  });
});
