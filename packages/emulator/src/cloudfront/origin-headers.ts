// Which custom headers an origin may have, and how many (CloudFront guide, "Add custom headers to origin requests" and
// "Quotas on headers"). Pure.
import type { CloudFrontHeaders } from "aws-lambda";
import { isDisallowed } from "./header-rules.ts";

const refused: ReadonlySet<string> = new Set([
  "cache-control",
  "content-length",
  "cookie",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "max-forwards",
  "pragma",
  "range",
  "request-range",
  "te",
  "transfer-encoding",
  "via",
]);

const MAX_HEADERS = 10;
const MAX_NAME = 256;
const MAX_VALUE = 1783;
const MAX_TOTAL = 10_240;

/** Whether CloudFront takes a name, in any case, for an origin custom header. */
export function isOriginCustomHeader(name: string): boolean {
  const lower = name.toLowerCase();
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lower) || lower.length > MAX_NAME) return false;
  return !refused.has(lower) && !isDisallowed(lower) && !lower.startsWith("x-amz-");
}

/** What CloudFront refuses about an origin's custom headers, by name and never by value; undefined for nothing. */
export function originHeaderProblem(headers: CloudFrontHeaders): string | undefined {
  const lines = Object.entries(headers).flatMap(([name, values]) => values.map(({ value }) => ({ name, value })));
  const wrong = lines.find(({ name }) => !isOriginCustomHeader(name));
  if (wrong !== undefined) return `${wrong.name} may not be a custom header of an origin`;
  if (lines.length > MAX_HEADERS) return `an origin has at most ${MAX_HEADERS} custom headers`;
  const long = lines.find(({ value }) => value.length > MAX_VALUE);
  if (long !== undefined) return `the custom header ${long.name} is longer than ${MAX_VALUE} characters`;
  const total = lines.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
  return total > MAX_TOTAL ? `the custom headers of an origin have at most ${MAX_TOTAL} characters` : undefined;
}
