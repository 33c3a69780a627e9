// From a CloudFront event to a request of which all that rules are about is there (CloudFront guide, "Lambda@Edge event
// structure" and "Restrictions on the request body").
import { Buffer } from "node:buffer";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import type { CloudFrontHeaders, CloudFrontRequest, CloudFrontRequestEvent } from "aws-lambda";
import type { HeaderLines, MessageHead } from "../request/message-head.ts";
import { coveredMethodsOf, namesAnotherMethod } from "../request/method-override.ts";
import { readsBody } from "../request/plan-body.ts";
import { refuseUncovered } from "../request/refuse-uncovered.ts";
import { routeOf } from "../request/route-of.ts";
import type { RoutedRequest } from "../request/seal-request.ts";
import { decodeBody } from "./body-encoding.ts";
import { contentCodings, openContentCoding } from "./content-coding.ts";
import { maxReplacedBytes } from "./edge-limits.ts";

/** Methods whose requests may come without a body. */
export const bodilessMethods: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** A routed request whose body may still be coded. */
export interface ReadRequest extends RoutedRequest {
  /** Content codings of the body, in the order in which they were applied. */
  readonly codings: readonly string[];
}

/** The request of an event. @throws {FieldsealError} `EVENT_INVALID` where it is no request event. */
export function requestOf(event: CloudFrontRequestEvent): CloudFrontRequest {
  const { config, request } = event?.Records?.[0]?.cf ?? {};
  const isResponse = String(config?.eventType).endsWith("response");
  if (
    isResponse ||
    typeof request?.uri !== "string" ||
    typeof request.method !== "string" ||
    typeof request.headers !== "object"
  ) {
    throw new FieldsealError("EVENT_INVALID", "the event is not a CloudFront request event");
  }
  return request;
}

/**
 * A request that a route covers; null where it may leave as it is.
 *
 * @throws {FieldsealError} `ROUTE_UNMATCHED`, `PATH_AMBIGUOUS`, `METHOD_NOT_COVERED`, `BODY_NOT_EXPOSED`,
 * `BODY_TRUNCATED`, `BODY_ENCODING_INVALID`, `MEDIA_TYPE_MISSING`, `MEDIA_TYPE_MISMATCH`.
 */
export function readRequest(event: CloudFrontRequestEvent, policy: Policy): ReadRequest | null {
  const request = requestOf(event);
  const { method, uri, querystring = "", body } = request;
  const head: MessageHead = { method, uri, query: Buffer.from(querystring), headers: headerLines(request.headers) };
  const match = routeOf(policy, head);
  if (match.kind !== "route") {
    refuseUncovered(match, { policy, mayHoldValues: () => mayHoldBody(request) || namesAnotherMethod(head) });
    return null;
  }
  const { route, pathParams } = match;
  const header = (name: string): readonly string[] => head.headers[name] ?? [];
  const bytes = exposedBody(request);
  const isTruncated = body?.inputTruncated;
  const about = bytes.length === 0 && !isTruncated ? () => [] : header;
  const [mediaType = "", another] = about("content-type");
  if (another !== undefined) {
    throw new FieldsealError("MEDIA_TYPE_MISMATCH", "the request has more than one Content-Type");
  }
  const coveredMethods = coveredMethodsOf(policy, match);
  let codings = contentCodings(about("content-encoding"));
  if (isTruncated || codings.length > 0) {
    const isRead = readsBody({ route, coveredMethods, mediaType });
    if (isTruncated && isRead) throw bodyTruncated();
    // What no rule is about leaves as it came.
    if (!isRead) codings = [];
  }
  return {
    bytes,
    codings,
    mediaType,
    method,
    policy,
    route,
    head,
    facts: { header, pathParams, given: {} },
    coveredMethods,
    maxBodyBytes: maxReplacedBytes(route.limits.maxOutputBytes, event.Records[0]!.cf.config?.eventType),
    replacesBody: codings.length > 0,
  };
}

/**
 * The same request with its body's content codings opened.
 *
 * @throws {FieldsealError} `CONTENT_CODING_UNSUPPORTED`, `BODY_TOO_LARGE`, `BODY_MALFORMED`.
 */
export async function openRequest(request: ReadRequest): Promise<ReadRequest> {
  return { ...request, bytes: await openContentCoding(request.bytes, request.codings, request.route) };
}

function mayHoldBody({ body, method }: CloudFrontRequest): boolean {
  return body === undefined ? !bodilessMethods.includes(method) : body.data !== "" || body.inputTruncated;
}

/** The bytes of the body that CloudFront hands over; none where there is no body. */
function exposedBody({ body, method }: CloudFrontRequest): Uint8Array {
  if (body === undefined) {
    if (bodilessMethods.includes(method)) return new Uint8Array(0);
    throw new FieldsealError("BODY_NOT_EXPOSED", "CloudFront did not hand over the body of a covered request", {
      hint: "set IncludeBody on the function association of this cache behavior",
    });
  }
  return decodeBody(body.data, body.encoding);
}

function headerLines(headers: CloudFrontHeaders): HeaderLines {
  // Without a prototype: `__proto__` is a header name like any other.
  const lines: Record<string, readonly string[]> = Object.create(null);
  for (const name in headers) lines[name.toLowerCase()] = headers[name]!.map(({ value }) => value);
  return lines;
}

/** The error for a body of which all would have to be known. */
export function bodyTruncated(): FieldsealError {
  return new FieldsealError("BODY_TRUNCATED", "the body is larger than CloudFront hands to a function");
}
