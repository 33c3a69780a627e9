// Pagination of ListKeys and ListAliases: Limit, Marker, NextMarker, Truncated. Pure.
import { AwsError } from "../aws-json/aws-error.ts";
import { type JsonObject, optionalInteger, optionalString } from "../aws-json/input.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** One page of `items`, and the members that describe it; the marker names the last item of the page before. */
export function listPage<T>(
  input: JsonObject,
  items: readonly T[],
  nameOf: (item: T) => string,
): { items: readonly T[]; members: JsonObject } {
  const limit = optionalInteger(input, "Limit", 1, MAX_LIMIT) ?? DEFAULT_LIMIT;
  const marker = optionalString(input, "Marker", { max: 1024 });
  const before = marker === undefined ? -1 : items.findIndex((item) => nameOf(item) === marker);
  if (marker !== undefined && before === -1) throw new AwsError("InvalidMarkerException");
  const page = items.slice(before + 1, before + 1 + limit);
  const last = page.at(-1);
  const truncated = before + 1 + limit < items.length;
  return {
    items: page,
    members: { Truncated: truncated, ...(truncated && last !== undefined && { NextMarker: nameOf(last) }) },
  };
}
