// The tokenizer of a service: never without access rules and limits, its tenants from verified claims or configuration.
import {
  type AccessDocument,
  bindingRules,
  type ContextBinding,
  contextOf,
  type RateStore,
  type Who,
} from "@fieldseal/core/access";
import { type Named, type Place, readArray, readObject, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { TokenizerAccess } from "../access/gate.ts";
import type { TokenRequest } from "../scopes.ts";
import { createTokenizer, optionNames, type TokenizerOptions } from "../tokenizer.ts";
import { limitersOf, settledLimits, type TokenLimits } from "./token-limits.ts";
import { readText } from "./token-requests.ts";
import { type NamedSchema, schemasOf } from "./token-schemas.ts";

export interface TokenServiceOptions extends TokenizerOptions {
  /** Who may tokenize and detokenize what. With a `tenant`, only rules that bind it count. */
  readonly access: TokenizerAccess;
  /** Where the tenant comes from: a verified claim of the caller, or a fixed value. Default: there is none. */
  readonly tenant?: ContextBinding;
  /** Besides `limits`, which a store that several processes share may be behind. */
  readonly tokenLimits?: Partial<TokenLimits>;
  /** Where the buckets of `tokenLimits` are kept; default: this process's memory. */
  readonly rateStore?: RateStore;
}

const serviceNames: Readonly<Record<keyof TokenServiceOptions, true>> = {
  ...optionNames,
  tenant: true,
  tokenLimits: true,
  rateStore: true,
};
const ofService: Named = { what: "a token service's options", names: serviceNames, code: "CONFIG_INVALID" };

/** Who calls, as the host has verified it. */
export interface TokenCaller extends Who {
  readonly principal: string;
}

/** One operation: JSON in, JSON out. */
export interface TokenRoute {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly refusals: readonly string[];
  readonly request: NamedSchema;
  readonly answer: NamedSchema;
  readonly json: (request: unknown, caller: TokenCaller) => Promise<object>;
}

/** A part of an HTTP service, as `startPartsService` of `@fieldseal/decrypt/http` takes it. */
export interface TokenService {
  readonly routes: readonly TokenRoute[];
  /** Zeroes the tokenizer's secrets; the vault stays its opener's. */
  close(): void;
}

/** What becomes of one item of a batch. */
type ItemResult = object | { readonly error: { readonly code: string; readonly retryable: boolean } };
type Work = (text: string, request: TokenRequest, caller: TokenCaller) => Promise<object>;

const vaultRefusals = ["404", "409", "410"];
// Nothing may leave that the audit sink has not accepted: such a batch fails as a whole, and can be sent again.
const failsAll = "AUDIT_UNAVAILABLE";

/**
 * Creates the operations `/v1/tokenize`, `/v1/detokenize`, `/v1/tokenize-batch` and `/v1/detokenize-batch`.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` without `access`, `CONTEXT_UNBOUND` where no rule binds the tenant, and as
 * `createTokenizer`.
 *
 * @example
 * ```ts
 * import type { TokenKeys } from "@fieldseal/tokenizer";
 * import { createTokenService } from "@fieldseal/tokenizer/service";
 * declare const keys: TokenKeys;
 * const { routes, close } = createTokenService({
 *   keys,
 *   formats: { card: { type: "pan", keepLast: 4 } },
 *   access: {
 *     rules: [{ principal: "role:shop", context: { tenant: { claim: "tenant" } }, fields: { card: "full" } }],
 *   },
 *   tenant: { claim: "tenant" },
 * });
 * ```
 */
export function createTokenService(options: TokenServiceOptions): TokenService {
  refuseUnknownNames(options, ofService);
  const { tenant, tokenLimits: given, rateStore, ...ofTokenizer } = options;
  const { access, limits = [], now = () => new Date() } = ofTokenizer;
  if (access === undefined) throw new FieldsealError("CONFIG_INVALID", 'a host does not start without "access"');
  if (tenant !== undefined) checkSource(tenant);
  const sources = tenant === undefined ? {} : { tenant };
  const tokenLimits = settledLimits(given);
  const limiters = limitersOf(tokenLimits, () => now().getTime(), rateStore);
  const tokenizer = createTokenizer({
    ...ofTokenizer,
    access: rulesBinding(access, Object.keys(sources)),
    limits: [...limiters, ...[limits].flat()],
  });
  const { maxBatchItems } = tokenLimits;
  const tokenize: Work = (text, request, who) =>
    tokenizer.tokenize(text, { ...request, ...contextOf(sources, who) }, who);
  const detokenize: Work = async (text, request, who) => ({
    value: await tokenizer.detokenize(text, { ...request, ...contextOf(sources, who) }, who),
  });
  return {
    routes: [
      ...routesOf({ verb: "tokenize", input: "value", output: ["token", "version"], maxBatchItems, work: tokenize }),
      ...routesOf({ verb: "detokenize", input: "token", output: ["value"], maxBatchItems, work: detokenize }),
    ],
    close: () => tokenizer.close(),
  };
}

/** Of a claim and a value, the claim would be passed over: all tenants would share their tokens. */
function checkSource(tenant: ContextBinding): void {
  const [[name, text] = [], ...others] = Object.entries(Object(tenant) as Readonly<Record<string, unknown>>);
  const isSource = (name === "claim" || name === "value") && typeof text === "string" && text !== "";
  if (isSource && others.length === 0) return;
  throw new FieldsealError("CONFIG_INVALID", 'tenant comes from exactly one of "claim" and "value"');
}

interface Direction {
  readonly verb: "tokenize" | "detokenize";
  readonly input: "value" | "token";
  readonly output: readonly string[];
  readonly maxBatchItems: number;
  readonly work: Work;
}

function routesOf({ verb, input, output, maxBatchItems, work }: Direction): TokenRoute[] {
  const prefix = verb === "tokenize" ? "Tokenize" : "Detokenize";
  const schemas = schemasOf(prefix, { input, output, maxItems: maxBatchItems });
  const one = async (place: Place, caller: TokenCaller): Promise<object> => {
    const { text, request } = readText(place, input);
    return await work(text, request, caller);
  };
  const whole = { path: `/v1/${verb}`, refusals: vaultRefusals };
  const made =
    verb === "tokenize" ? "The token, and the key version to keep beside it." : "The value, as far as shown.";
  return [
    {
      ...whole,
      operationId: verb,
      summary: verb === "tokenize" ? "Gives the token of one value." : "Gives the value of one token.",
      description: made,
      request: schemas.request,
      answer: schemas.answer,
      json: (request, caller) => one(placeOf(request), caller),
    },
    {
      ...whole,
      path: `${whole.path}-batch`,
      operationId: `${verb}Batch`,
      summary: `Takes many items, in order; each fails alone.`,
      description: "One result for each item.",
      request: schemas.batchRequest,
      answer: schemas.batchAnswer,
      json: async (request, caller) => {
        const items = readItems(placeOf(request), maxBatchItems);
        // Calls of one turn become one batch.
        return { results: await Promise.all(items.map((item) => settled(() => one(item, caller)))) };
      },
    },
  ];
}

/** @throws {FieldsealError} `REQUEST_INVALID`, `BATCH_TOO_LARGE` */
function readItems(place: Place, maxBatchItems: number): Place[] {
  const items = readObject(place, ["items"]).required("items");
  if (Array.isArray(items.value) && items.value.length > maxBatchItems) {
    throw new FieldsealError("BATCH_TOO_LARGE", `a batch has at most ${maxBatchItems} items`);
  }
  return readArray(items, maxBatchItems);
}

async function settled(work: () => Promise<object>): Promise<ItemResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FieldsealError) || error.code === failsAll) throw error;
    return { error: { code: error.code, retryable: error.retryable } };
  }
}

function placeOf(value: unknown): Place {
  return { value, pointer: "", code: "REQUEST_INVALID" };
}

function rulesBinding(access: TokenizerAccess, keys: readonly string[]): TokenizerAccess {
  const bound = (rules: AccessDocument): AccessDocument => bindingRules(rules, keys);
  if ("rules" in access) return bound(access);
  return { ...access, tokenize: bound(access.tokenize), detokenize: bound(access.detokenize) };
}
