// `fieldseal vault init`: an empty vault, and its root key where the key file is not there. I/O.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { createFile, exists } from "../files.ts";
import type { Terminal } from "../terminal.ts";
import { addConfigOptions, type ConfigOptions, readConfigFile } from "../tokens/config-file.ts";
import { openVault, vaultPath, vaultSection } from "../tokens/open-vault.ts";

const examples = `
Makes the SQLite file of the configuration's "vault", never over one that is there. Where the file of the current key
is missing, a key is made for it (mode 0600). Whoever loses that key loses every value in the vault: keep a copy.

example:
  fieldseal vault init --config tokenizer.json`;

export function configure(command: Command, terminal: Terminal): void {
  addConfigOptions(command)
    .addHelpText("after", examples)
    .action((options: ConfigOptions) => init(options, terminal));
}

async function init(options: ConfigOptions, terminal: Terminal): Promise<void> {
  const file = await readConfigFile(options.config);
  const { current: version, keys, sqlite } = vaultSection(file);
  if (existsSync(vaultPath(file))) throw exists(vaultPath(file));
  const key = keys.find((one) => one.version === version)!;
  const keyFile = "file" in key ? path.resolve(file.folder, key.file) : null;
  const makesKey = keyFile !== null && !existsSync(keyFile);
  if (makesKey) await createFile(keyFile, `${randomBytes(32).toString("hex")}\n`, 0o600);
  const { vault, close } = await openVault(file, options, { create: true });
  try {
    // The first call begins the vault under this key.
    await vault.stats();
  } finally {
    await close();
  }
  terminal.report({ sqlite, version, madeKey: makesKey }, "");
  terminal.note(`made ${sqlite} under key version ${version}`);
  if (makesKey) terminal.note(`made its key ${(key as { file: string }).file}: without it no value comes back`);
}
