// The vault's keys: one 32-byte root for each version, and by HKDF-SHA256 (RFC 5869) a key for each use of it.
import { hkdfSync } from "node:crypto";
import { FieldsealError } from "@fieldseal/core/errors";
import { vaultClosed } from "./guard-store.ts";

/** A root key of 32 bytes and the name of its version. */
export interface VaultKey {
  readonly version: string;
  readonly key: Uint8Array;
}

type Eventually<T> = T | Promise<T>;

/** Where root keys come from: a file, KMS, Secrets Manager. */
export interface KeySource {
  /** The version under which new rows are sealed. */
  current(): Eventually<VaultKey>;
  /** The root key of an older version, or undefined where there is none. */
  byVersion(version: string): Eventually<Uint8Array | undefined>;
}

const uses = ["value", "subject-wrap", "index", "tenant", "subject", "row", "export"] as const;

/** Keys derived from one root, one for each use. */
export type DerivedKeys = Readonly<Record<(typeof uses)[number], Uint8Array>>;

export interface KeyRing {
  /** Keys of the version that seals new rows. */
  current(): Promise<{ version: string; keys: DerivedKeys }>;
  /** Keys of a version that a row names. */
  byVersion(version: string): Promise<DerivedKeys>;
  /** Overwrites every derived key. */
  close(): void;
}

const rootLength = 32;
const versionSyntax = /^[A-Za-z0-9._:/-]{1,128}$/;

/** Derives and keeps the keys of the versions in use. The roots stay with their source; derived keys are zeroed at `close`. */
export function createKeyRing(source: KeySource): KeyRing {
  const derived = new Map<string, DerivedKeys>();
  let closed = false;
  const keep = (version: string, root: Uint8Array): DerivedKeys => {
    // The source may have answered after the end: what were derived now, nobody would zero.
    if (closed) throw vaultClosed(true);
    const known = derived.get(version);
    if (known !== undefined) return known;
    checkVaultKey({ version, key: root });
    const keys = deriveKeys(root);
    derived.set(version, keys);
    return keys;
  };
  return {
    async current() {
      const { version, key } = await source.current();
      return { version, keys: keep(version, key) };
    },
    async byVersion(version) {
      const known = derived.get(version);
      if (known !== undefined) return known;
      const root = await source.byVersion(version);
      if (root === undefined) {
        throw new FieldsealError("VAULT_KEY_UNKNOWN", "the key source has no key of the version that a row names");
      }
      return keep(version, root);
    },
    close() {
      closed = true;
      for (const keys of derived.values()) for (const key of Object.values(keys)) key.fill(0);
      derived.clear();
    },
  };
}

/**
 * A source of keys that are at hand: the first one is current.
 *
 * @throws VAULT_KEY_INVALID for a key that is not 32 bytes, or a version that is not 1 to 128 of `A-Za-z0-9._:/-`
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { staticKeys } from "@fieldseal/tokenizer/vault";
 * const keys = staticKeys([{ version: "2026-11", key: randomBytes(32) }]);
 * ```
 */
export function staticKeys(keys: readonly VaultKey[]): KeySource {
  const [current] = keys;
  if (current === undefined) throw new FieldsealError("VAULT_KEY_INVALID", "a key source needs at least one key");
  for (const key of keys) checkVaultKey(key);
  const roots = new Map(keys.map(({ version, key }) => [version, key]));
  if (roots.size !== keys.length) throw new FieldsealError("VAULT_KEY_INVALID", "a key version is given twice");
  return { current: () => current, byVersion: (version) => roots.get(version) };
}

function checkVaultKey({ version, key }: VaultKey): void {
  if (!(key instanceof Uint8Array) || key.length !== rootLength) {
    throw new FieldsealError("VAULT_KEY_INVALID", `a vault key is ${rootLength} bytes`);
  }
  if (typeof version !== "string" || !versionSyntax.test(version)) {
    throw new FieldsealError("VAULT_KEY_INVALID", "a key version is 1 to 128 of A-Z, a-z, 0-9, . _ : / and -");
  }
}

function deriveKeys(root: Uint8Array): DerivedKeys {
  const derive = (use: string): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", root, new Uint8Array(0), `fieldseal vault 1 ${use}`, 32));
  return Object.fromEntries(uses.map((use) => [use, derive(use)])) as Record<(typeof uses)[number], Uint8Array>;
}
