// A key set whose secrets are fetched when they are first needed, each once, and then held. The store is a function.
import { FieldsealError } from "@fieldseal/core/errors";
import type { KeyOwner } from "../config/key-references.ts";
import { checkSecret, checkVersion } from "./static-keys.ts";
import type { KeyScope, TokenKey, TokenKeys } from "./token-keys.ts";

/** A key by version and owner. */
export interface OwnedKey extends KeyOwner {
  readonly version: string;
}

export interface FetchedKeysOptions<Key extends OwnedKey> {
  /** The version of new tokens. */
  readonly current: string;
  readonly keys: readonly Key[];
  /** The secret of 32 bytes, which becomes this set's own. Throws coded errors. */
  readonly fetch: (key: Key, abortSignal: AbortSignal) => Promise<Uint8Array>;
  /** Milliseconds that one key may take, the client's retries included; default 10,000. */
  readonly timeout?: number | undefined;
}

// All who need a key wait for the one call that fetches it.
const defaultTimeout = 10_000;

/** Stands for every tenant or format. */
export const everything = "*";

/**
 * Of several keys of a version, that of the tenant and format is taken before that of the tenant, that of the format,
 * and that of all.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`, `TOKEN_KEY_INVALID`, `KEY_VERSION_UNKNOWN`.
 */
export function fetchedTokenKeys<Key extends OwnedKey>(options: FetchedKeysOptions<Key>): TokenKeys {
  const { current, keys, fetch, timeout = defaultTimeout } = options;
  const stored = new Map<string, Key>();
  for (const key of keys) {
    checkVersion(key.version);
    const name = nameOf(key.version, key);
    if (stored.has(name)) throw new FieldsealError("CONFIG_INVALID", "two keys have one version, tenant and format");
    stored.set(name, key);
  }
  if (!keys.some(({ version }) => version === current)) {
    throw new FieldsealError("KEY_VERSION_UNKNOWN", "the current version is not in the key set");
  }
  const opened = new Map<Key, Promise<TokenKey>>();
  const secrets: Uint8Array[] = [];
  let closed = false;
  return {
    current,
    open(version, { tenant, format }) {
      const choices = [{ tenant, format }, { tenant }, { format }, {}];
      const key = choices.map((choice) => stored.get(nameOf(version, choice))).find((one) => one !== undefined);
      if (key === undefined) return null;
      let opening = opened.get(key);
      if (opening === undefined) {
        opening = openOne(key);
        opened.set(key, opening);
        // A failure is not kept: the next call asks again.
        opening.catch(() => opened.delete(key));
      }
      return opening;
    },
    close() {
      closed = true;
      for (const secret of secrets) secret.fill(0);
      stored.clear();
      opened.clear();
    },
  };

  async function openOne(key: Key): Promise<TokenKey> {
    const secret = await fetch(key, AbortSignal.timeout(timeout));
    if (closed) {
      // Nobody else would zero it; and what zeroes derive, a vault's rows among it, is anybody's to open.
      secret.fill(0);
      throw new FieldsealError("TOKENIZER_CLOSED", "the key set was closed", { retryable: true });
    }
    secrets.push(secret);
    checkSecret(secret);
    return { secret };
  }
}

function nameOf(version: string, { tenant, format }: Partial<KeyScope>): string {
  return JSON.stringify([version, tenant || everything, format ?? everything]);
}
