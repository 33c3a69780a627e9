// Did this request pass the edge? Secret, route, receipt, structure: decided without any private key.
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { type Context, encodeContext } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy, Route, RouteMatch } from "@fieldseal/core/policy";
import { contentCodings } from "../cloudfront/content-coding.ts";
import { boundKeys, type ContextKeys, partOf, resolveContext } from "../context.ts";
import { dataKeyDigest, macOf } from "../receipt/mac.ts";
import { parseReceipt } from "../receipt/parse-receipt.ts";
import { isReceiptHeader, type Receipt, receiptHeader } from "../receipt/receipt.ts";
import type { HeaderLines, MessageHead } from "../request/message-head.ts";
import { coveredMethodsOf, namesAnotherMethod, overridesOf, refuseOverrides } from "../request/method-override.ts";
import { readsBody } from "../request/plan-body.ts";
import { refuseUncovered } from "../request/refuse-uncovered.ts";
import { routeOf } from "../request/route-of.ts";
import { readSealedValues, type SealedValues } from "./sealed-values.ts";
import { viewersPath } from "./viewers-path.ts";

/** What requests are held to. */
export interface CheckOptions {
  /** The policy of the edge; requests without a receipt are held to it. */
  readonly policy: Policy;
  /** Other policies that edges may run while one is rolled out, older or newer. */
  readonly previous?: readonly Policy[];
  /** Values of `secretHeader` that CloudFront may send, as an origin custom header; several while one is replaced. */
  readonly secrets?: readonly string[];
  /** Default `x-fieldseal-secret`. */
  readonly secretHeader?: string;
  /** HMAC keys of receipts, several while one is replaced. Given, a receipt without an HMAC is refused. */
  readonly receiptKeys?: readonly string[];
  /** Values of context keys that the origin cannot see in the request. */
  readonly context?: Context;
  /** The distribution's origin path, which CloudFront puts before the viewer's. */
  readonly originPath?: string;
  /** Milliseconds since 1970; default: the platform's clock. */
  readonly now?: () => number;
}

/** A request as the origin got it. */
export interface OriginRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: HeaderLines;
  readonly body: Uint8Array;
}

const maxAge = 300;
const maxAhead = 60;

/** Checks requests; gives the receipt, or null for a request that no route covers. @throws `FieldsealError` */
export type RequestCheck = (request: OriginRequest) => Receipt | null;

/** Creates the check of one guard, whose options were checked. */
export function createRequestCheck(options: CheckOptions): RequestCheck {
  const { policy, previous = [], receiptKeys, context: known = {}, originPath = "", now = Date.now } = options;
  const policies: readonly [Policy, ...Policy[]] = [policy, ...previous];
  return (given) => {
    // In JavaScript, what a parser made of a body has no length.
    if (!(given.body instanceof Uint8Array)) throw new FieldsealError("CONFIG_INVALID", "the body is no Uint8Array");
    const request = { ...given, headers: inLowerCase(given.headers) };
    requireSecret(request.headers, options);
    const head = headOf(request, originPath);
    const receipt = receiptOf(request.headers);
    const written = policyOf(receipt, policies);
    const match = routeOf(written, head);
    if (match.kind !== "route") {
      const mayHoldValues = (): boolean => request.body.length > 0 || namesAnotherMethod(head);
      refuseUncovered(match, { policy: written, mayHoldValues });
      if (receipt?.mode === "enforce") throw invalid("a request that no route covers has a receipt");
      return null;
    }
    requireEnforced(receipt);
    const sealed = sealedValuesOf(match, { policy: written, head, body: request.body });
    requireConsistent(receipt, match.route, sealed);
    if (receiptKeys !== undefined) {
      const context = contextOf(match, { head, known, sealed });
      requireMac(receipt, { request, context, receiptKeys, seconds: now() / 1000 });
    }
    return receipt;
  };
}

type CoveredRoute = RouteMatch & { readonly kind: "route" };

/** What rules have sealed in a request; its body is read where some rule is about it. */
function sealedValuesOf(
  match: CoveredRoute,
  { policy, head, body }: { readonly policy: Policy; readonly head: MessageHead; readonly body: Uint8Array },
): SealedValues {
  const { route } = match;
  const { "content-type": types = [], "content-encoding": codings = [] } = head.headers;
  const coveredMethods = coveredMethodsOf(policy, match);
  refuseOverrides(coveredMethods, () => overridesOf(head));
  // Of a request without a body it says nothing, and the edge lets it pass.
  const [mediaType = "", another] = body.length > 0 ? types : [];
  if (another !== undefined) throw new FieldsealError("MEDIA_TYPE_MISMATCH", "there is more than one Content-Type");
  const isRead = body.length > 0 && readsBody({ route, coveredMethods, mediaType });
  if (isRead && contentCodings(codings).length > 0) {
    throw new FieldsealError("CONTENT_CODING_UNSUPPORTED", "the body is compressed");
  }
  const bytes = isRead ? body : new Uint8Array(0);
  return readSealedValues(route, { policy, head, bytes, mediaType, coveredMethods });
}

/** Canonical bytes of what the sealed values are bound to; `known` is what the origin cannot see in the request. */
function contextOf(
  { route, pathParams }: CoveredRoute,
  { head, known, sealed }: { readonly head: MessageHead; readonly known: Context; readonly sealed: SealedValues },
): Uint8Array {
  const keys = boundKeys(sealed.values.map(({ action }) => action));
  refuseUnseen(route, keys, known);
  const facts = { header: (name: string) => head.headers[name] ?? [], pathParams, given: known };
  const whole = keys?.size === 0 ? {} : resolveContext(route, facts, { keys, body: sealed.body });
  return encodeContext(partOf(whole, keys));
}

/**
 * Header lines by lower-case names, without a prototype; gateways hand names on as the client wrote them. In JavaScript, a
 * line may be no list.
 */
export function inLowerCase(headers: HeaderLines): HeaderLines {
  const lines: Record<string, string[]> = Object.create(null);
  for (const [name, values] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    lines[lower] = [...(lines[lower] ?? []), values].flat();
  }
  return lines;
}

/** A request's head as the viewer sent it. @throws {FieldsealError} `PATH_AMBIGUOUS` */
export function headOf({ method, url, headers }: Omit<OriginRequest, "body">, originPath: string): MessageHead {
  const at = url.indexOf("?");
  const uri = viewersPath(at < 0 ? url : url.slice(0, at), originPath);
  return { method, uri, query: Buffer.from(at < 0 ? "" : url.slice(at + 1)), headers };
}

function receiptOf(headers: HeaderLines): Receipt | null {
  const lines = Object.entries(headers).flatMap(([name, values]) => (isReceiptHeader(name) ? values : []));
  const [text, another] = lines;
  if (another !== undefined || (text !== undefined && !Object.hasOwn(headers, receiptHeader))) {
    throw invalid("the request has more than one receipt");
  }
  return text === undefined ? null : parseReceipt(text);
}

/** The policy that a receipt is of; without one, the first. */
function policyOf(receipt: Receipt | null, policies: readonly [Policy, ...Policy[]]): Policy {
  if (receipt === null) return policies[0];
  const found = policies.find(({ digest }) => digest === receipt.policy);
  if (found !== undefined) return found;
  const hint = "give the policy of the edge, with its keys, and those that edges may still run in `previous`";
  throw invalid("the receipt is of a policy that this origin does not have", hint);
}

function requireEnforced(receipt: Receipt | null): asserts receipt is Receipt {
  if (receipt === null) throw new FieldsealError("RECEIPT_MISSING", "a covered request came without a receipt");
  if (receipt.mode === "enforce") return;
  throw invalid("the edge is in shadow mode: it seals nothing", 'let the edge run with the mode "enforce"');
}

function requireConsistent(receipt: Receipt, route: Route, { values }: SealedValues): void {
  const counts = new Map<string, number>();
  const digests = new Set<string>();
  for (const { field, kid, wrapped } of values) {
    counts.set(field, (counts.get(field) ?? 0) + 1);
    if (wrapped !== null) digests.add(`${kid}:${dataKeyDigest(wrapped)}`);
  }
  const alone = new Set(sealedOnly(route));
  for (const field of new Set([...alone, ...counts.keys()])) {
    const [said, found] = [receipt.fields.get(field) ?? 0, counts.get(field) ?? 0];
    // Of what other rules of a name took, nothing is left to count.
    if (alone.has(field) ? found !== said : found > said) {
      throw invalid("the receipt counts other fields than there are");
    }
  }
  const said = Array.from(receipt.dataKeys, ([kid, keys]) => keys.map((digest) => `${kid}:${digest}`)).flat();
  if (said.length !== digests.size || !said.every((key) => digests.has(key))) {
    throw invalid("the receipt names other data keys than there are");
  }
}

/** Names of rules that leave an envelope; what else a receipt counts leaves nothing to count. */
function sealedOnly({ fields, query, headers, cookies }: Route): string[] {
  const rules = [...fields, ...query, ...headers, ...cookies];
  const others = new Set(rules.filter(({ action }) => action.kind !== "encrypt").map(({ name }) => name));
  return rules.map(({ name }) => name).filter((name) => !others.has(name));
}

function requireMac(
  receipt: Receipt,
  {
    request,
    context,
    receiptKeys,
    seconds,
  }: {
    readonly request: OriginRequest;
    readonly context: Uint8Array;
    readonly receiptKeys: readonly string[];
    readonly seconds: number;
  },
): void {
  if (receipt.seal === null) throw invalid("the receipt has no HMAC", "set receiptKeyHeader at the edge");
  const [text = ""] = request.headers[receiptHeader]!;
  const signed = text.slice(0, text.lastIndexOf(";s="));
  const { mac, time } = receipt.seal;
  const { method, url, body } = request;
  const fits = receiptKeys.map((key) => equal(macOf(signed, { method, url, context, body }, key), mac));
  if (!fits.includes(true)) {
    const hint =
      "receiptKeys, originPath and context must be those of the edge; else the request was changed on its way";
    throw invalid("the receipt's HMAC is not of this request", hint);
  }
  // Said so that a clock that gives no number ends every receipt.
  if (!(seconds - time <= maxAge && time - seconds <= maxAhead)) {
    throw new FieldsealError("RECEIPT_EXPIRED", `the receipt is older than ${maxAge} seconds, or from the future`);
  }
}

/** @throws {FieldsealError} `RECEIPT_INVALID` where a rule seals or removes a header that a bound key is drawn from. */
function refuseUnseen({ context, headers }: Route, keys: ContextKeys, given: Context): void {
  const isGone = (name: string): boolean =>
    headers.some(({ of, action }) => of === name && ["encrypt", "remove"].includes(action.kind));
  const unseen = context.find(({ key, ...source }) => {
    const isBound = (keys === null || keys.has(key)) && !Object.hasOwn(given, key);
    return isBound && source.from === "header" && isGone(source.header);
  });
  if (unseen === undefined) return;
  const hint = `give its value in the guard's "context"`;
  throw invalid(`a rule changes the header that the context key "${unseen.key}" comes from`, hint);
}

/** Every secret is compared, each in constant time: which one fits, and how far, does not show. */
function requireSecret(headers: HeaderLines, { secrets, secretHeader = "x-fieldseal-secret" }: CheckOptions): void {
  if (secrets === undefined) return;
  const [given, another] = headers[secretHeader.toLowerCase()] ?? [];
  const fits = secrets.map((secret) => equal(secret, given ?? ""));
  if (given === undefined || another !== undefined || !fits.includes(true)) {
    throw new FieldsealError("ORIGIN_SECRET_MISMATCH", "the origin's secret header is missing or another one");
  }
}

function equal(a: string, b: string): boolean {
  const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function invalid(message: string, hint?: string): FieldsealError {
  return new FieldsealError("RECEIPT_INVALID", message, hint === undefined ? {} : { hint });
}
