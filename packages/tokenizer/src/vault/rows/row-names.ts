// Keys of the vault's rows, and the keyed digests in them (docs/vault.md, Rows). Pure.
import { timingSafeEqual } from "node:crypto";
import { keyedDigest } from "../../keyed-digest.ts";
import type { DerivedKeys } from "../keys.ts";
import { memberSeparator } from "../store.ts";

/** First two characters of the keys of each kind of row. */
export const rowKinds = { vault: "M#", token: "T#", index: "H#", subject: "S#", member: "U#" } as const;

export const vaultRowName: string = `${rowKinds.vault}vault`;
export const tokenRowName = (token: string): string => rowKinds.token + token;
export const indexRowName = (digest: Uint8Array): string => rowKinds.index + text(digest);
export const subjectRowName = (digest: Uint8Array): string => rowKinds.subject + text(digest);
/** Group of the rows that name a subject's tokens. */
export const memberGroup = (digest: Uint8Array): string => rowKinds.member + text(digest);
export const memberRowName = (digest: Uint8Array, token: string): string =>
  memberGroup(digest) + memberSeparator + token;

export interface IndexedValue {
  readonly format: string;
  readonly tenant: string;
  readonly value: string;
}

/** What stands for a value of a deterministic format: HMAC(index key, lp(format) lp(tenant) lp(value)). */
export function indexDigest(keys: DerivedKeys, { format, tenant, value }: IndexedValue): Uint8Array {
  return keyedDigest(keys.index, [format, tenant, value]);
}

/** What stands for a tenant in a row. */
export function tenantDigest(keys: DerivedKeys, tenant: string): Uint8Array {
  return keyedDigest(keys.tenant, [tenant]);
}

/** What stands for a subject of a tenant in rows and keys of rows. */
export function subjectDigest(keys: DerivedKeys, tenant: string, subject: string): Uint8Array {
  return keyedDigest(keys.subject, [tenant, subject]);
}

/** True when both are the same digest, or both are absent. */
export function sameDigest(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && timingSafeEqual(a, b);
}

const text = (digest: Uint8Array): string => Buffer.from(digest).toString("base64url");
