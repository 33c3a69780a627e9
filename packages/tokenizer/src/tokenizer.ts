// The tokenizer: values for tokens and tokens for values, by format, tenant, field and key version (docs/tokens.md).
import type { Who } from "@fieldseal/core/access";
import { type AuditSink, checkSink } from "@fieldseal/core/audit";
import { checkChoice, checkFunctions, checkObjects, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { createGate, type GateOptions, type Operation } from "./access/gate.ts";
import { coalesce } from "./coalesce.ts";
import type { FormatDeclarations } from "./formats/declaration.ts";
import type { FormatDescription } from "./formats/format.ts";
import { type Formats, parseFormats } from "./formats/parse.ts";
import { type StaticKeysOptions, staticTokenKeys } from "./keys/static-keys.ts";
import type { TokenKeys } from "./keys/token-keys.ts";
import { createScopes, type TokenRequest } from "./scopes.ts";
import type { TokenVault } from "./token-vault.ts";
import { tokenizerClosed } from "./tokenizer-closed.ts";
import { type Task, type TransformHow, type TransformOptions, transform } from "./transform.ts";

export interface TokenizerOptions extends GateOptions {
  /** Secrets by version. */
  readonly keys: TokenKeys | StaticKeysOptions;
  /** Declarations, or what `parseFormats` made of them. */
  readonly formats: FormatDeclarations | Formats;
  /** For formats whose engine is a vault, and for values too short for FF1. */
  readonly vault?: TokenVault;
  /** Whether equal values have equal vault tokens: `deterministic` (default) lets joins work and shows frequencies. */
  readonly vaultTokens?: "deterministic" | "random";
  /** Where an event for each value goes before anything is returned. */
  readonly audit?: AuditSink;
  /** `tweak`: tenants share an AES key and a batch, and differ by tweak. `tenant`: each has a key of its own. */
  readonly isolation?: "tweak" | "tenant";
  /** The clock of audit events; default: the system's. */
  readonly now?: () => Date;
}

/** A token, and the key version to keep beside it: it is not in the token, and never guessed. */
export interface Tokenized {
  readonly token: string;
  readonly version: string;
}

/** One request for all values, or one for each. */
export type Requests = TokenRequest | readonly TokenRequest[];

/**
 * Tokens for values. Every method throws the codes of docs/errors.md, groups reader and tokens. FF1 has no authenticity:
 * a token opened for a wrong tenant, field or version gives a plausible wrong value.
 */
export interface Tokenizer {
  /** The token of one value; calls of one turn of the event loop become one batch. */
  tokenize(value: string, request: TokenRequest, who?: Who): Promise<Tokenized>;
  /** The value of one token, as much of it as the access rules show; calls of one turn become one batch. */
  detokenize(token: string, request: TokenRequest, who?: Who): Promise<string>;
  /** Tokens in order. One bad value refuses them all, with its index as `pointer`, before any token is made. */
  tokenizeBatch(values: readonly string[], requests: Requests, who?: Who): Promise<Tokenized[]>;
  /** Values in order. One bad token refuses them all. */
  detokenizeBatch(tokens: readonly string[], requests: Requests, who?: Who): Promise<string[]>;
  /**
   * A token of an older version for one under the current one, with the whole value of both operations' rules; calls of
   * one turn become one batch. `request` gives the old version.
   */
  retokenize(token: string, request: TokenRequest, who?: Who): Promise<Tokenized>;
  /**
   * Tokens of older versions for tokens under the current one, in order; the caller needs the whole value of both
   * operations' rules. `requests` give the old versions.
   */
  retokenizeBatch(tokens: readonly string[], requests: Requests, who?: Who): Promise<Tokenized[]>;
  /** What each format is, how many tokens it has and what its tokens show. */
  describe(): FormatDescription[];
  /** Zeroes the secrets and what was derived from them; later calls are refused. */
  close(): void;
}

const nobody: Who = {};

export const optionNames: Readonly<Record<keyof TokenizerOptions, true>> = {
  keys: true,
  formats: true,
  vault: true,
  vaultTokens: true,
  audit: true,
  isolation: true,
  now: true,
  access: true,
  limits: true,
  onAlert: true,
};
const ofTokenizer: Named = { what: "a tokenizer's options", names: optionNames, code: "CONFIG_INVALID" };

/**
 * Creates a tokenizer.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`, `ACCESS_INVALID`, `TOKEN_KEY_INVALID`, `KEY_VERSION_UNKNOWN`.
 *
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { createTokenizer } from "@fieldseal/tokenizer";
 * const tokenizer = createTokenizer({
 *   keys: { current: "1", versions: { 1: randomBytes(32) } },
 *   formats: { card: { type: "pan", keepLast: 4 } },
 * });
 * const { token, version } = await tokenizer.tokenize("4111 1111 1111 1111", { format: "card", tenant: "t-7" });
 * await tokenizer.detokenize(token, { format: "card", tenant: "t-7", version }); // "4111 1111 1111 1111"
 * ```
 */
export function createTokenizer(options: TokenizerOptions): Tokenizer {
  // Without `access` everybody sees everything.
  refuseUnknownNames(options, ofTokenizer);
  checkSink(options.audit);
  checkObjects({ keys: options.keys, formats: options.formats });
  if (options.vault !== undefined) checkObjects({ vault: options.vault });
  checkFunctions({ now: options.now, onAlert: options.onAlert });
  const { isolation = "tweak", vaultTokens = "deterministic" } = options;
  checkChoice("isolation", isolation, ["tweak", "tenant"]);
  checkChoice("vaultTokens", vaultTokens, ["deterministic", "random"]);
  const formats = isParsed(options.formats) ? options.formats : parseFormats(options.formats);
  const keys = "open" in options.keys ? options.keys : staticTokenKeys(options.keys);
  if (options.vault === undefined) refuseVaultFormats(formats);
  const scopes = createScopes(formats, keys, isolation);
  const pipeline: TransformOptions = {
    scopes,
    gate: createGate(options),
    vault: options.vault ?? null,
    deterministicVault: vaultTokens === "deterministic",
    audit: options.audit ?? null,
    now: options.now ?? (() => new Date()),
  };
  let closed = false;
  const run =
    <R>(operation: Operation, how: TransformHow<R>) =>
    async (tasks: readonly Task[]) => {
      if (closed) throw tokenizerClosed(true);
      return transform(operation, tasks, how, pipeline);
    };
  const tokenizeOne = coalesce(run("tokenize", { onError: "each", finish: tokenized }));
  const detokenizeOne = coalesce(run("detokenize", { onError: "each", finish: value }));
  const openOne = coalesce(run("detokenize", { onError: "each", finish: value, requireFull: true }));
  const tokenizeAll = run("tokenize", { onError: "all", finish: tokenized });
  const openAll = run("detokenize", { onError: "all", finish: value, requireFull: true });
  const detokenizeAll = run("detokenize", { onError: "all", finish: value });
  const whileOpen =
    <A extends unknown[], R>(work: (...given: A) => Promise<R>) =>
    (...given: A): Promise<R> =>
      closed ? Promise.reject(tokenizerClosed(false)) : work(...given);
  return {
    tokenize: whileOpen((text, request, who) => tokenizeOne(taskOf(text, request, who))),
    detokenize: whileOpen((text, request, who) => detokenizeOne(taskOf(text, request, who))),
    // With "all", an error was thrown, or there is none.
    tokenizeBatch: whileOpen(
      async (values, requests, who) => (await tokenizeAll(tasksOf(values, requests, who))) as Tokenized[],
    ),
    detokenizeBatch: whileOpen(
      async (tokens, requests, who) => (await detokenizeAll(tasksOf(tokens, requests, who))) as string[],
    ),
    retokenize: whileOpen(async (token, request, who) => {
      const text = await openOne(taskOf(token, request, who));
      return tokenizeOne(taskOf(text, { ...request, version: keys.current }, who));
    }),
    retokenizeBatch: whileOpen(async (tokens, requests, who) => {
      const tasks = tasksOf(tokens, requests, who);
      const values = (await openAll(tasks)) as string[];
      const current = tasks.map(({ request }, i) => taskOf(values[i]!, { ...request, version: keys.current }, who));
      return (await tokenizeAll(current)) as Tokenized[];
    }),
    describe: formats.describe,
    close: () => {
      closed = true;
      scopes.close();
    },
  };
}

// Of those who meet in one turn a caller who is null must fail alone, if at all.
function taskOf(text: string, request: TokenRequest, who: Who | null | undefined): Task {
  return { text, request, who: who ?? nobody };
}

function tasksOf(texts: readonly string[], requests: Requests, who: Who | undefined): Task[] {
  if (!Array.isArray(texts)) throw new FieldsealError("CONTEXT_INVALID", "a batch takes a list of values or tokens");
  if (!isList(requests)) return texts.map((text) => taskOf(text, requests, who));
  if (requests.length !== texts.length) {
    throw new FieldsealError("CONTEXT_INVALID", "a batch takes one request for all values, or one for each");
  }
  return texts.map((text, i) => taskOf(text, requests[i]!, who));
}

function isList(requests: Requests): requests is readonly TokenRequest[] {
  return Array.isArray(requests);
}

function tokenized(token: string, version: string): Tokenized {
  return { token, version };
}

function value(text: string): string {
  return text;
}

function isParsed(formats: FormatDeclarations | Formats): formats is Formats {
  return "byName" in formats && formats.byName instanceof Map;
}

function refuseVaultFormats({ byName }: Formats): void {
  for (const [name, { engine, onShort }] of byName) {
    if (engine === "vault" || onShort === "vault") {
      throw new FieldsealError("CONFIG_INVALID", `/${name}: the format needs a vault, and none is given`, {
        pointer: `/${name}`,
      });
    }
  }
}
