import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { filesBelow, publishedPackages, readText, root } from "./workspace.ts";

interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

/** The fenced `ts` blocks of a Markdown text or of a source file's doc comments. */
function examplesIn(file: string): Example[] {
  const examples: Example[] = [];
  let open: { line: number; code: string[] } | undefined;
  for (const [index, raw] of readText(file).split("\n").entries()) {
    const inComment = /^\s*\*( |$)/.test(raw);
    const line = file.endsWith(".md") ? raw : raw.replace(/^\s*\* ?/, "");
    if (open !== undefined && line.trimEnd() === "```") {
      examples.push({ file, line: open.line, code: open.code.join("\n") });
      open = undefined;
    } else if (open !== undefined) open.code.push(line);
    else if (line === "```ts" && (file.endsWith(".md") || inComment)) open = { line: index + 2, code: [] };
  }
  return examples;
}

const sources = filesBelow("packages").filter((file) => /\/src\/.*\.ts$/.test(file) && !file.endsWith(".test.ts"));
const pages = filesBelow(".").filter((file) => file.endsWith(".md") && !file.startsWith("vendor/"));
const examples = [...sources, ...pages].flatMap(examplesIn);
const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-examples-"));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function typeCheck(named: readonly Example[], name: string): Promise<string> {
  const project = path.join(folder, name);
  mkdirSync(project);
  symlinkSync(path.join(root, "node_modules"), path.join(project, "node_modules"), "dir");
  writeFileSync(path.join(project, "package.json"), JSON.stringify({ type: "module" }));
  for (const { file, line, code } of named) {
    const example = `${file.replaceAll("/", "__")}__line-${line}.ts`;
    // Each example is a module of its own, whatever it declares.
    writeFileSync(path.join(project, example), `${code}\nexport {};\n`);
  }
  const compilerOptions = {
    noEmit: true,
    composite: false,
    declaration: false,
    emitDeclarationOnly: false,
    isolatedDeclarations: false,
    skipLibCheck: true,
    types: ["node"],
    typeRoots: [path.join(root, "node_modules/@types")],
  };
  const config = { extends: path.join(root, "tsconfig.base.json"), compilerOptions, include: ["*.ts"] };
  writeFileSync(path.join(project, "tsconfig.json"), JSON.stringify(config));
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  try {
    await promisify(execFile)(process.execPath, [tsc, "-p", project, "--pretty", "false"], { cwd: project });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout || String(error);
  }
}

describe("the examples in doc comments and package READMEs", () => {
  it("are found in every package", () => {
    expect(examples.length).toBeGreaterThan(10);
    const without = publishedPackages().filter((one) => !examples.some(({ file }) => file.startsWith(one.folder)));
    // The command's page shows a terminal.
    expect(without.map(({ manifest }) => manifest.name)).toEqual(["@fieldseal/cli"]);
  });

  it("compile under the strict flags", async () => {
    expect(await typeCheck(examples, "examples")).toBe("");
  });

  it("would be caught if they did not", async () => {
    const code =
      'import { luhnValid } from "@fieldseal/core/identifiers";\nexport const wrong: string = luhnValid("18");';
    const output = await typeCheck([{ file: "planted.ts", line: 1, code }], "planted");
    expect(output).toContain("TS2322");
  });
});
