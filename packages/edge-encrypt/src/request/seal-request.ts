// One request: what rules select in body, query, headers and cookies, sealed under one set of keys.
import { Buffer } from "node:buffer";
import { applyEdits, queryString, splicedLength } from "@fieldseal/core/body";
import { encodeContext } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { resolveContext } from "../context.ts";
import { sealPrimitives } from "../primitives.ts";
import { protect } from "../protect.ts";
import { headerEdits } from "./header-edits.ts";
import { type MessageHead, refuseLongHead } from "./message-limits.ts";
import { overridesOf, refuseOverrides } from "./method-override.ts";
import { type NamedLine, requireNamedValues, selectNamedValues } from "./named-values.ts";
import { type BodyPlan, planBody, type RoutedBody } from "./plan-body.ts";
import { planQuery, type QueryPlan, queryEdits } from "./query.ts";
import { createRequestSealer } from "./request-sealer.ts";

export interface RoutedRequest extends RoutedBody {
  /** Null where only a body is sealed. */
  readonly head: MessageHead | null;
  /** Most bytes that a replaced body may have. */
  readonly maxBodyBytes: number;
  /** True: the body is replaced even where no rule selects anything in it. */
  readonly replacesBody?: boolean;
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
  /** Wrapped data keys by key id. */
  readonly wrappedKeys: ReadonlyMap<string, readonly Uint8Array[]>;
  /** Canonical bytes of the context; of an empty one where nothing is sealed. */
  readonly context: Uint8Array;
}

/**
 * Seals a request whose route is known.
 *
 * @throws {FieldsealError} a code of docs/errors.md, groups body and edge; nothing was sealed then.
 */
export function sealRequest(request: RoutedRequest): SealedRequest {
  const { route, head, method, maxBodyBytes } = request;
  if (head !== null && request.coveredMethods !== null) {
    refuseOverrides(request.coveredMethods, overridesOf(head.headers, head.query));
  }
  const body = planBody(request);
  const plans = { body, ...planHead(request) };
  const rules = selectedRules(plans);
  const seals = rules.some(({ action }) => action.kind === "encrypt");
  const context = encodeContext(seals ? resolveContext(route, request.facts, body ?? nothingRead) : {});
  const sealer = createRequestSealer(context);

  const bodyEdits = body === null || body.fields.length === 0 ? [] : protect(body.fields, { ...body, sealer });
  const inQuery = plans.query === null ? [] : queryEdits(plans.query, sealer);
  const inHeaders = headerEdits(plans.lines, sealer);
  const replacesBody = bodyEdits.length > 0 || request.replacesBody === true;
  if (replacesBody && splicedLength(request.bytes.length, bodyEdits) > maxBodyBytes) throw outputTooLarge(maxBodyBytes);
  if (head !== null) refuseLongHead(head, splicedLength(head.query.length, inQuery), inHeaders);

  const bytes = bodyEdits.length === 0 ? request.bytes : applyEdits(request.bytes, bodyEdits, sealPrimitives);
  const query = inQuery.length === 0 ? null : textOf(applyEdits(plans.query!.bytes, inQuery));
  const lines = inHeaders.map(({ header, index, write }) => ({ header, index, text: write() }));
  return { bytes, query, lines, fields: count(rules), wrappedKeys: sealer.wrappedKeys(), context };

  function planHead({ head }: RoutedRequest): { readonly query: QueryPlan | null; readonly lines: NamedLine[] } {
    if (head === null) return { query: null, lines: [] };
    const isAsked = method !== "OPTIONS";
    const query = planQuery(head.query, route, isAsked);
    const lines = selectNamedValues(head.headers, route);
    if (isAsked) requireNamedValues(lines, route);
    return { query, lines };
  }
}

const nothingRead: BodyPlan = {
  bytes: new Uint8Array(0),
  codec: queryString,
  scan: { matches: [], longTexts: [] },
  fields: [],
};

function selectedRules(plans: {
  readonly body: BodyPlan | null;
  readonly query: QueryPlan | null;
  readonly lines: readonly NamedLine[];
}): Pick<NamedLine["values"][number]["rule"], "name" | "action">[] {
  const fields = [...(plans.body?.fields ?? []), ...(plans.query?.fields ?? [])];
  return [...fields, ...plans.lines.flatMap(({ values }) => values)].map(({ rule }) => rule);
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

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
