// The pipeline for one body: scan, select, protect, splice.
import { applyEdits, type Codec, codecFor, type MediaType, parseMediaType, splicedLength } from "@fieldseal/core/body";
import { type Context, encodeContext } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { matchRoute, type Policy, type Route, routeReads } from "@fieldseal/core/policy";
import { type RequestFacts, resolveContext } from "./context.ts";
import { sealPrimitives } from "./primitives.ts";
import { protect } from "./protect.ts";
import { refuseForeignEnvelopes } from "./refuse-foreign-envelopes.ts";
import { selectFields } from "./select-fields.ts";

/** A request body and what routes look at. */
export interface BodyToEncrypt {
  readonly bytes: Uint8Array;
  /** The Content-Type header's value. */
  readonly mediaType: string;
  /** Default POST. */
  readonly method?: string;
  /** Path without query; default `/`. */
  readonly path?: string;
  /** Context values, for keys that the policy draws from headers or path and for keys of the caller's own. */
  readonly context?: Context;
}

/** Where a body stands in its policy. */
export interface RoutedBody {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly method: string;
  readonly route: Route;
  readonly facts: RequestFacts;
}

const methodsThatCarryAValue = ["POST", "PUT", "PATCH"];

/**
 * Seals the fields of a body that a policy selects; every other byte leaves as it came.
 *
 * @returns the new body, or the very same bytes where no rule selects anything or no route covers the request and the
 * policy forwards those.
 * @throws {FieldsealError} a code of docs/errors.md, groups body and edge; nothing is returned then.
 *
 * @example
 * ```ts
 * import { encryptBody, type parsePolicy } from "@fieldseal/edge-encrypt";
 * declare const policy: ReturnType<typeof parsePolicy>;
 * const bytes = new TextEncoder().encode('{"ssn":"123-45-6789"}');
 * const sealed = await encryptBody({ bytes, mediaType: "application/json", path: "/v1/customers" }, policy);
 * ```
 */
export async function encryptBody(body: BodyToEncrypt, policy: Policy): Promise<Uint8Array> {
  return encryptBodySync(body, policy);
}

/**
 * The same as `encryptBody`, where nothing in the policy is asynchronous.
 *
 * @throws {FieldsealError} the codes of `encryptBody`.
 */
export function encryptBodySync(body: BodyToEncrypt, policy: Policy): Uint8Array {
  const { bytes, mediaType, method = "POST", path = "/", context: given = {} } = body;
  const match = matchRoute(policy, method, path);
  if (match.kind === "method") {
    if (bytes.length > 0) throw methodNotCovered();
    return bytes;
  }
  if (match.kind === "none") {
    if (policy.onUnmatched === "reject") throw routeUnmatched();
    return bytes;
  }
  const facts: RequestFacts = { header: () => [], pathParams: match.pathParams, given };
  return sealRoutedBody({ bytes, mediaType, method, route: match.route, facts });
}

/**
 * Seals a body whose route is known.
 *
 * @throws {FieldsealError} the codes of `encryptBody`.
 */
export function sealRoutedBody({ bytes, mediaType, method, route, facts }: RoutedBody): Uint8Array {
  if (bytes.length === 0) return emptyBody(bytes, method, route);
  const { codec, parsed } = readerOf(mediaType, route);
  if (!sealPrimitives.isUtf8(bytes)) throw new FieldsealError("BODY_NOT_UTF8", "the body is not well-formed UTF-8");
  const scan = codec.scan({ bytes, mediaType: parsed, root: route.matcher, limits: route.limits });
  const fields = selectFields(scan, route, codec);
  refuseForeignEnvelopes(bytes, scan, codec, route, fields);
  if (fields.length === 0) return bytes;
  const context = encodeContext(resolveContext(route, facts, { bytes, scan, codec, fields }));
  const edits = protect(fields, { bytes, codec, context });
  const { maxOutputBytes } = route.limits;
  if (splicedLength(bytes.length, edits) > maxOutputBytes) throw outputTooLarge(maxOutputBytes);
  return applyEdits(bytes, edits, sealPrimitives);
}

export function methodNotCovered(): FieldsealError {
  return new FieldsealError("METHOD_NOT_COVERED", "a body arrived with a method that no route of this path lists");
}

export function routeUnmatched(): FieldsealError {
  return new FieldsealError("ROUTE_UNMATCHED", "no route of the policy covers this request");
}

function readerOf(mediaType: string, route: Route): { readonly codec: Codec; readonly parsed: MediaType } {
  const parsed = parseMediaType(mediaType);
  const codec = codecFor(parsed);
  if (codec === null) {
    throw new FieldsealError("MEDIA_TYPE_UNSUPPORTED", "there is no codec for the body's media type");
  }
  if (!routeReads(route, parsed, codec)) {
    throw new FieldsealError("MEDIA_TYPE_MISMATCH", "the route's rules cannot be applied to the body's media type");
  }
  return { codec, parsed };
}

function emptyBody(bytes: Uint8Array, method: string, route: Route): Uint8Array {
  const required = route.fields.find((rule) => rule.required);
  if (required !== undefined && methodsThatCarryAValue.includes(method)) {
    throw new FieldsealError("FIELD_REQUIRED_MISSING", "a required field is missing: the body is empty", {
      field: required.name,
      selector: required.query.text,
    });
  }
  return bytes;
}

function outputTooLarge(limit: number): FieldsealError {
  return new FieldsealError("OUTPUT_TOO_LARGE", `the sealed body would be larger than ${limit} bytes`, {
    hint: "CloudFront would cut it without a word; seal fewer or larger values, or raise limits.maxOutputBytes",
  });
}
