import { describe, expect, it } from "vitest";
import { errorCodes } from "../../packages/core/src/errors/index.ts";
import { statusOf } from "../../packages/edge-encrypt/src/cloudfront/problem.ts";
import { readText } from "./workspace.ts";

const rows = readText("docs/errors.md")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) =>
    line
      .split("|")
      .map((cell) => cell.trim())
      .slice(1, -1),
  );

describe("docs/errors.md", () => {
  it("has exactly one row for each error code, and none for another", () => {
    expect(rows.map(([code]) => code!.replaceAll("`", "")).sort()).toEqual([...errorCodes].sort());
  });

  it.each(rows.map((row) => [row[0]!, row] as const))("says status, cause and remedy of %s", (_, row) => {
    expect(row).toHaveLength(4);
    expect(row[1]).toMatch(/^(?:-|[45][0-9]{2})$/);
    for (const text of row.slice(2)) expect(text).toMatch(/^[A-Z`].*\.$/);
  });

  it("says the very status that the edge answers with", () => {
    const page = readText("docs/errors.md");
    const ofEdge = page.slice(page.indexOf("## Body"), page.indexOf("## Origin guard"));
    const said = Array.from(ofEdge.matchAll(/^\| `([A-Z0-9_]+)` \| ([45][0-9]{2}) \|/gm), ([, code, status]) => [
      code,
      Number(status),
    ]);
    expect(Object.fromEntries(said)).toEqual(statusOf);
  });
});
