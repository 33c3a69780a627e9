// The tokenizer's configuration file. I/O.
import path from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";
import { parseTokenizerConfig, type TokenizerConfig } from "@fieldseal/tokenizer";
import type { Command } from "commander";
import type { AwsOptions } from "../aws/aws-client.ts";
import { readJsonFile } from "../json-file.ts";

/** Options of every command that reads the configuration. */
export interface ConfigOptions extends AwsOptions {
  readonly config: string;
}

export interface ConfigFile {
  readonly config: TokenizerConfig;
  /** Where relative file names begin. */
  readonly folder: string;
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

/** @throws {FieldsealError} `CONFIG_INVALID` for a format that needs a vault; `at` is where the document stands. */
export function refuseMissingVault({ formats, vault }: TokenizerConfig, at = ""): void {
  if (vault !== null) return;
  for (const [name, { engine, onShort }] of formats.byName) {
    if (engine !== "vault" && onShort !== "vault") continue;
    const pointer = `${at}/formats/${name}`;
    throw new FieldsealError("CONFIG_INVALID", `${pointer}: the format needs a vault, and there is no "vault"`, {
      pointer,
    });
  }
}
