// S rows: a random key for each subject, wrapped by the vault's key; destroying it is how a subject is erased. I/O through the store.
import { concat, concatLengthPrefixed, utf8Bytes } from "@fieldseal/core/bytes";
import type { KeyRing } from "../keys.ts";
import type { RandomDraw } from "../random-draw.ts";
import type { VaultStore } from "../store.ts";
import { corrupt, readFields, readText } from "./row-bytes.ts";
import { subjectRowName } from "./row-names.ts";
import { ivLength, open, seal, sealAad } from "./seal-value.ts";

const rowVersion = 1;
const live = 1;
const destroyed = 2;
const subjectKeyLength = 32;

/** What stands in a destroyed key's place, forever. */
export const destroyedSubjectRow: Uint8Array = Uint8Array.of(rowVersion, destroyed);

/** True for the row of a subject that was erased. */
export function isDestroyed(row: Uint8Array): boolean {
  return row.length === 2 && row[0] === rowVersion && row[1] === destroyed;
}

/** Unwraps the key of an S row that is not destroyed. The caller zeroes it. */
export async function openSubjectKey(row: Uint8Array, digest: Uint8Array, ring: KeyRing): Promise<Uint8Array> {
  const { version, wrapped } = readLive(row);
  const { "subject-wrap": wrapKey } = await ring.byVersion(version);
  return open(wrapKey, wrapped, subjectAad(digest, version));
}

/** Version of the vault's key that wraps the key of an S row. */
export function subjectKeyVersion(row: Uint8Array): string {
  return readLive(row).version;
}

/** Writes an S row with a new key for each digest unless there is one; the first of several writers wins. */
export async function createSubjectKeys(
  digests: readonly Uint8Array[],
  { store, ring, draw }: { store: VaultStore; ring: KeyRing; draw: RandomDraw },
): Promise<void> {
  if (digests.length === 0) return;
  const { version } = await ring.current();
  const entries = [];
  for (const digest of digests) {
    const key = draw.bytes(subjectKeyLength);
    entries.push({ key: subjectRowName(digest), item: await wrapSubjectKey(key, digest, { ring, draw, version }) });
    key.fill(0);
  }
  await store.putManyIfAbsent(entries);
}

/** The S row that holds `key` under a version of the vault's key. */
export async function wrapSubjectKey(
  key: Uint8Array,
  digest: Uint8Array,
  { ring, draw, version }: { ring: KeyRing; draw: RandomDraw; version: string },
): Promise<Uint8Array> {
  const { "subject-wrap": wrapKey } = await ring.byVersion(version);
  const wrapped = seal(wrapKey, key, { iv: draw.bytes(ivLength), aad: subjectAad(digest, version) });
  return concat([Uint8Array.of(rowVersion, live), concatLengthPrefixed([utf8Bytes(version), wrapped])]);
}

function subjectAad(digest: Uint8Array, version: string): Uint8Array {
  return sealAad({ purpose: "subject-key", parts: [digest, version] });
}

function readLive(row: Uint8Array): { version: string; wrapped: Uint8Array } {
  if (row[0] !== rowVersion || row[1] !== live) throw corrupt();
  const [version, wrapped] = readFields(row.subarray(2), 2);
  return { version: readText(version!), wrapped: wrapped! };
}
