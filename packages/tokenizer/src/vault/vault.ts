// The token vault: random tokens, sealed values, rows in a store that any number of processes may share (docs/vault.md).
import { randomBytes } from "node:crypto";
import { FieldsealError } from "@fieldseal/core/errors";
import { createCounters, type VaultCounters } from "./counters.ts";
import { exportRows } from "./export/export-rows.ts";
import { type ImportReport, importRows } from "./export/import-rows.ts";
import { findTokens } from "./find-token.ts";
import { guardStore, vaultClosed } from "./guard-store.ts";
import { createKeyRing, type DerivedKeys, type KeySource } from "./keys.ts";
import { existTokens, findToken, inspectTokens, openTokens, type TokenRecord } from "./open-tokens.ts";
import type { RandomBytes } from "./random-draw.ts";
import { retireToken } from "./retire-token.ts";
import type { VaultStore } from "./store.ts";
import {
  checkScope,
  checkText,
  normalizeValue,
  type TokenizeOptions,
  type TokenScope,
  type VaultItem,
} from "./token-options.ts";
import type { SettledToken } from "./tokenize/token-job.ts";
import { tokenizeValues } from "./tokenize/tokenize-values.ts";
import { eraseSubject } from "./upkeep/erase-subject.ts";
import { type RekeyReport, rekeyVault } from "./upkeep/rekey-vault.ts";
import { type SweepReport, sweepTokens } from "./upkeep/sweep-tokens.ts";
import { countRows, type VaultStats } from "./upkeep/vault-stats.ts";
import { readVaultKeys, type VaultContext } from "./vault-context.ts";

export interface VaultOptions {
  readonly store: VaultStore;
  readonly keys: KeySource;
  /** Milliseconds since 1970; the system's clock unless given. */
  readonly now?: () => number;
  /** Cryptographic random bytes; the system's generator unless given. */
  readonly random?: RandomBytes;
  /** Draws for one value before TOKEN_SPACE_EXHAUSTED, 1 to 10,000; 64 unless given. */
  readonly maxDraws?: number;
}

/** What a value was given. */
export interface IssuedToken {
  readonly token: string;
  /** Version of the root key under which the value is sealed. */
  readonly version: string;
  /** False where a deterministic value had the token already. */
  readonly created: boolean;
  /** Milliseconds since 1970; absent without a time to live. */
  readonly expiresAt?: number;
}

/** One member of a batch: members fail alone. */
export type BatchResult<T> = T | { readonly error: FieldsealError };

/**
 * Every method also throws VAULT_UNAVAILABLE (retryable) when the store fails, VAULT_KEY_UNKNOWN and VAULT_KEY_MISMATCH
 * for keys, VAULT_CORRUPT for a row that is not as it was written, VAULT_INPUT_INVALID and VAULT_FORMAT_INVALID for
 * arguments, and VAULT_CLOSED.
 */
export interface Vault {
  /** A random token for `value`; throws the format's code, TOKEN_SPACE_EXHAUSTED, TOKEN_OTHER_SUBJECT, SUBJECT_ERASED. */
  tokenize(value: string, options: TokenizeOptions): Promise<IssuedToken>;
  /** `tokenize` for many values, plain or each with its own subject, time to live and metadata; in their order. */
  tokenizeBatch(values: readonly (string | VaultItem)[], options: TokenizeOptions): Promise<BatchResult<IssuedToken>[]>;
  /** The value; throws TOKEN_UNKNOWN, TOKEN_OTHER_TENANT, TOKEN_OTHER_FORMAT, TOKEN_EXPIRED, TOKEN_REVOKED, SUBJECT_ERASED. */
  detokenize(token: string, scope: TokenScope): Promise<string>;
  /** `detokenize` for many tokens, in their order. */
  detokenizeBatch(tokens: readonly string[], scope: TokenScope): Promise<BatchResult<{ readonly value: string }>[]>;
  /** Whether the token is live, for this tenant and format; nothing is decrypted. */
  exists(token: string, scope: TokenScope): Promise<boolean>;
  /** State, times and metadata of a token, dead or alive; the value stays closed. Throws TOKEN_UNKNOWN, TOKEN_OTHER_TENANT, TOKEN_OTHER_FORMAT. */
  inspect(token: string, scope: TokenScope): Promise<TokenRecord>;
  /** The live token of a deterministic value, or undefined; nothing is written. */
  lookup(value: string, scope: TokenScope): Promise<string | undefined>;
  /** Ends a token's life for good; false if it had ended before. Throws TOKEN_UNKNOWN, TOKEN_OTHER_TENANT, TOKEN_OTHER_FORMAT. */
  revoke(token: string, scope: TokenScope): Promise<boolean>;
  /** Destroys the key of a subject and clears its rows, for good; the number of tokens that ended. The name is closed from then on. */
  eraseSubject(subject: string, options: { readonly tenant: string }): Promise<number>;
  /** Turns expired tokens into tombstones and finishes what crashes left half done. Reads every token's row. */
  sweep(): Promise<SweepReport>;
  /** Seals rows of older key versions again under the current one; tokens stay. Reads every row. */
  rekey(): Promise<RekeyReport>;
  /** Counts by reading every row. */
  stats(): Promise<VaultStats>;
  /** What this vault did since it was created. */
  counters(): VaultCounters;
  /** All rows, sealed, as bytes to be written in order; tombstones included. */
  exportRows(): AsyncGenerator<Uint8Array>;
  /** Takes an export in; may be repeated. Throws VAULT_EXPORT_INVALID, VAULT_IMPORT_CONFLICT. */
  importRows(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<ImportReport>;
  /** Zeroes the vault's keys and closes its store. */
  close(): Promise<void>;
}

const defaultMaxDraws = 64;
/** Of a `Date`, in milliseconds. */
const maxTime = 8.64e15;

/**
 * A vault over a store: it has no state of its own, so any number of processes may share one store.
 *
 * @throws VAULT_INPUT_INVALID (`maxDraws`)
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { createMemoryStore } from "@fieldseal/tokenizer/memory";
 * import { createVault, staticKeys, type VaultFormat } from "@fieldseal/tokenizer/vault";
 * const digits: VaultFormat = {
 *   name: "digits",
 *   normalize: (value) => value.replaceAll(" ", ""),
 *   draw: (value, below) => Array.from(value, () => below(10)).join(""),
 * };
 * const keys = staticKeys([{ version: "1", key: randomBytes(32) }]);
 * const vault = createVault({ store: createMemoryStore(), keys });
 * const { token } = await vault.tokenize("4111 1111 1111 1111", { format: digits, tenant: "shop-7" });
 * const value = await vault.detokenize(token, { format: digits, tenant: "shop-7" }); // 4111111111111111
 * await vault.close();
 * ```
 */
export function createVault({
  store,
  keys,
  now = Date.now,
  random = randomBytes,
  maxDraws = defaultMaxDraws,
}: VaultOptions): Vault {
  if (!Number.isInteger(maxDraws) || maxDraws < 1 || maxDraws > 10_000) {
    throw new FieldsealError("VAULT_INPUT_INVALID", "maxDraws is an integer from 1 to 10000");
  }
  const ring = createKeyRing(keys);
  let closed = false;
  const guarded = guardStore(store, () => closed);
  const counters = createCounters();
  let begun: Promise<DerivedKeys> | undefined;

  const checkOpen = (): void => {
    if (closed) throw vaultClosed(false);
  };
  const openContext = async (): Promise<VaultContext> => {
    checkOpen();
    begun ??= readVaultKeys(guarded, ring);
    try {
      return { store: guarded, ring, keys: await begun, now: () => wholeTime(now()), random };
    } catch (error) {
      // A store that was out of reach is asked again by the next call.
      begun = undefined;
      throw error;
    }
  };
  const inScope = async (scope: TokenScope): Promise<VaultContext> => {
    checkScope(scope);
    return openContext();
  };
  const tokenizeItems = async (
    items: readonly VaultItem[],
    scope: TokenizeOptions,
  ): Promise<(SettledToken | FieldsealError)[]> => {
    const { deterministic = false } = scope;
    const outcomes = await tokenizeValues(await inScope(scope), items, { scope, deterministic, maxDraws });
    for (const outcome of outcomes) {
      if (outcome instanceof FieldsealError) counters.refused(outcome.code);
      else counters.count(outcome.created ? "created" : "found");
    }
    return outcomes;
  };
  const openAll = async (tokens: readonly string[], scope: TokenScope): Promise<(string | FieldsealError)[]> => {
    const outcomes = await openTokens(await inScope(scope), tokens, scope);
    for (const outcome of outcomes) {
      if (outcome instanceof FieldsealError) counters.refused(outcome.code);
      else counters.count("opened");
    }
    return outcomes;
  };

  return {
    async tokenize(value, { ttl, subject, metadata, ...options }) {
      const [outcome] = await tokenizeItems([{ value, ...defined({ ttl, subject, metadata }) }], options);
      return issued(succeeded(outcome!));
    },
    async tokenizeBatch(values, { ttl, subject, metadata, ...options }) {
      const shared = defined({ ttl, subject, metadata });
      const items = values.map((one) => ({ ...shared, ...(typeof one === "string" ? { value: one } : one) }));
      const outcomes = await tokenizeItems(items, options);
      return outcomes.map((one) => (one instanceof FieldsealError ? { error: one } : issued(one)));
    },
    async detokenize(token, scope) {
      const [outcome] = await openAll([token], scope);
      return succeeded(outcome!);
    },
    async detokenizeBatch(tokens, scope) {
      const outcomes = await openAll(tokens, scope);
      return outcomes.map((one) => (one instanceof FieldsealError ? { error: one } : { value: one }));
    },
    async exists(token, scope) {
      const [exists] = await existTokens(await inScope(scope), [token], scope);
      return exists!;
    },
    async inspect(token, scope) {
      const [outcome] = await inspectTokens(await inScope(scope), [token], scope);
      return succeeded(outcome!);
    },
    async lookup(value, scope) {
      const context = await inScope(scope);
      return findToken(context, normalizeValue(scope.format, value), scope);
    },
    async revoke(token, scope) {
      const context = await inScope(scope);
      const [found] = await findTokens(context, [token], scope);
      const ended = await retireToken(context, succeeded(found!), "revoked");
      if (ended) counters.count("revoked");
      return ended;
    },
    async eraseSubject(subject, { tenant }) {
      checkText("tenant", tenant);
      checkText("subject", subject);
      const erased = await eraseSubject(await openContext(), tenant, subject);
      counters.count("erased", erased);
      return erased;
    },
    sweep: async () => sweepTokens(await openContext()),
    rekey: async () => rekeyVault(await openContext()),
    stats: async () => countRows(await openContext()),
    counters: counters.read,
    async *exportRows() {
      yield* exportRows(await openContext());
    },
    async importRows(chunks) {
      checkOpen();
      return importRows({ store: guarded, ring }, chunks);
    },
    async close() {
      if (closed) return;
      closed = true;
      ring.close();
      await guarded.close();
    },
  };
}

/** Of rows whose times are none nobody could tell when their tokens end, nor read them again. */
function wholeTime(time: number): number {
  const whole = Math.floor(time);
  if (whole >= 0 && whole <= maxTime) return whole;
  throw new FieldsealError("VAULT_INPUT_INVALID", "the clock gives no milliseconds since 1970");
}

function issued({ token, row, created }: SettledToken): IssuedToken {
  const { keyVersion: version, expiresAt } = row;
  return { token, version, created, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

function succeeded<T>(outcome: T | FieldsealError): T {
  if (outcome instanceof FieldsealError) throw outcome;
  return outcome;
}

/** The members that are given. */
function defined<T extends object>(members: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;
}
