// The `context` of a route: where each value comes from. Pure.
import { type Place, readAt, readEntries, readObject, readString, wrong } from "../config/index.ts";
import { contextKeySyntax, maxContextPairs } from "../envelope/index.ts";
import { tokenSyntax } from "./names.ts";
import type { PathPattern } from "./path-pattern.ts";
import { parseSelector } from "./selector.ts";
import type { ContextSource } from "./types.ts";

/** Reads the context of a route; none where the policy has none. */
export function readContext(place: Place | undefined, path: PathPattern): ContextSource[] {
  if (place === undefined) return [];
  const entries = readEntries(place);
  if (entries.length > maxContextPairs) throw wrong(place, `has more than ${maxContextPairs} pairs`);
  return entries.map(([key, entry]) => {
    if (!contextKeySyntax.test(key)) throw wrong(entry, "a context key must be 1 to 64 of a-z, 0-9, - and _");
    return typeof entry.value === "string" ? constant(key, entry) : source(key, entry, path);
  });
}

function constant(key: string, place: Place): ContextSource {
  const value = readString(place, { pattern: /^[\x20-\x7e]{1,256}$/, says: "1 to 256 printable ASCII characters" });
  return { key, from: "constant", value };
}

function source(key: string, place: Place, path: PathPattern): ContextSource {
  const names = ["header", "pathParam", "select"] as const;
  const properties = readObject(place, names);
  const [given, another] = names.filter((name) => properties.optional(name) !== undefined);
  if (given === undefined || another !== undefined) throw wrong(place, `expects exactly one of ${names.join(", ")}`);
  const at = properties.required(given);
  switch (given) {
    case "header":
      return { key, from: "header", header: readString(at, tokenSyntax).toLowerCase() };
    case "pathParam": {
      const name = readString(at);
      if (path.segments.some((segment) => segment.kind === "one" && segment.name === name)) {
        return { key, from: "pathParam", name };
      }
      throw wrong(at, "the path of this route has no segment of that name in braces");
    }
    case "select":
      return { key, from: "select", query: readAt(at, () => parseSelector(readString(at))) };
  }
}
