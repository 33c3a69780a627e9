// The configuration file of `fieldseal serve`, and the tokenizer's that it names or holds. I/O: reads files.
import path from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";
import { parseServiceConfigWith, type ServiceConfig } from "@fieldseal/decrypt/service";
import { readTokenServiceConfig, type TokenServiceConfig } from "@fieldseal/tokenizer/service";
import { readJsonFile } from "../json-file.ts";
import { type ConfigFile, readConfigFile, refuseMissingVault } from "../tokens/config-file.ts";
import { type RateStoreConfig, readRateStore } from "./rate-store.ts";

/** What the service does with tokens. */
export interface TokensFile extends ConfigFile, Pick<TokenServiceConfig, "tenant" | "limits"> {}

export interface ServiceFile {
  readonly config: ServiceConfig;
  /** Where relative file names begin. */
  readonly folder: string;
  /** Null: no tokens. */
  readonly tokens: TokensFile | null;
  /** Null: rates are counted in this process. */
  readonly rateStore: RateStoreConfig | null;
}

/** A parsed configuration, and its section on tokens. */
export interface ParsedService {
  readonly config: ServiceConfig;
  readonly sections: { readonly tokenizer?: TokenServiceConfig; readonly rateStore?: RateStoreConfig };
}

/** Reads a service's configuration. @throws {FieldsealError} `FILE_UNREADABLE`; `CONFIG_INVALID` and `ACCESS_INVALID` with file, line and column. */
export async function readServiceFile(file: string): Promise<ServiceFile> {
  const folder = path.dirname(path.resolve(file));
  const { parsed } = await readJsonFile(file, "CONFIG_INVALID", parseService);
  const { config, sections } = parsed;
  return {
    config,
    folder,
    tokens: sections.tokenizer === undefined ? null : await tokensOf(sections.tokenizer, folder),
    rateStore: sections.rateStore ?? null,
  };
}

/** The service's configuration from its JSON value. @throws {FieldsealError} `CONFIG_INVALID`, `ACCESS_INVALID`. */
export function parseService(value: unknown): ParsedService {
  const parsed = parseServiceConfigWith({ tokenizer: readTokenServiceConfig, rateStore: readRateStore }, value);
  const { tokenizer, rateStore } = parsed.sections;
  if (rateStore !== undefined && tokenizer === undefined && parsed.config.decrypt?.rateLimit === undefined) {
    const message = 'the store has no rate to count: "rateLimit", or those of a tokenizer';
    throw new FieldsealError("CONFIG_INVALID", message, { pointer: "/rateStore" });
  }
  if (tokenizer !== undefined && "config" in tokenizer.tokenizer) {
    refuseMissingVault(tokenizer.tokenizer.config, "/tokenizer/config");
  }
  return parsed;
}

async function tokensOf({ tokenizer, tenant, limits }: TokenServiceConfig, folder: string): Promise<TokensFile> {
  if ("config" in tokenizer) return { config: tokenizer.config, folder, tenant, limits };
  return { ...(await readConfigFile(path.resolve(folder, tokenizer.file))), tenant, limits };
}
