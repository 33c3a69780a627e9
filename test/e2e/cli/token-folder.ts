// A folder with a tokenizer's configuration, its keys and a new vault.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { fieldseal, newFolder, type Outcome, writeJson } from "./run.ts";

export const card = "4111 1111 1111 1111";
export const keys = { current: "1", versions: [{ version: "1", file: "tokens.key" }] };
export const keyed = { card: { type: "pan", keepLast: 4 }, ssn: { type: "us-ssn" } };
export const vaultKeys = { current: "v1", versions: [{ version: "v1", file: "vault.key" }] };
export const formats = { ...keyed, bin: { type: "pan", engine: "vault", keepFirst: 6, keepLast: 4 } };

/** Runs a command line of plain words. */
export const runIn = (folder: string, words: string, input: string | Uint8Array = ""): Promise<Outcome> =>
  fieldseal(folder, words.split(" "), input);

/** What a command that went well has written. */
export function textOf({ code, stdout, stderr }: Outcome): string {
  expect({ code, stderr: stderr.match(/error.*/)?.[0] }).toEqual({ code: 0, stderr: undefined });
  return stdout.toString();
}

/** `keyed.json` has no vault, `tokenizer.json` one. */
export async function newTokenFolder(): Promise<string> {
  const folder = newFolder();
  writeFileSync(path.join(folder, "tokens.key"), "07".repeat(32));
  writeJson(folder, "keyed.json", { version: 1, formats: keyed, keys });
  writeJson(folder, "tokenizer.json", { version: 1, formats, keys, vault: { sqlite: "vault.db", keys: vaultKeys } });
  textOf(await runIn(folder, "vault init --config tokenizer.json"));
  return folder;
}
