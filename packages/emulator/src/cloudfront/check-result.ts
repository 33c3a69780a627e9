// Decides what CloudFront makes of a function's result: a request to forward, a response, or a validation error (502).
// (CloudFront guide, "Lambda@Edge event structure", "Generate HTTP responses", "Restrictions".) Pure.
import type { CloudFrontHeaders, CloudFrontOrigin, CloudFrontRequest } from "aws-lambda";
import type { EdgeEventType, EdgeLimits } from "../events/edge-limits.ts";
import {
  changedNames,
  invalid,
  isRecord,
  readHeaderMap,
  requireNoFraming,
  requireReadOnlyKept,
} from "./header-rules.ts";
import { originHeaderProblem } from "./origin-headers.ts";

/** The request that goes on to the origin. */
export interface ForwardedRequest {
  readonly kind: "request";
  readonly uri: string;
  readonly querystring: string;
  readonly headers: CloudFrontHeaders;
  readonly originPath: string;
  readonly originHeaders: CloudFrontHeaders;
  /** The body that replaces the viewer's; absent, all of the viewer's body is sent. */
  readonly replacement: Replacement | undefined;
  /** Lower-case names of the headers that the function added, changed or deleted. */
  readonly headersChanged: readonly string[];
}

/** A body that the function returned with action `replace`. */
export interface Replacement {
  readonly encoding: "text" | "base64";
  /** What the origin gets: possibly less than the function returned. */
  readonly bytes: Buffer;
  readonly truncated: boolean;
}

/** A response that the function generated. */
export interface GeneratedResponse {
  readonly kind: "response";
  readonly status: number;
  readonly statusDescription: string | undefined;
  readonly headers: CloudFrontHeaders;
  readonly body: Buffer;
}

/** What a result is checked against. */
export interface ResultContext {
  readonly eventType: EdgeEventType;
  readonly limits: EdgeLimits;
  /** The request of the event, as it was before the function ran. */
  readonly request: CloudFrontRequest;
}

/** Checks a result as production does. @throws RESULT_INVALID */
export function checkResult(result: unknown, context: ResultContext): ForwardedRequest | GeneratedResponse {
  if (!isRecord(result)) throw invalid("the result is not an object");
  if (Object.hasOwn(result, "status")) return checkResponse(result, context.limits);
  if (typeof result.uri === "string" && typeof result.method === "string") return checkRequest(result, context);
  throw invalid("the result is neither a request nor a response");
}

function checkRequest(result: Record<string, unknown>, context: ResultContext): ForwardedRequest {
  const { eventType, request } = context;
  if (result.method !== request.method) throw invalid("method is read-only");
  if (result.clientIp !== request.clientIp) throw invalid("clientIp is read-only");
  const { uri, querystring = "" } = result;
  // What the viewer sent may stay, however odd; only what the function writes is held to the rules.
  if (typeof uri !== "string" || (uri !== request.uri && !/^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/.test(uri))) {
    throw invalid("uri must begin with a slash and hold neither query, fragment, spaces nor control characters");
  }
  if (
    typeof querystring !== "string" ||
    (querystring !== request.querystring && !/^[\x21-\x22\x24-\x7e]*$/.test(querystring))
  ) {
    throw invalid("querystring must hold neither a fragment, spaces nor control characters");
  }
  const headers = readHeaderMap(result.headers);
  requireReadOnlyKept(eventType, request.headers, headers);
  const url = urlOf({ uri, querystring });
  // What came in may grow by what CloudFront adds itself; only what the function adds is held to the quota.
  if (url !== urlOf(request) || headerBytes(headers) > headerBytes(request.headers)) checkSize(url, headers);
  const origin = eventType === "origin-request" ? checkOrigin(result.origin, request.origin, headers) : noOrigin;
  return {
    kind: "request",
    uri,
    querystring,
    headers,
    originPath: origin.path,
    originHeaders: origin.customHeaders,
    replacement: checkBody(result.body, context),
    headersChanged: changedNames(request.headers, headers),
  };
}

function urlOf({ uri, querystring }: Pick<CloudFrontRequest, "uri" | "querystring">): string {
  return querystring === "" ? uri : `${uri}?${querystring}`;
}

const noOrigin = { path: "", customHeaders: {} };

// The emulator has one origin: path and custom headers may change, the rest would lead to a server that is not there.
function checkOrigin(
  value: unknown,
  before: CloudFrontOrigin | undefined,
  requestHeaders: CloudFrontHeaders,
): { path: string; customHeaders: CloudFrontHeaders } {
  const custom = isRecord(value) ? value.custom : undefined;
  if (!isRecord(value) || !isRecord(custom) || value.s3 !== undefined) {
    throw invalid("origin must hold exactly the custom origin of this emulator");
  }
  for (const property of ["domainName", "port", "protocol"] as const) {
    if (custom[property] !== before?.custom?.[property]) {
      throw invalid(`origin.custom.${property} leads away from the only origin of this emulator`);
    }
  }
  const { path } = custom;
  if (typeof path !== "string" || !/^(\/[\x21-\x22\x24-\x3e\x40-\x7e]*[^/])?$/.test(path)) {
    throw invalid("origin.custom.path must be empty, or begin but not end with a slash");
  }
  checkTimeouts(custom);
  const customHeaders = readHeaderMap(custom.customHeaders);
  const problem = originHeaderProblem(customHeaders);
  if (problem !== undefined) throw invalid(problem);
  for (const name of Object.keys(customHeaders)) {
    if (Object.hasOwn(requestHeaders, name)) {
      throw invalid(`the header ${name} is both a custom header of the origin and a header of the request`);
    }
  }
  return { path, customHeaders };
}

// Seconds (CloudFront guide, "Lambda@Edge event structure", fields of the request's origin).
function checkTimeouts({ keepaliveTimeout, readTimeout, sslProtocols }: Record<string, unknown>): void {
  if (!isWithin(keepaliveTimeout, 1, 60)) throw invalid("origin.custom.keepaliveTimeout must be 1 to 60 seconds");
  if (!isWithin(readTimeout, 4, 60)) throw invalid("origin.custom.readTimeout must be 4 to 60 seconds");
  const known = ["TLSv1.2", "TLSv1.1", "TLSv1", "SSLv3"];
  if (!Array.isArray(sslProtocols) || sslProtocols.length === 0 || !sslProtocols.every((one) => known.includes(one))) {
    throw invalid(`origin.custom.sslProtocols must be some of ${known.join(", ")}`);
  }
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

// CloudFront's quotas on a request to the origin, of which the custom headers of the origin are no part.
const MAX_URL_BYTES = 8192;
const MAX_REQUEST_BYTES = 20_480;

function checkSize(url: string, headers: CloudFrontHeaders): void {
  if (Buffer.byteLength(url) > MAX_URL_BYTES) throw invalid(`the URL is longer than ${MAX_URL_BYTES} bytes`);
  if (Buffer.byteLength(url) + headerBytes(headers) > MAX_REQUEST_BYTES) {
    throw invalid(`URL and headers are larger than ${MAX_REQUEST_BYTES} bytes`);
  }
}

function checkBody(value: unknown, { request, limits }: ResultContext): Replacement | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw invalid("body is not an object");
  const { action = "read-only", encoding = "base64", data = "", inputTruncated } = value;
  if (inputTruncated !== undefined && inputTruncated !== (request.body?.inputTruncated ?? false)) {
    throw invalid("body.inputTruncated is read-only");
  }
  if (action !== "read-only" && action !== "replace") throw invalid("body.action must be read-only or replace");
  if (encoding !== "base64" && encoding !== "text") throw invalid("body.encoding must be base64 or text");
  if (typeof data !== "string") throw invalid("body.data is not a string");
  if (action === "read-only") return undefined;
  if (request.body === undefined) throw invalid("body cannot be replaced: it was not exposed to the function");
  if (encoding === "text") {
    const bytes = Buffer.from(data, "utf8");
    const limit = limits.outputTextBytes;
    return { encoding, bytes: bytes.subarray(0, limit), truncated: bytes.length > limit };
  }
  const limit = limits.outputBase64Characters;
  const bytes = decodeBase64(data, "body.data").subarray(0, (limit / 4) * 3);
  return { encoding, bytes, truncated: data.length > limit };
}

function checkResponse(result: Record<string, unknown>, limits: EdgeLimits): GeneratedResponse {
  const { status, statusDescription, headers: headerValue = {}, body = "", bodyEncoding = "text" } = result;
  if (typeof status !== "string" || !/^[2-5]\d\d$/.test(status)) {
    throw invalid("status must be a string from 200 to 599");
  }
  if (statusDescription !== undefined && !isReasonPhrase(statusDescription)) {
    throw invalid("statusDescription must be a line of text");
  }
  const headers = readHeaderMap(headerValue);
  requireNoFraming(headers);
  if (typeof body !== "string") throw invalid("body is not a string");
  if (bodyEncoding !== "text" && bodyEncoding !== "base64") throw invalid("bodyEncoding must be text or base64");
  const bytes = bodyEncoding === "text" ? Buffer.from(body, "utf8") : decodeBase64(body, "body");
  if (status === "204" && bytes.length > 0) throw invalid("a response with status 204 cannot have a body");
  if (bytes.length + headerBytes(headers) > limits.generatedResponseBytes) {
    throw invalid(`the generated response is larger than ${limits.generatedResponseBytes} bytes`);
  }
  return { kind: "response", status: Number(status), statusDescription, headers, body: bytes };
}

function isReasonPhrase(value: unknown): value is string {
  return typeof value === "string" && /^[\t\x20-\x7e]*$/.test(value);
}

function decodeBase64(text: string, property: string): Buffer {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw invalid(`${property} is not valid base64`);
  return Buffer.from(text, "base64");
}

function headerBytes(headers: CloudFrontHeaders): number {
  let total = 0;
  for (const [name, entries] of Object.entries(headers)) {
    for (const { value } of entries) total += name.length + value.length + 4;
  }
  return total;
}
