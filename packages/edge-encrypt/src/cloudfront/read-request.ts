// From a CloudFront event to a request whose every byte is there (CloudFront guide, "Lambda@Edge event
// structure" and "Restrictions on the request body").
import { Buffer } from "node:buffer";
import { FieldsealError } from "@fieldseal/core/errors";
import { matchRoute, type Policy } from "@fieldseal/core/policy";
import type { CloudFrontHeaders, CloudFrontRequest, CloudFrontRequestEvent } from "aws-lambda";
import { methodNotCovered, routeUnmatched } from "../encrypt-body.ts";
import type { MessageHead } from "../request/message-limits.ts";
import { overridesOf } from "../request/method-override.ts";
import type { HeaderLines } from "../request/named-values.ts";
import { coveredMethodsOf } from "../request/plan-body.ts";
import type { RoutedRequest } from "../request/seal-request.ts";
import { contentCodings, openContentCoding } from "./content-coding.ts";
import { maxReplacedBytes } from "./edge-limits.ts";

/** Methods whose requests may come without a body. */
export const bodilessMethods: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** The request of an event. @throws {FieldsealError} `EVENT_INVALID` where it is no request event. */
export function requestOf(event: CloudFrontRequestEvent): CloudFrontRequest {
  const request = event?.Records?.[0]?.cf?.request;
  if (typeof request?.uri !== "string" || typeof request.method !== "string" || typeof request.headers !== "object") {
    throw new FieldsealError("EVENT_INVALID", "the event is not a CloudFront request event");
  }
  return request;
}

/** The event's type, where it says so. */
export function eventTypeOf(event: CloudFrontRequestEvent): Parameters<typeof maxReplacedBytes>[1] {
  return event?.Records?.[0]?.cf?.config?.eventType;
}

/**
 * A request that a route covers; null where it may leave as it is.
 *
 * @throws {FieldsealError} `ROUTE_UNMATCHED`, `PATH_AMBIGUOUS`, `METHOD_NOT_COVERED`, `BODY_NOT_EXPOSED`,
 * `BODY_TRUNCATED`, `BODY_ENCODING_INVALID`, `CONTENT_CODING_UNSUPPORTED`, `BODY_TOO_LARGE`, `MEDIA_TYPE_MISSING`,
 * `MEDIA_TYPE_MISMATCH`.
 */
export async function readRequest(event: CloudFrontRequestEvent, policy: Policy): Promise<RoutedRequest | null> {
  const request = requestOf(event);
  const { method, uri, querystring = "", body } = request;
  const head: MessageHead = { method, uri, query: Buffer.from(querystring), headers: headerLines(request.headers) };
  const match = matchRoute(policy, method, uri);
  if (match.kind === "none") {
    if (policy.onUnmatched === "reject") throw routeUnmatched();
    return null;
  }
  if (match.kind === "method") {
    const mayHoldBody =
      body === undefined ? !bodilessMethods.includes(method) : body.data !== "" || body.inputTruncated;
    const overrides = overridesOf(head.headers, head.query).some((override) => override !== method);
    if (policy.onUncoveredMethod === "refuse" && (mayHoldBody || overrides)) throw methodNotCovered();
    return null;
  }
  const { route, pathParams } = match;
  const header = (name: string): readonly string[] => (Object.hasOwn(head.headers, name) ? head.headers[name]! : []);
  const exposed = exposedBody(request);
  const codings = exposed.length === 0 ? [] : contentCodings(header("content-encoding"));
  return {
    bytes: codings.length === 0 ? exposed : await openContentCoding(exposed, codings, route),
    mediaType: exposed.length === 0 ? "" : oneMediaType(header("content-type")),
    ...{ method, policy, route, head },
    facts: { header, pathParams, given: {} },
    coveredMethods: coveredMethodsOf(policy, route),
    maxBodyBytes: maxReplacedBytes(route.limits.maxOutputBytes, eventTypeOf(event)),
    replacesBody: codings.length > 0,
  };
}

/** All bytes of the body; none where there is no body. */
function exposedBody({ body, method }: CloudFrontRequest): Uint8Array {
  if (body === undefined) {
    if (bodilessMethods.includes(method)) return new Uint8Array(0);
    throw new FieldsealError("BODY_NOT_EXPOSED", "CloudFront did not hand over the body of a covered request", {
      hint: "set IncludeBody to true on the function association of this cache behavior",
    });
  }
  if (body.inputTruncated) {
    throw new FieldsealError("BODY_TRUNCATED", "the body is larger than CloudFront hands to a function");
  }
  return decodeBody(body.data, body.encoding);
}

function headerLines(headers: CloudFrontHeaders): HeaderLines {
  const entries = Object.entries(headers);
  return Object.fromEntries(entries.map(([name, lines]) => [name.toLowerCase(), lines.map(({ value }) => value)]));
}

function decodeBody(data: string, encoding: string): Uint8Array {
  if (encoding === "text") return Buffer.from(data, "utf8");
  if (encoding === "base64" && typeof data === "string") {
    const bytes = Buffer.from(data, "base64");
    // The decoder skips whatever is no base64.
    if (bytes.toString("base64") === data) return bytes;
  }
  throw new FieldsealError("BODY_ENCODING_INVALID", "the body of the event is not the encoding it claims");
}

function oneMediaType(values: readonly string[]): string {
  if (values.length > 1) {
    throw new FieldsealError("MEDIA_TYPE_MISMATCH", "the request has more than one Content-Type");
  }
  if (values.length === 0) throw new FieldsealError("MEDIA_TYPE_MISSING", "the request has no media type");
  return values[0]!;
}
