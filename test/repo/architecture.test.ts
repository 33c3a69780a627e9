import { describe, expect, it } from "vitest";
import { foldersIn, readText } from "./workspace.ts";

// The tree: the first fenced block, one folder a line, two spaces a level, `name/  caption`.
const block = /^```text\n(.*?)^```$/ms.exec(readText("ARCHITECTURE.md"))?.[1] ?? "";
const lines = block.split("\n").filter((line) => line !== "");

function drawnFolders(): string[] {
  const above: string[] = [];
  return lines.map((line) => {
    const [, indent, name] = /^((?: {2})*)([^\s/]+)\/ {2,}\S/.exec(line) ?? [];
    if (indent === undefined || name === undefined) throw new Error(`not "name/  caption": ${line}`);
    above.length = indent.length / 2;
    above.push(name);
    return above.join("/");
  });
}

// Top level, packages, and the rooms of each: deeper folders are a room's own affair.
function foldersOnDisk(): string[] {
  const packages = foldersIn("packages").flatMap((name) => {
    const folder = `packages/${name}`;
    const rooms = foldersIn(folder).includes("src") ? foldersIn(`${folder}/src`) : [];
    return [folder, ...rooms.map((room) => `${folder}/${room}`)];
  });
  return [...foldersIn("."), ...packages];
}

describe("ARCHITECTURE.md", () => {
  it("draws exactly the folders that exist, each with a caption", () => {
    expect(drawnFolders().sort()).toEqual(foldersOnDisk().sort());
  });
});
