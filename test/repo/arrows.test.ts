import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesBelow, root } from "./workspace.ts";

interface Report {
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly unknown[] }[];
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

const depcruise = path.join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");

async function cruise(folder: string): Promise<Report> {
  const config = path.join(root, ".dependency-cruiser.cjs");
  const args = [depcruise, "--config", config, "--output-type", "json", "packages", "examples"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as Report;
}

describe("the arrows of this repository", () => {
  let report: Report;
  beforeAll(async () => {
    report = await cruise(root);
  });

  // With a TypeScript that it cannot load, dependency-cruiser reads no .ts file and reports success.
  it("are read from every source file, imports included", () => {
    const read = new Map(report.modules.map((module) => [module.source, module.dependencies.length]));
    const sources = filesBelow("packages").filter((file) => /\/src\/.*\.ts$/.test(file) && !file.endsWith(".d.ts"));
    expect(sources.length).toBeGreaterThan(15);
    expect(sources.filter((file) => !read.has(file))).toEqual([]);
    expect(read.get("packages/core/src/errors/index.ts")).toBeGreaterThan(0);
  });

  it("hold", () => {
    expect(report.summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`)).toEqual([]);
  });
});

// File -> what it imports -> the rule that must notice. Types only, too: they pull declarations along.
const planted: readonly [string, string, string][] = [
  ["packages/edge-encrypt/src/a.ts", 'import "@fieldseal/decrypt";', "package-edge-encrypt"],
  ["packages/edge-encrypt/src/b.ts", 'import "../../decrypt/src/index.ts";', "package-edge-encrypt"],
  ["packages/edge-encrypt/src/c.ts", 'import type {} from "@aws-sdk/client-kms";', "aws-under-its-own-subpath"],
  ["packages/edge-encrypt/src/d.ts", 'import "node:fs";', "edge-has-no-files"],
  ["packages/edge-encrypt/src/e.ts", 'import "node:fs/promises";', "edge-has-no-files"],
  ["packages/edge-encrypt/src/f.ts", 'import "node:process";', "edge-has-no-files"],
  ["packages/decrypt/src/a.ts", 'import "@fieldseal/edge-encrypt";', "package-decrypt"],
  ["packages/decrypt/src/b.ts", 'import "@aws-sdk/client-kms";', "aws-under-its-own-subpath"],
  ["packages/tokenizer/src/a.ts", 'import "@fieldseal/core/envelope";', "package-tokenizer"],
  ["packages/tokenizer/src/b.ts", 'import "../../core/src/envelope/index.ts";', "package-tokenizer"],
  ["packages/tokenizer/src/vault/d.ts", 'import "@fieldseal/core/body";', "selectors-of-streams-only"],
  ["packages/tokenizer/src/d.ts", 'import "../../core/src/policy/index.ts";', "selectors-of-streams-only"],
  ["packages/tokenizer/src/vault/a.ts", 'import "../sqlite/index.ts";', "stores-under-their-own-subpath"],
  ["packages/tokenizer/src/vault/b.ts", 'import "node:sqlite";', "stores-under-their-own-subpath"],
  ["packages/tokenizer/src/vault/e.ts", 'import "../s3/index.ts";', "object-stores-under-their-own-subpath"],
  ["packages/tokenizer/src/folder/a.ts", 'import "../vault/c.ts";', "object-store-knows-only-the-interface"],
  ["packages/tokenizer/src/sqlite/a.ts", 'import "../vault/c.ts";', "store-knows-only-the-interface"],
  ["packages/emulator/src/a.ts", 'import type {} from "@fieldseal/core/errors";', "package-emulator"],
  ["packages/core/src/bytes/a.ts", 'import "@fieldseal/decrypt";', "package-core"],
  ["packages/core/src/bytes/b.ts", 'import "node:crypto";', "core-is-pure"],
  ["packages/core/src/bytes/c.ts", 'import "fast-check";', "core-is-pure"],
  ["packages/core/src/bytes/d.ts", 'import "../errors/index.ts";', "room-bytes"],
  ["packages/core/src/errors/a.ts", 'import "../bytes/index.ts";', "room-errors"],
  ["packages/core/src/identifiers/a.ts", 'import "../bytes/index.ts";', "room-identifiers"],
  ["packages/core/src/body/a.ts", 'import type {} from "../policy/index.ts";', "room-body"],
  ["packages/core/src/policy/a.ts", 'import "../access/index.ts";', "room-policy"],
  ["packages/core/src/config/a.ts", 'import "../bytes/index.ts";', "room-config"],
  ["packages/core/src/envelope/a.ts", 'import "../body/index.ts";', "room-envelope"],
  ["packages/core/src/detect/a.ts", 'import "../policy/index.ts";', "room-detect"],
  ["packages/core/src/access/a.ts", 'import "../policy/index.ts";', "room-access"],
  ["packages/core/src/audit/a.ts", 'import "../access/index.ts";', "room-audit"],
  ["packages/core/src/drawer/a.ts", 'import "../bytes/index.ts";', "room-unlisted"],
  ["packages/novel/src/a.ts", 'import "../../core/src/bytes/index.ts";', "package-unlisted"],
  ["packages/decrypt/src/c.ts", 'import "../../core/src/bytes/concat.ts";', "published-subpaths-only"],
  ["examples/a.ts", 'import "../packages/core/src/bytes/concat.ts";', "examples-read-published-subpaths"],
  ["packages/decrypt/src/d.ts", 'import "./e.ts";', "no-circle"],
  ["packages/decrypt/src/f.ts", 'import "./x.test.ts";', "no-test-in-product"],
  ["packages/decrypt/src/g.ts", 'import "./nowhere.ts";', "resolvable"],
];

// What the arrows allow, with the same imports next door: no rule may notice.
const allowed: readonly [string, string][] = [
  ["packages/core/src/policy/z.ts", 'import "../body/index.ts"; import "../errors/index.ts";'],
  ["packages/core/src/bytes/z.test.ts", 'import "node:fs"; import "../errors/index.ts";'],
  ["packages/decrypt/src/z.ts", 'import "../../core/src/bytes/index.ts"; import "node:crypto";'],
  ["packages/tokenizer/src/sqlite/z.ts", 'import "node:sqlite"; import "../vault/store.ts";'],
  ["packages/tokenizer/src/z.ts", 'import "../../core/src/identifiers/index.ts";'],
  ["examples/z.ts", 'import "../packages/core/src/bytes/index.ts"; import "node:fs";'],
  ["packages/edge-encrypt/src/z.ts", 'import "node:crypto"; import type {} from "aws-lambda";'],
];

describe("each rule", () => {
  let folder: string;
  let found: Set<string>;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "fieldseal-arrows-"));
    const write = (file: string, text: string): void => {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), `${text}\nexport {};\n`);
    };
    const rooms = ["errors", "bytes", "identifiers", "body", "policy", "envelope", "access"];
    for (const room of rooms) write(`packages/core/src/${room}/index.ts`, "");
    for (const name of ["edge-encrypt", "decrypt"]) write(`packages/${name}/src/index.ts`, "");
    write("packages/core/src/bytes/concat.ts", "");
    write("packages/tokenizer/src/sqlite/index.ts", "");
    write("packages/tokenizer/src/s3/index.ts", "");
    write("packages/tokenizer/src/vault/store.ts", "");
    write("packages/tokenizer/src/vault/c.ts", "");
    write("packages/decrypt/src/e.ts", 'import "./d.ts";');
    write("packages/decrypt/src/x.test.ts", "");
    for (const [file, text] of [...planted, ...allowed]) write(file, text);
    cpSync(path.join(root, "package.json"), path.join(folder, "package.json"));
    // A stand-in folder, so that the workspace's own packages are not reached through it.
    mkdirSync(path.join(folder, "node_modules/@aws-sdk"), { recursive: true });
    for (const name of ["fast-check", "@aws-sdk/client-kms"]) {
      symlinkSync(path.join(root, "node_modules", name), path.join(folder, "node_modules", name), "dir");
    }
    const { summary } = await cruise(folder);
    found = new Set(summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(planted)("notices %s: %s (%s)", (file, _, rule) => {
    expect(found).toContain(`${rule}: ${file}`);
  });

  it.each(allowed)("lets %s be: %s", (file) => {
    expect([...found].filter((violation) => violation.endsWith(`: ${file}`))).toEqual([]);
  });
});
