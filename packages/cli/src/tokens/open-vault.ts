// The vault of a configuration file, whichever store it is in. I/O.
import path from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";
import type { VaultConfig } from "@fieldseal/tokenizer";
import { createVault, hasVault, keySource, type Vault, type VaultStore } from "@fieldseal/tokenizer/vault";
import type { AwsOptions } from "../aws/aws-client.ts";
import { type ConfigFile, type ConfigOptions, readConfigFile } from "./config-file.ts";
import { lazyStore } from "./lazy-store.ts";
import { openKeys } from "./open-keys.ts";

/** The configured vault, and how it is let go. */
export interface OpenedVault {
  readonly vault: Vault;
  readonly close: () => Promise<void>;
}

interface How {
  /** Allows a vault that is not there yet: its first call makes its file or table. */
  readonly create?: boolean;
}

/** @throws {FieldsealError} `CONFIG_INVALID` where the configuration has no vault. */
export function vaultSection({ config }: ConfigFile): VaultConfig {
  if (config.vault !== null) return config.vault;
  throw new FieldsealError("CONFIG_INVALID", 'the configuration has no "vault"');
}

/** What a vault's place is called, for people. */
export function placeName({ place }: VaultConfig): string {
  if ("sqlite" in place) return place.sqlite;
  return "postgres" in place ? `PostgreSQL table ${place.postgres.table}` : `DynamoDB table ${place.dynamodb.table}`;
}

/**
 * Opens the store of the configured vault.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE` or `VAULT_MISSING` for a vault that is not there, and the codes of its
 * store.
 */
export async function openStore(file: ConfigFile, options: AwsOptions, { create = false }: How): Promise<VaultStore> {
  const { place } = vaultSection(file);
  if ("sqlite" in place) {
    return await (await import("./open-sqlite.ts")).openSqlite(path.resolve(file.folder, place.sqlite), create);
  }
  const store =
    "postgres" in place
      ? await (await import("./open-postgres.ts")).openPostgres(place.postgres, file.folder, create)
      : await (await import("./open-dynamodb.ts")).openDynamodb(place.dynamodb, options, create);
  try {
    // A table without a vault is as much a wrong name as no table.
    if (create || (await hasVault(store))) return store;
    throw new FieldsealError("VAULT_MISSING", "no vault was begun in the table", {
      hint: "fieldseal vault init begins it",
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * Opens the configured vault.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`, as `openStore`, and the codes of its keys.
 */
export async function openVault(file: ConfigFile, options: AwsOptions, how: How = {}): Promise<OpenedVault> {
  const { keys, close } = await openKeys({ keySet: vaultSection(file), file, options });
  try {
    const source = keySource(keys);
    // Without its key a new file would be an empty vault, which the next attempt would find in its way.
    if (how.create === true) await source.current();
    const open = (): Promise<VaultStore> => openStore(file, options, how);
    const vault = createVault({ store: how.create === true ? lazyStore(open) : await open(), keys: source });
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
  how: How = {},
): Promise<T> {
  const { vault, close } = await openVault(await readConfigFile(options.config), options, how);
  try {
    return await work(vault);
  } finally {
    await close();
  }
}
