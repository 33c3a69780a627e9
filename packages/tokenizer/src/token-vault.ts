// What the tokenizer asks of a vault. I/O behind it.
import type { FieldsealError } from "@fieldseal/core/errors";
import type { VaultFormat } from "./vault-format.ts";

/** One text for the vault, spelled without separators. */
export interface VaultRequest {
  readonly text: string;
  readonly format: VaultFormat;
  readonly tenant: string;
  /** Whose value it is, where it shall be erasable with that person. */
  readonly subject?: string;
}

/** A token or a value; or why there is none. */
export type VaultAnswer = string | FieldsealError;

/** A vault, answering each request by itself and in order. */
export interface TokenVault {
  tokenizeBatch(requests: readonly VaultRequest[]): Promise<readonly VaultAnswer[]>;
  detokenizeBatch(requests: readonly VaultRequest[]): Promise<readonly VaultAnswer[]>;
}
