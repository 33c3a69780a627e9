// `fieldseal vault init`: an empty vault, and its root key where the key file is not there. I/O.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";
import type { VaultPlace } from "@fieldseal/tokenizer";
import { hasVault } from "@fieldseal/tokenizer/vault";
import type { Command } from "commander";
import { createFile, exists } from "../files.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { addConfigOptions, type ConfigFile, type ConfigOptions, readConfigFile } from "../tokens/config-file.ts";
import { openStore, openVault, placeName, vaultSection } from "../tokens/open-vault.ts";

const examples = `
Makes the SQLite file of the configuration's "vault", or its table in PostgreSQL or DynamoDB, and begins the vault, never
over one that is there. Where the file of the current key is missing, a key is made for it (mode 0600). Whoever loses
that key loses every value in the vault: keep a copy.

example:
  fieldseal vault init --config tokenizer.json`;

export function configure(command: Command, terminal: Terminal): void {
  addConfigOptions(command)
    .addHelpText("after", examples)
    .action((options: ConfigOptions) => init(options, terminal));
}

async function init(options: ConfigOptions, terminal: Terminal): Promise<void> {
  const file = await readConfigFile(options.config);
  const section = vaultSection(file);
  const { current: version, keys } = section;
  await refuseExisting(file, options);
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
  terminal.report({ ...reported(section.place), version, madeKey: makesKey }, "");
  terminal.note(`made ${placeName(section)} under key version ${version}`);
  if (makesKey) terminal.note(`made its key ${(key as { file: string }).file}: without it no value comes back`);
}

function reported(place: VaultPlace): object {
  if ("sqlite" in place) return { sqlite: place.sqlite };
  return "postgres" in place ? { postgres: place.postgres.table } : { dynamodb: place.dynamodb.table };
}

/** Before a key is made: one that is not the vault's own would only be in the way. */
async function refuseExisting(file: ConfigFile, options: ConfigOptions): Promise<void> {
  const { place } = vaultSection(file);
  if ("sqlite" in place) {
    const database = path.resolve(file.folder, place.sqlite);
    if (existsSync(database)) throw exists(database);
    return;
  }
  const store = await openStore(file, options, { create: true });
  try {
    if (!(await hasVault(store))) return;
    throw new FieldsealError("VAULT_EXISTS", "a vault was begun in the table already", { hint: "name another table" });
  } finally {
    await store.close();
  }
}
