// What every operation of a vault works with, and the M row that says which key the vault was begun with. I/O.
import { timingSafeEqual } from "node:crypto";
import { concatLengthPrefixed, utf8Bytes } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import { keyedDigest } from "../keyed-digest.ts";
import type { DerivedKeys, KeyRing } from "./keys.ts";
import type { RandomBytes } from "./random-draw.ts";
import { readFields, readText } from "./rows/row-bytes.ts";
import { vaultRowName } from "./rows/row-names.ts";
import type { VaultStore } from "./store.ts";

export interface VaultContext {
  readonly store: VaultStore;
  readonly ring: KeyRing;
  /** Keys of the version that the vault was begun with: digests and row codes stay under it for the vault's life. */
  readonly keys: DerivedKeys;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: RandomBytes;
}

const layout = "1";

/**
 * The keys of the version that the store's vault was begun with; begins a vault in an empty store.
 * Without the M row, a process with another key would find no value again and give each a second token.
 */
export async function readVaultKeys(store: VaultStore, ring: KeyRing): Promise<DerivedKeys> {
  let row = await store.get(vaultRowName);
  if (row === undefined) {
    const { version, keys } = await ring.current();
    await store.putIfAbsent(vaultRowName, vaultRow(version, keys));
    row = await store.get(vaultRowName);
  }
  return keysOfVault(row ?? new Uint8Array(0), ring);
}

/** The keys that an M row names; refuses what is none, and keys that are not those. */
export async function keysOfVault(row: Uint8Array, ring: KeyRing): Promise<DerivedKeys> {
  const [found, version, check] = readFields(row, 3);
  if (readText(found!) !== layout) {
    throw new FieldsealError("VAULT_CORRUPT", "the store holds a vault of another layout");
  }
  const keys = await ring.byVersion(readText(version!));
  const expected = checkValue(keys);
  if (check!.length !== expected.length || !timingSafeEqual(check!, expected)) {
    throw new FieldsealError("VAULT_KEY_MISMATCH", "the vault was begun with another key of this version");
  }
  return keys;
}

function vaultRow(version: string, keys: DerivedKeys): Uint8Array {
  return concatLengthPrefixed([utf8Bytes(layout), utf8Bytes(version), checkValue(keys)]);
}

const checkValue = (keys: DerivedKeys): Uint8Array => keyedDigest(keys.row, ["fieldseal vault", layout]);
