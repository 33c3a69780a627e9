// Runs the built `fieldseal` as a process of its own, and makes what its tests start from.
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { root } from "../../repo/workspace.ts";

export interface Outcome {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export const program: string = path.join(root, "packages/cli/bin/fieldseal.mjs");

/** Runs one command line in `folder` to its end. */
export function fieldseal(
  folder: string,
  words: readonly string[],
  input: string | Uint8Array = "",
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return runProgram(program, folder, words, input, env);
}

/** The same, of a command that is installed elsewhere. */
export function runProgram(
  file: string,
  folder: string,
  words: readonly string[],
  input: string | Uint8Array = "",
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file, ...words], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env },
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A command that refuses its options does not read its input.
    child.stdin.on("error", () => {});
    child.on("close", (code) => {
      resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() });
    });
    child.stdin.end(input);
  });
}

/** An empty folder below the system's temporary one. */
export function newFolder(): string {
  return mkdtempSync(path.join(tmpdir(), "fieldseal-cli-"));
}

/** Makes a key pair with `keygen`; the answer is the entry for `keys`. */
export async function keygen(folder: string, kid: string): Promise<Record<string, Record<string, string>>> {
  const { stdout } = await fieldseal(folder, ["keygen", "--bits", "2048", "--kid", kid, "--out", "keys"]);
  return JSON.parse(stdout.toString()) as Record<string, Record<string, string>>;
}

/** Writes a JSON file; the answer is its name. */
export function writeJson(folder: string, name: string, value: unknown): string {
  writeFileSync(path.join(folder, name), JSON.stringify(value, null, 2));
  return name;
}

/** A policy for customers whose rules seal under `kid`. */
export function customersPolicy(keys: unknown, kid: string): Record<string, unknown> {
  return {
    version: 1,
    id: "customers",
    keys,
    routes: [
      {
        methods: ["POST", "PUT"],
        path: "/v1/customers/**",
        context: { tenant: { header: "x-tenant-id" }, app: "shop" },
        fields: [
          { name: "ssn", select: "$..ssn", action: "encrypt", key: kid },
          { name: "card-number", select: "$.payments[*].card.number", action: "encrypt", key: kid },
        ],
      },
    ],
    onUnmatched: "reject",
  };
}
