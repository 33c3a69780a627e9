// What the tokenizer asks of a vault. I/O behind it.
import type { FieldsealError } from "@fieldseal/core/errors";
import type { VaultFormat } from "./vault-format.ts";

/** Which tokens are meant. */
export interface VaultScope {
  readonly format: VaultFormat;
  readonly tenant: string;
}

/** A value, spelled without separators, and whose it is where it shall be erasable with that person. */
export interface VaultValue {
  readonly value: string;
  readonly subject?: string;
}

/** The tenant of values that have none, as the vault knows it: names of tenants hold no control character. */
export const noTenant = "\u0000";

/** A vault, answering each text by itself and in order. */
export interface TokenVault {
  tokenizeBatch(
    values: readonly VaultValue[],
    options: VaultScope & { readonly deterministic?: boolean },
  ): Promise<readonly ({ readonly token: string } | { readonly error: FieldsealError })[]>;
  detokenizeBatch(
    tokens: readonly string[],
    scope: VaultScope,
  ): Promise<readonly ({ readonly value: string } | { readonly error: FieldsealError })[]>;
}
