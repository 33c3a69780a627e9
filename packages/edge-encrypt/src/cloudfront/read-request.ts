// From a CloudFront event to a body whose every byte is there (facts: Lambda@Edge event structure and restrictions).
import { Buffer } from "node:buffer";
import { FieldsealError } from "@fieldseal/core/errors";
import { matchRoute, type Policy } from "@fieldseal/core/policy";
import type { CloudFrontRequest, CloudFrontRequestEvent } from "aws-lambda";
import { methodNotCovered, type RoutedBody, routeUnmatched } from "../encrypt-body.ts";

const bodiless = ["GET", "HEAD", "OPTIONS"];

/** The request of an event. @throws {FieldsealError} `EVENT_INVALID` where it is no request event. */
export function requestOf(event: CloudFrontRequestEvent): CloudFrontRequest {
  const request = event?.Records?.[0]?.cf?.request;
  if (typeof request?.uri !== "string" || typeof request.method !== "string" || typeof request.headers !== "object") {
    throw new FieldsealError("EVENT_INVALID", "the event is not a CloudFront request event");
  }
  return request;
}

/**
 * The body of a request that a route covers; null where the request may leave as it is.
 *
 * @throws {FieldsealError} `ROUTE_UNMATCHED`, `METHOD_NOT_COVERED`, `BODY_NOT_EXPOSED`, `BODY_TRUNCATED`,
 * `BODY_ENCODING_INVALID`, `CONTENT_CODING_UNSUPPORTED`, `MEDIA_TYPE_MISSING`, `MEDIA_TYPE_MISMATCH`.
 */
export function readRequest(request: CloudFrontRequest, policy: Policy): RoutedBody | null {
  const { method, uri, body } = request;
  const match = matchRoute(policy, method, uri);
  if (match.kind === "none") {
    if (policy.onUnmatched === "reject") throw routeUnmatched();
    return null;
  }
  if (match.kind === "method") {
    const mayHoldBody = body === undefined ? !bodiless.includes(method) : body.data !== "" || body.inputTruncated;
    if (mayHoldBody) throw methodNotCovered();
    return null;
  }
  if (body === undefined) {
    if (bodiless.includes(method)) return null;
    throw new FieldsealError("BODY_NOT_EXPOSED", "CloudFront did not hand over the body of a covered request", {
      hint: "set IncludeBody to true on the function association of this cache behavior",
    });
  }
  if (body.inputTruncated) {
    throw new FieldsealError("BODY_TRUNCATED", "the body is larger than CloudFront hands to a function");
  }
  const header = (name: string): string[] => request.headers[name]?.map(({ value }) => value) ?? [];
  const bytes = decodeBody(body.data, body.encoding);
  if (bytes.length > 0) refuseContentCodings(header("content-encoding"));
  return {
    bytes,
    mediaType: bytes.length === 0 ? "" : oneMediaType(header("content-type")),
    method,
    policy,
    route: match.route,
    facts: { header, pathParams: match.pathParams, given: {} },
  };
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

function refuseContentCodings(values: readonly string[]): void {
  const codings = values.flatMap((value) => value.split(",")).map((coding) => coding.trim().toLowerCase());
  if (codings.some((coding) => coding !== "" && coding !== "identity")) {
    throw new FieldsealError("CONTENT_CODING_UNSUPPORTED", "the body is compressed");
  }
}

function oneMediaType(values: readonly string[]): string {
  if (values.length > 1) {
    throw new FieldsealError("MEDIA_TYPE_MISMATCH", "the request has more than one Content-Type");
  }
  if (values.length === 0) throw new FieldsealError("MEDIA_TYPE_MISSING", "the request has no media type");
  return values[0]!;
}
