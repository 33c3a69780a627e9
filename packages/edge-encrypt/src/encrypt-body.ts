// The pipeline for one body: scan, select, protect, splice.
import {
  applyEdits,
  type Codec,
  codecFor,
  type MediaType,
  parseMediaType,
  scanBody,
  splicedLength,
} from "@fieldseal/core/body";
import { type Context, encodeContext } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { matchRoute, type Policy, type Route, routeReads } from "@fieldseal/core/policy";
import { type RequestFacts, resolveContext } from "./context.ts";
import { withFilterMatches } from "./filter-matches.ts";
import { sealPrimitives } from "./primitives.ts";
import { protect } from "./protect.ts";
import { refuseForeignEnvelopes } from "./refuse-foreign-envelopes.ts";
import { createRequestSealer } from "./request-sealer.ts";
import { type SelectedField, selectFields } from "./select-fields.ts";
import { type BodyTokenizer, type FieldsToTokenize, noTokens, tokenizeFields } from "./tokenize-fields.ts";

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

export interface EncryptOptions {
  /** Needed where the policy has `tokenize` rules. */
  readonly tokenizer?: BodyTokenizer;
}

/** Where a body stands in its policy. */
export interface RoutedBody {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly method: string;
  readonly policy: Policy;
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
export async function encryptBody(
  body: BodyToEncrypt,
  policy: Policy,
  { tokenizer }: EncryptOptions = {},
): Promise<Uint8Array> {
  const routed = routeBody(body, policy);
  return routed === null ? body.bytes : sealRoutedBody(routed, tokenizer);
}

/**
 * The same as `encryptBody`, where nothing in the policy is asynchronous.
 *
 * @throws {FieldsealError} the codes of `encryptBody`; `TOKENIZER_MISSING` where a `tokenize` rule selects a value.
 */
export function encryptBodySync(body: BodyToEncrypt, policy: Policy): Uint8Array {
  const routed = routeBody(body, policy);
  const read = routed === null ? null : readFields(routed);
  return read === null ? body.bytes : writeFields(read, noTokens(read));
}

/**
 * Protects the fields of a body whose route is known.
 *
 * @throws {FieldsealError} the codes of `encryptBody`.
 */
export async function sealRoutedBody(body: RoutedBody, tokenizer: BodyTokenizer | undefined): Promise<Uint8Array> {
  const read = readFields(body);
  if (read === null) return body.bytes;
  const tokens = tokenizer === undefined ? noTokens(read) : await tokenizeFields(read, tokenizer);
  return writeFields(read, tokens);
}

/** Scan and select. Null where there is nothing to protect. */
function readFields(body: RoutedBody): FieldsToWrite | null {
  const { bytes, mediaType, method, policy, route, facts } = body;
  if (bytes.length === 0) return emptyBody(method, route);
  const { codec, parsed } = readerOf(mediaType, route);
  const { matcher: root, limits } = route;
  const input = { bytes, mediaType: parsed, root, limits, isUtf8: sealPrimitives.isUtf8 };
  const scan = withFilterMatches(scanBody(codec, input), input, codec, route);
  const fields = selectFields(scan, route, codec);
  refuseForeignEnvelopes({ bytes, scan, codec, policy, route, fields });
  if (fields.length === 0) return null;
  const context = once(() => resolveContext(route, facts, { bytes, scan, codec, fields }));
  return { bytes, codec, fields, context, maxOutputBytes: limits.maxOutputBytes };
}

/** Protect and splice. */
function writeFields(read: FieldsToWrite, tokens: ReadonlyMap<SelectedField, string>): Uint8Array {
  const { bytes, codec, fields, context, maxOutputBytes } = read;
  const sealer = createRequestSealer({ context: () => encodeContext(context()), now: Date.now });
  const edits = protect(fields, { bytes, codec, sealer, tokens });
  if (splicedLength(bytes.length, edits) > maxOutputBytes) throw outputTooLarge(maxOutputBytes);
  return applyEdits(bytes, edits, sealPrimitives);
}

interface FieldsToWrite extends FieldsToTokenize {
  readonly fields: readonly SelectedField[];
  readonly maxOutputBytes: number;
}

function routeBody(body: BodyToEncrypt, policy: Policy): RoutedBody | null {
  const { bytes, mediaType, method = "POST", path = "/", context: given = {} } = body;
  const match = matchRoute(policy, method, path);
  if (match.kind === "method") {
    if (bytes.length > 0) throw methodNotCovered();
    return null;
  }
  if (match.kind === "none") {
    if (policy.onUnmatched === "reject") throw routeUnmatched();
    return null;
  }
  const facts: RequestFacts = { header: () => [], pathParams: match.pathParams, given };
  return { bytes, mediaType, method, policy, route: match.route, facts };
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

function emptyBody(method: string, route: Route): null {
  const required = route.fields.find((rule) => rule.required);
  if (required !== undefined && methodsThatCarryAValue.includes(method)) {
    throw new FieldsealError("FIELD_REQUIRED_MISSING", "a required field is missing: the body is empty", {
      field: required.name,
      selector: required.query.text,
    });
  }
  return null;
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function outputTooLarge(limit: number): FieldsealError {
  return new FieldsealError("OUTPUT_TOO_LARGE", `the sealed body would be larger than ${limit} bytes`, {
    hint: "CloudFront would cut it without a word; seal fewer or larger values, or raise limits.maxOutputBytes",
  });
}
