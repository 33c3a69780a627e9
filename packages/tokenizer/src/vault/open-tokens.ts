// From tokens back to values or metadata, one or many. I/O.
import type { FieldsealError } from "@fieldseal/core/errors";
import { attempt, settle } from "../attempt.ts";
import { checkLive, findTokens } from "./find-token.ts";
import type { DerivedKeys } from "./keys.ts";
import type { FoundToken } from "./retire-token.ts";
import { parseIndexRow } from "./rows/index-row.ts";
import { corrupt } from "./rows/row-bytes.ts";
import { indexDigest, indexRowName, sameDigest } from "./rows/row-names.ts";
import { openMetadata, openValue } from "./rows/token-content.ts";
import { stateAt, type TokenState } from "./rows/token-row.ts";
import { readSubjectKeys, type SubjectKeys, subjectsErased } from "./subject-keys.ts";
import type { TokenScope } from "./token-options.ts";
import type { VaultContext } from "./vault-context.ts";

/** What the vault knows of a token without opening its value. */
export interface TokenRecord {
  readonly state: Exclude<TokenState, "lost">;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  /** Version of the key under which the value is sealed; undefined when it no longer is. */
  readonly version: string | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/** The value of each live token, or a coded error; in the order of `tokens`. */
export async function openTokens(
  context: VaultContext,
  tokens: readonly string[],
  scope: TokenScope,
): Promise<(string | FieldsealError)[]> {
  const now = context.now();
  const found = (await findTokens(context, tokens, scope)).map((one) => attempt(() => live(one, now)));
  return withBaseKeys(context, found, ({ row, token }, base) => openValue(row, token, base));
}

/** The record of each token that is or was handed out, or a coded error; in the order of `tokens`. */
export async function inspectTokens(
  context: VaultContext,
  tokens: readonly string[],
  scope: TokenScope,
): Promise<(TokenRecord | FieldsealError)[]> {
  const now = context.now();
  const found = await findTokens(context, tokens, scope);
  const records = await withBaseKeys(context, found, (one, base) => {
    const state = stateAt(one.row, now);
    return record(one, state, state === "live" ? openMetadata(one.row, one.token, base) : undefined);
  });
  return records.map((one, i) => {
    const at = found[i]!;
    // The subject's key is gone already, its tokens' rows not yet.
    const erased = one instanceof Error && one.code === "SUBJECT_ERASED" && !(at instanceof Error);
    return erased ? attempt(() => record(at, "erased", undefined)) : one;
  });
}

/** For each token, whether it is live; nothing is decrypted. */
export async function existTokens(
  context: VaultContext,
  tokens: readonly string[],
  scope: TokenScope,
): Promise<boolean[]> {
  const now = context.now();
  const found = (await findTokens(context, tokens, scope)).map((one) => attempt(() => live(one, now)));
  const owned = found.flatMap((one) =>
    one instanceof Error || one.row.subject === undefined ? [] : [one.row.subject],
  );
  const gone = await subjectsErased(context, owned);
  const erased = new Set(owned.filter((_, i) => gone[i]));
  return found.map((one) => !(one instanceof Error) && !(one.row.subject !== undefined && erased.has(one.row.subject)));
}

/** The live token of a deterministic value, if it has one. */
export async function findToken(context: VaultContext, value: string, scope: TokenScope): Promise<string | undefined> {
  const { format, tenant } = scope;
  const index = indexDigest(context.keys, { format: format.name, tenant, value });
  const claim = await context.store.get(indexRowName(index));
  if (claim === undefined) return undefined;
  const token = parseIndexRow(claim);
  const [found] = await findTokens(context, [token], scope);
  if (found instanceof Error) throw found.code === "TOKEN_UNKNOWN" ? corrupt() : found;
  const { row } = found!;
  if (row.state === "live" && !sameDigest(row.index, index)) throw corrupt();
  const [exists] = await existTokens(context, [token], scope);
  return exists === true ? token : undefined;
}

function record({ row }: FoundToken, state: TokenState, metadata: TokenRecord["metadata"]): TokenRecord {
  if (state === "lost") throw corrupt();
  const { createdAt, expiresAt, keyVersion } = row;
  const version = keyVersion === "" ? undefined : keyVersion;
  return { state, createdAt, expiresAt, version, metadata };
}

function live(found: FoundToken | FieldsealError, now: number): FoundToken {
  if (found instanceof Error) throw found;
  checkLive(found, now);
  return found;
}

/** Calls `use` with the key under which each row is sealed: the subject's, or that of the row's key version. */
async function withBaseKeys<T>(
  context: VaultContext,
  found: readonly (FoundToken | FieldsealError)[],
  use: (found: FoundToken, base: Uint8Array) => T,
): Promise<(T | FieldsealError)[]> {
  const rows = found.flatMap((one) => (one instanceof Error ? [] : [one.row]));
  const live = rows.filter(({ state }) => state === "live");
  const versions = new Map<string, DerivedKeys | FieldsealError>();
  for (const version of new Set(live.filter((row) => row.subject === undefined).map((row) => row.keyVersion))) {
    // A version that was taken out of the key source fails its own tokens.
    versions.set(version, await settle(context.ring.byVersion(version)));
  }
  const digests = live.flatMap(({ subject }) => (subject === undefined ? [] : [subject]));
  const subjects = await readSubjectKeys(context, digests);
  try {
    return found.map((one) => attempt(() => useRow(one, { versions, subjects, use })));
  } finally {
    subjects.close();
  }
}

interface RowUse<T> {
  readonly versions: ReadonlyMap<string, DerivedKeys | FieldsealError>;
  readonly subjects: SubjectKeys;
  readonly use: (found: FoundToken, base: Uint8Array) => T;
}

const noKey = new Uint8Array(0);

function useRow<T>(found: FoundToken | FieldsealError, { versions, subjects, use }: RowUse<T>): T {
  if (found instanceof Error) throw found;
  const { row } = found;
  // A tombstone holds nothing that a key could open.
  if (row.state !== "live") return use(found, noKey);
  if (row.subject !== undefined) return use(found, subjects.get(row.subject));
  const keys = versions.get(row.keyVersion)!;
  if (keys instanceof Error) throw keys;
  return use(found, keys.value);
}
