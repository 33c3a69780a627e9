// The tokenizer of a configuration file, with its keys, and its vault where a format needs one. I/O.
import { createTokenizer, type Tokenizer, type TokenizerConfig } from "@fieldseal/tokenizer";
import type { AwsOptions } from "../aws/aws-client.ts";
import type { ConfigFile } from "./config-file.ts";
import { openKeys } from "./open-keys.ts";
import type { OpenedVault } from "./open-vault.ts";

/** A tokenizer, and how it and what it needs are let go. */
export interface OpenedTokenizer {
  readonly tokenizer: Tokenizer;
  readonly close: () => Promise<void>;
}

/**
 * Opens the configured tokenizer for `formats`.
 *
 * @throws {FieldsealError} the codes of keys, vaults and their stores.
 */
export async function openTokenizer(
  file: ConfigFile,
  formats: TokenizerConfig["formats"],
  options: AwsOptions,
): Promise<OpenedTokenizer> {
  const { isolation, access, vault: section } = file.config;
  const { keys, close: closeKeys } = await openKeys({ keySet: file.config, file, options });
  let vault: OpenedVault | null = null;
  const close = async (): Promise<void> => {
    await vault?.close();
    closeKeys();
  };
  try {
    if (needVault(formats)) vault = await (await import("./open-vault.ts")).openVault(file, options);
    const tokenizer = createTokenizer({
      formats,
      keys,
      isolation,
      ...(access === null ? {} : { access }),
      ...(vault === null ? {} : { vault: vault.vault, vaultTokens: section!.tokens }),
    });
    const closeAll = (): Promise<void> => {
      tokenizer.close();
      return close();
    };
    return { tokenizer, close: closeAll };
  } catch (error) {
    await close();
    throw error;
  }
}

function needVault({ byName }: TokenizerConfig["formats"]): boolean {
  return [...byName.values()].some(({ engine, onShort }) => engine === "vault" || onShort === "vault");
}
