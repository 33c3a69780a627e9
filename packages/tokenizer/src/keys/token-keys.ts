// Where the tokenizer's secrets come from: one for each key version, or one for each version, tenant and format. I/O behind it.

/** What a token is for. */
export interface KeyScope {
  readonly tenant: string;
  readonly format: string;
}

/** A secret of 32 bytes, from which the keys of every use are derived. Equal secrets are the same object. */
export interface TokenKey {
  readonly secret: Uint8Array;
}

/** A versioned set of secrets. */
export interface TokenKeys {
  /** The version of new tokens. */
  readonly current: string;
  /** The secret of a version for a scope, or null where there is none. */
  open(version: string, scope: KeyScope): Promise<TokenKey> | TokenKey | null;
  /** Zeroes what is held. */
  close(): void;
}
