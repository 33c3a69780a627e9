import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readText, root } from "./workspace.ts";

const page = readText("docs/threat-model.md");
const [answers, planned] = [/^## Answers.*?(?=^## )/ms, /^## Planned.*?(?=^## )/ms].map((part) => part.exec(page)![0]);
const rows = answers!.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| threat |"));
const named = rows.flatMap((row) =>
  Array.from(row.matchAll(/`([^`]+\.test\.ts)` "([^"]+)"/g), ([, file, title]) => [file!, title!] as const),
);

describe("docs/threat-model.md", () => {
  it("names a test in every row", () => {
    expect(rows.length).toBeGreaterThan(25);
    for (const row of rows) {
      expect(row).toMatch(/^\| [^|]+ \| [^|]+ \| `[^`]+\.test\.ts` "[^"]+"(?:<br>`[^`]+\.test\.ts` "[^"]+")* \|$/);
    }
  });

  it.each([...new Map(named.map((pair) => [pair.join(" "), pair])).values()])(
    "names a test that exists: %s %s",
    (file, title) => {
      expect(existsSync(path.join(root, file)), `${file} is missing`).toBe(true);
      const text = readText(file);
      // A whole title in quotes, where a test begins: not a part of one, not a comment.
      const quoted = [`"${title}"`, `\`${title}\``].filter((spelling) =>
        new RegExp(`\\)?\\(\\s*${spelling.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&")},`).test(text),
      );
      expect(quoted, `${file} has no test "${title}"`).toHaveLength(1);
    },
  );

  it("claims no test for what is planned", () => {
    expect(planned).not.toContain(".test.ts");
  });
});
