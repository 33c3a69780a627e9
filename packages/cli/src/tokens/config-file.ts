// The tokenizer's configuration file, and the keys that it names. I/O.
import path from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";
import { fileTokenKeys, parseTokenizerConfig, type TokenizerConfig, type TokenKeys } from "@fieldseal/tokenizer";
import type { Command } from "commander";
import { readJsonFile } from "../json-file.ts";
import type { KmsOptions } from "../kms-client.ts";

/** Options of every command that reads the configuration. */
export interface ConfigOptions extends KmsOptions {
  readonly config: string;
}

export interface ConfigFile {
  readonly config: TokenizerConfig;
  /** Where relative file names begin. */
  readonly folder: string;
}

/** A key set, and how its keys and client are let go. */
export interface OpenedKeys {
  readonly keys: TokenKeys;
  readonly close: () => void;
}

/** Adds the options of `ConfigOptions`. */
export function addConfigOptions(command: Command): Command {
  return command
    .requiredOption("--config <file>", "the tokenizer's configuration")
    .option("--endpoint <url>", "KMS endpoint, for keys that KMS wraps; http: only on 127.0.0.1")
    .option("--region <region>", "AWS Region; default: the one in the keys' ARN")
    .option("--profile <name>", "profile of the AWS configuration files");
}

/** @throws {FieldsealError} `FILE_UNREADABLE`, `CONFIG_INVALID` and `ACCESS_INVALID` with file, line and column. */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  const { parsed: config } = await readJsonFile(file, "CONFIG_INVALID", (value) => {
    const parsed = parseTokenizerConfig(value);
    refuseMissingVault(parsed);
    return parsed;
  });
  return { config, folder: path.dirname(file) };
}

/**
 * Opens a key set of the configuration; the AWS SDK is loaded only where KMS wraps a key.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE`, `TOKEN_KEY_INVALID`, `KMS_ENDPOINT_REFUSED`, `CONFIG_INVALID`.
 */
export async function openKeys(
  config: Pick<TokenizerConfig, "current" | "keys">,
  folder: string,
  options: KmsOptions,
): Promise<OpenedKeys> {
  const wrapped = config.keys.find((key) => "kms" in key);
  if (wrapped === undefined) {
    const keys = fileTokenKeys(config, folder);
    return { keys, close: keys.close };
  }
  const [{ createKmsClient, regionOf }, { configuredTokenKeys }] = await Promise.all([
    import("../kms-client.ts"),
    import("@fieldseal/tokenizer/kms"),
  ]);
  const client = createKmsClient(options, regionOf(wrapped.kms));
  const keys = configuredTokenKeys({ config, folder, client });
  return {
    keys,
    close: () => {
      keys.close();
      client.destroy();
    },
  };
}

function refuseMissingVault({ formats, vault }: TokenizerConfig): void {
  if (vault !== null) return;
  for (const [name, { engine, onShort }] of formats.byName) {
    if (engine !== "vault" && onShort !== "vault") continue;
    const pointer = `/formats/${name}`;
    throw new FieldsealError("CONFIG_INVALID", `${pointer}: the format needs a vault, and there is no "vault"`, {
      pointer,
    });
  }
}
