// The part of the service that tokenizes: keys and vault of the configuration, opened for as long as it runs. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import type { CreatePart, ReadinessChecks } from "@fieldseal/decrypt/http";
import { createTokenService } from "@fieldseal/tokenizer/service";
import type { Vault } from "@fieldseal/tokenizer/vault";
import type { AwsOptions } from "../aws/aws-client.ts";
import { type OpenedKeys, openKeys } from "../tokens/open-keys.ts";
import { openVault } from "../tokens/open-vault.ts";
import type { OpenedRates } from "./rate-store.ts";
import type { TokensFile } from "./service-file.ts";

export interface TokenPart {
  readonly create: CreatePart;
  readonly ready: ReadinessChecks;
  /** After the service has stopped. */
  close(): Promise<void>;
}

/**
 * Opens what the service needs for tokens; `kms` is where AWS KMS is.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` without access rules, and the codes of keys, vaults and their stores.
 */
export async function openTokenPart(file: TokensFile, kms: AwsOptions, rates: OpenedRates | null): Promise<TokenPart> {
  const { config, tenant, limits } = file;
  const { formats, isolation, access, vault: section } = config;
  if (access === null) {
    throw new FieldsealError("CONFIG_INVALID", 'a tokenizer that is served needs access rules: "access"', {
      hint: 'add "access" to the configuration that "tokenizer" names or holds',
    });
  }
  const opened = await openKeys({ keySet: config, file, options: kms });
  try {
    const vault = section === null ? null : await openVault(file, kms);
    return {
      create: (audit) => {
        return createTokenService({
          formats,
          // The part may be closed before the vault, whose keys are its own.
          keys: opened.keys,
          isolation,
          access,
          tokenLimits: limits,
          ...(rates === null ? {} : { rateStore: rates.store }),
          audit,
          ...(tenant === null ? {} : { tenant }),
          ...(vault === null ? {} : { vault: vault.vault, vaultTokens: section!.tokens }),
        });
      },
      ready: {
        "token-keys": () => keysAreThere(opened, [...formats.byName.keys()]),
        ...(vault === null ? {} : { vault: () => vaultAnswers(vault.vault) }),
      },
      async close() {
        await vault?.close();
        opened.close();
      },
    };
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** Opens the current keys that are not some tenant's own. */
async function keysAreThere({ keys }: OpenedKeys, formats: readonly string[]): Promise<void> {
  for (const format of formats) await keys.open(keys.current, { tenant: "", format });
}

/** Reads the vault's own row with its key, and asks for a token that there never was. */
async function vaultAnswers(vault: Vault): Promise<void> {
  const format = { name: "ready", normalize: (text: string) => text, draw: (text: string) => text };
  await vault.exists("ready", { format, tenant: "ready" });
}
