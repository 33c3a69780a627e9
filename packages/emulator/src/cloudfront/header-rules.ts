// Which headers an edge function never sees and which it must leave alone (CloudFront guide, "Restrictions on edge
// functions", sections "Disallowed headers" and "Read-only headers"). Pure.
import type { CloudFrontHeaders } from "aws-lambda";
import { EmulatorError } from "../emulator-error.ts";
import type { EdgeEventType } from "../events/edge-limits.ts";

const disallowed: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "trailer",
  "upgrade",
  "x-accel-buffering",
  "x-accel-charset",
  "x-accel-limit-rate",
  "x-accel-redirect",
  "x-amzn-auth",
  "x-amzn-cf-billing",
  "x-amzn-cf-id",
  "x-amzn-cf-xff",
  "x-amzn-errortype",
  "x-amzn-fle-profile",
  "x-amzn-header-count",
  "x-amzn-header-order",
  "x-amzn-lambda-integration-tag",
  "x-amzn-requestid",
  "x-cache",
  "x-forwarded-proto",
  "x-real-ip",
]);
const disallowedPrefixes = ["x-amz-cf-", "x-edge-"];

const readOnly: Readonly<Record<EdgeEventType, readonly string[]>> = {
  "origin-request": [
    "accept-encoding",
    "content-length",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "transfer-encoding",
    "via",
  ],
  "viewer-request": ["content-length", "host", "transfer-encoding", "via"],
};

/** Whether a function may neither see nor add a header; `name` in lower case. */
export function isDisallowed(name: string): boolean {
  return disallowed.has(name) || disallowedPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Reads a header map that a function returned. @throws RESULT_INVALID */
export function readHeaderMap(value: unknown): CloudFrontHeaders {
  if (!isRecord(value)) throw invalid("headers is not an object");
  for (const [name, entries] of Object.entries(value)) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) throw invalid("a header name is not a lower-case token");
    if (!Array.isArray(entries)) throw invalid(`each entry of the headers object must be an array: ${name}`);
    for (const entry of entries as unknown[]) checkEntry(name, entry);
    if (isDisallowed(name)) throw invalid(`the header ${name} may not be set`);
  }
  return value as CloudFrontHeaders;
}

/** Throws when a read-only header was added, changed or deleted. @throws RESULT_INVALID */
export function requireReadOnlyKept(
  eventType: EdgeEventType,
  before: CloudFrontHeaders,
  after: CloudFrontHeaders,
): void {
  for (const name of readOnly[eventType]) {
    if (valuesOf(before, name) !== valuesOf(after, name)) throw invalid(`the header ${name} is read-only`);
  }
}

/** Throws when a generated response sets what CloudFront sets itself. @throws RESULT_INVALID */
export function requireNoFraming(headers: CloudFrontHeaders): void {
  for (const name of ["content-length", "transfer-encoding", "via"]) {
    if (Object.hasOwn(headers, name)) throw invalid(`the header ${name} is read-only`);
  }
}

/** Names whose values differ between two maps. */
export function changedNames(before: CloudFrontHeaders, after: CloudFrontHeaders): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => valuesOf(before, name) !== valuesOf(after, name));
}

/** The error of a result that fails CloudFront's validation; it names headers and properties, never values. */
export function invalid(reason: string): EmulatorError {
  return new EmulatorError("RESULT_INVALID", reason);
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkEntry(name: string, entry: unknown): void {
  if (!isRecord(entry) || typeof entry.value !== "string") throw invalid(`${name}: an entry has no string value`);
  const { key, value } = entry;
  if (key !== undefined && (typeof key !== "string" || key.toLowerCase() !== name)) {
    throw invalid(`${name}: key must be the same name, in any case`);
  }
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw invalid(`${name}: the value holds forbidden characters`);
}

function valuesOf(headers: CloudFrontHeaders, name: string): string {
  const entries = Object.hasOwn(headers, name) ? (headers[name] ?? []) : [];
  return JSON.stringify(entries.map(({ value }) => value));
}
