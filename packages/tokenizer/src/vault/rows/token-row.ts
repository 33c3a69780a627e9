// T rows: what the vault knows of a token, authenticated under the row key (docs/vault.md, T rows). Pure.
import { timingSafeEqual } from "node:crypto";
import { concat, concatLengthPrefixed, utf8Bytes } from "@fieldseal/core/bytes";
import { keyedDigest } from "../../keyed-digest.ts";
import type { DerivedKeys } from "../keys.ts";
import { corrupt, readFields, readText, readTime, timeBytes } from "./row-bytes.ts";
import { tokenRowName } from "./row-names.ts";

// The position is the byte in the row. `lost`: another token of the same value won; this one was never handed out.
const states = ["live", "lost", "revoked", "expired", "erased"] as const;

export type TokenState = (typeof states)[number];

export interface TokenRow {
  readonly state: TokenState;
  readonly format: string;
  /** Keyed digest of the tenant. */
  readonly tenant: Uint8Array;
  /** Keyed digest of the subject. */
  readonly subject: Uint8Array | undefined;
  /** Keyed digest of the value, if the token is deterministic; gone once no H row can name the token any more. */
  readonly index: Uint8Array | undefined;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; the token is no longer valid at this time. */
  readonly expiresAt: number | undefined;
  /** Version of the root key under which value and metadata are sealed; empty in a tombstone. */
  readonly keyVersion: string;
  /** Sealed value; empty in a tombstone. */
  readonly sealed: Uint8Array;
  /** Sealed metadata; empty where there is none. */
  readonly metadata: Uint8Array;
}

const rowVersion = 1;
const fieldCount = 9;
const headLength = 2;
const macLength = 16;
const none = new Uint8Array(0);

/** The bytes of a T row: version, state, lp fields, and a MAC that also covers the row's name. */
export function encodeTokenRow(row: TokenRow, token: string, keys: DerivedKeys): Uint8Array {
  const fields = concatLengthPrefixed([
    utf8Bytes(row.format),
    row.tenant,
    row.subject ?? none,
    row.index ?? none,
    timeBytes(row.createdAt),
    row.expiresAt === undefined ? none : timeBytes(row.expiresAt),
    utf8Bytes(row.keyVersion),
    row.sealed,
    row.metadata,
  ]);
  const body = concat([Uint8Array.of(rowVersion, states.indexOf(row.state)), fields]);
  return concat([body, rowMac(body, token, keys)]);
}

/** Reads a T row back; throws VAULT_CORRUPT for anything that `encodeTokenRow` did not write for this token. */
export function parseTokenRow(bytes: Uint8Array, token: string, keys: DerivedKeys): TokenRow {
  const body = bytes.subarray(0, Math.max(0, bytes.length - macLength));
  if (body.length < headLength || !timingSafeEqual(bytes.subarray(body.length), rowMac(body, token, keys))) {
    throw corrupt();
  }
  const state = states[body[1]!];
  if (body[0] !== rowVersion || state === undefined) throw corrupt();
  const fields = readFields(body.subarray(headLength), fieldCount);
  const optional = (field: Uint8Array): Uint8Array | undefined => (field.length === 0 ? undefined : field);
  const expiresAt = optional(fields[5]!);
  return {
    state,
    format: readText(fields[0]!),
    tenant: fields[1]!,
    subject: optional(fields[2]!),
    index: optional(fields[3]!),
    createdAt: readTime(fields[4]!),
    expiresAt: expiresAt === undefined ? undefined : readTime(expiresAt),
    keyVersion: readText(fields[6]!),
    sealed: fields[7]!,
    metadata: fields[8]!,
  };
}

/** What remains of a row when its token's life has ended: enough to say whose it was, nothing of the value. */
export function tombstone(row: TokenRow, state: Exclude<TokenState, "live">): TokenRow {
  return { ...row, state, keyVersion: "", sealed: none, metadata: none };
}

/** The state at a time: expiry is logical, so a live row may be expired already. */
export function stateAt(row: TokenRow, time: number): TokenState {
  return row.state === "live" && row.expiresAt !== undefined && time >= row.expiresAt ? "expired" : row.state;
}

function rowMac(body: Uint8Array, token: string, keys: DerivedKeys): Uint8Array {
  return keyedDigest(keys.row, [tokenRowName(token), body]).subarray(0, macLength);
}
