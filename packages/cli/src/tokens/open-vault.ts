// The vault of a configuration file. I/O.
import { existsSync } from "node:fs";
import path from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";
import type { VaultConfig } from "@fieldseal/tokenizer";
import { createVault, keySource, type Vault } from "@fieldseal/tokenizer/vault";
import { type ConfigFile, type ConfigOptions, openKeys, readConfigFile } from "./config-file.ts";

/** The configured vault, and how it is let go. */
export interface OpenedVault {
  readonly vault: Vault;
  readonly close: () => Promise<void>;
}

/** @throws {FieldsealError} `CONFIG_INVALID` where the configuration has no vault. */
export function vaultSection({ config }: ConfigFile): VaultConfig {
  if (config.vault !== null) return config.vault;
  throw new FieldsealError("CONFIG_INVALID", 'the configuration has no "vault"');
}

/** The path of a vault's SQLite file. */
export function vaultPath(file: ConfigFile): string {
  return path.resolve(file.folder, vaultSection(file).sqlite);
}

/**
 * Opens the configured vault; `create` allows a file that is not there yet.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`, `FILE_UNREADABLE` for a vault that is not there, and the codes of its keys
 * and its store.
 */
export async function openVault(
  file: ConfigFile,
  options: ConfigOptions,
  { create = false }: { readonly create?: boolean } = {},
): Promise<OpenedVault> {
  const database = vaultPath(file);
  if (!create && !existsSync(database)) {
    // An empty vault made in passing would hide a wrong name, and answer that every token is unknown.
    throw new FieldsealError("FILE_UNREADABLE", `${database} is not there`, { hint: "fieldseal vault init makes it" });
  }
  const { keys, close } = await openKeys(vaultSection(file), file.folder, options);
  try {
    const createStore = await loadSqlite();
    const vault = createVault({ store: createStore({ path: database }), keys: keySource(keys) });
    return { vault, close: () => vault.close().finally(close) };
  } catch (error) {
    close();
    throw error;
  }
}

/** Runs `work` with the vault of `options.config`, and closes it. */
export async function withVault<T>(
  options: ConfigOptions,
  work: (vault: Vault) => Promise<T>,
  how: { readonly create?: boolean } = {},
): Promise<T> {
  const { vault, close } = await openVault(await readConfigFile(options.config), options, how);
  try {
    return await work(vault);
  } finally {
    await close();
  }
}

/** Node calls its SQLite experimental each time that it is loaded; stderr is for what concerns the command's user. */
async function loadSqlite(): Promise<typeof import("@fieldseal/tokenizer/sqlite").createSqliteStore> {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (rest[0] !== "ExperimentalWarning") emitWarning.call(process, warning, ...rest);
  }) as typeof process.emitWarning;
  try {
    return (await import("@fieldseal/tokenizer/sqlite")).createSqliteStore;
  } finally {
    process.emitWarning = emitWarning;
  }
}
