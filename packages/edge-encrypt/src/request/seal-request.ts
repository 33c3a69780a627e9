// One request: what rules select in body, query, headers and cookies, sealed under one set of keys.
import { applyEdits, createScan, type Edit, queryString, splicedLength } from "@fieldseal/core/body";
import { type Context, encodeContext } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { NamedRule } from "@fieldseal/core/policy";
import { bufferOf } from "../buffer-of.ts";
import { boundKeys, type ContextKeys, createBinding, partOf, resolveContext } from "../context.ts";
import { noTokens } from "../fields-to-tokenize.ts";
import { sealPrimitives } from "../primitives.ts";
import { protect } from "../protect.ts";
import type { SelectedField, Selection } from "../select-fields.ts";
import { tokenizeFields } from "../token-batches.ts";
import type { Tokenizing } from "../tokenizing.ts";
import { headerEdits } from "./header-edits.ts";
import type { MessageHead } from "./message-head.ts";
import { refuseLongHead } from "./message-limits.ts";
import { overridesOf, refuseOverrides } from "./method-override.ts";
import { type NamedLine, requireNamedValues, selectNamedValues } from "./named-values.ts";
import { type BodyPlan, planBody, type RoutedBody } from "./plan-body.ts";
import { planQuery } from "./query.ts";
import { createRequestSealer } from "./request-sealer.ts";

export interface RoutedRequest extends RoutedBody {
  /** Null where only a body is sealed. */
  readonly head: MessageHead | null;
  /** Most bytes that a replaced body may have. */
  readonly maxBodyBytes: number;
  /** True: the body is replaced even where no rule selects anything in it. */
  readonly replacesBody: boolean;
}

/** One line of a header afterwards; null where it is gone. */
export interface SealedLine {
  readonly header: string;
  readonly index: number;
  readonly text: string | null;
}

export interface SealedRequest {
  /** The very bytes of the request where no rule selects anything in the body. */
  readonly bytes: Uint8Array;
  /** Null where the query is unchanged. */
  readonly query: string | null;
  readonly lines: readonly SealedLine[];
  /** How many values each rule took, by its name. */
  readonly fields: ReadonlyMap<string, number>;
  /** Digests of the wrapped data keys by key id, as receipts have them. */
  readonly dataKeys: () => ReadonlyMap<string, readonly string[]>;
  /** Canonical bytes of the context that something is bound to; of an empty one where nothing is. */
  readonly context: Uint8Array;
}

/**
 * Seals a request whose route is known.
 *
 * @throws {FieldsealError} a code of docs/errors.md, groups body and edge; nothing was sealed then.
 */
export async function sealRequest(request: RoutedRequest, by: Tokenizing): Promise<SealedRequest> {
  const plan = planRequest(request);
  return write(request, plan, await tokenizeFields(plan, by));
}

/**
 * The same without a tokenizer.
 *
 * @throws {FieldsealError} the codes of `sealRequest`; `TOKENIZER_MISSING`.
 */
export function sealRequestSync(request: RoutedRequest): SealedRequest {
  const plan = planRequest(request);
  return write(request, plan, noTokens(plan));
}

/** What rules do with a request; nothing is drawn or sealed yet. */
interface RequestPlan extends BodyPlan {
  readonly query: Selection;
  readonly lines: readonly NamedLine[];
  /** Body, query and lines. */
  readonly selections: readonly Selection[];
  readonly rules: readonly Pick<NamedRule, "name" | "action">[];
  readonly context: Context;
  /** What of it some envelope is bound to. */
  readonly bound: ContextKeys;
}

function planRequest(request: RoutedRequest): RequestPlan {
  const { route, policy, head, method } = request;
  if (head !== null) refuseOverrides(request.coveredMethods, () => overridesOf(head));
  const body = planBody(request) ?? nothingRead;
  const isAsked = method !== "OPTIONS";
  const query = head === null ? nothingRead : planQuery(head.query, route, { policy, path: head.uri, isAsked });
  const lines = head === null ? [] : selectNamedValues(head.headers, route, policy);
  if (head !== null && isAsked) requireNamedValues(lines, route);
  const selections = [body, query, ...lines];
  const rules: Pick<NamedRule, "name" | "action">[] = [];
  for (const { fields } of selections) {
    for (const { rule, inner } of fields) rules.push(rule, ...inner.map((field) => field.rule));
  }
  const bound = boundKeys(rules.map(({ action }) => action));
  const keys = rules.some(({ action }) => action.kind === "tokenize") ? null : bound;
  const context = keys?.size === 0 ? {} : resolveContext(route, request.facts, { keys, body });
  return { ...body, query, lines, selections, rules, context, bound };
}

/** How often a body is sealed again, where it would hold its own delimiter. */
const maxRepeats = 3;

function write(
  request: RoutedRequest,
  plan: RequestPlan,
  tokens: ReadonlyMap<SelectedField, string>,
  repeats = 0,
): SealedRequest {
  const { head, maxBodyBytes } = request;
  const whole = partOf(plan.context, plan.bound);
  const context = encodeContext(whole);
  const sealer = createRequestSealer({ context, boundTo: createBinding(whole, context), now: Date.now });
  const by = { sealer, tokens };
  const bodyEdits = protect(plan.fields, { bytes: plan.bytes, codec: plan.codec, ...by });
  const inQuery = protect(plan.query.fields, { ...plan.query, ...by });
  const inHeaders = headerEdits(plan.lines, by);
  const replacesBody = bodyEdits.length > 0 || request.replacesBody;
  if (replacesBody && splicedLength(request.bytes.length, bodyEdits) > maxBodyBytes) throw outputTooLarge(maxBodyBytes);
  if (head !== null) refuseLongHead(head, splicedLength(head.query.length, inQuery), inHeaders);

  const bytes = bodyEdits.length === 0 ? request.bytes : applyEdits(request.bytes, bodyEdits, sealPrimitives);
  // What is sealed is random: one in some hundred envelopes holds a boundary of one letter.
  if (plan.delimiter !== undefined && isWritten(plan.delimiter, bytes, bodyEdits)) {
    if (repeats < maxRepeats) return write(request, plan, tokens, repeats + 1);
    throw new FieldsealError("MEDIA_TYPE_MISMATCH", "the boundary is so short that what is sealed holds it");
  }
  const query = inQuery.length === 0 ? null : bufferOf(applyEdits(plan.query.bytes, inQuery)).toString("utf8");
  const lines = inHeaders.map(({ header, index, write: line }) => ({ header, index, text: line() }));
  return { bytes, query, lines, fields: count(plan.rules), dataKeys: sealer.dataKeys, context };
}

const nothingRead: BodyPlan = {
  bytes: new Uint8Array(0),
  codec: queryString,
  fields: [],
  scanForContext: createScan,
};

/** True where some edit of a body wrote `delimiter`. */
function isWritten(delimiter: string, sealed: Uint8Array, edits: readonly Edit[]): boolean {
  let shift = 0;
  return edits.some(({ start, end, length }) => {
    const at = start + shift;
    shift += length - (end - start);
    return bufferOf(sealed.subarray(at, at + length)).includes(delimiter);
  });
}

function count(rules: readonly { readonly name: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of rules) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function outputTooLarge(limit: number): FieldsealError {
  return new FieldsealError("OUTPUT_TOO_LARGE", `the sealed body would be larger than ${limit} bytes`, {
    hint: "CloudFront would cut it without a word; seal fewer or larger values, or raise limits.maxOutputBytes",
  });
}
