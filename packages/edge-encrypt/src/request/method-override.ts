// Methods that a request names besides its own: frameworks route by them. Pure.
import { type Codec, type MatchState, type MediaType, scanBody, ValueKind } from "@fieldseal/core/body";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Route } from "@fieldseal/core/policy";
import { bufferOf } from "../buffer-of.ts";
import { sealPrimitives } from "../primitives.ts";
import type { HeaderLines } from "./named-values.ts";
import { matcherOf, queryPairs } from "./query.ts";

// Gateways hand `_` and `-` on as the same.
const overrideHeader = /^x[-_](?:http[-_]method|(?:http[-_])?method[-_]override)$/;
const overrideParameter = "_method";
// qs and Rack drop brackets, PHP writes `_` for a dot.
const overrideName = /^[[?]*[_.]method(?![\w-])/i;

/** Methods named by override headers and by `_method` in the query, in upper case. */
export function overridesOf(headers: HeaderLines, query: Uint8Array): string[] {
  const named: string[] = [];
  for (const header in headers) {
    if (!overrideHeader.test(header)) continue;
    named.push(...headers[header]!.flatMap((line) => line.split(",")));
  }
  for (const { name, value } of queryPairs(query)) if (overrideName.test(name)) named.push(value);
  return named.map(asMethod).filter((method) => method !== "");
}

let methodInBody: MatchState | null = null;

/** Methods named by `_method` in a body of named values, in upper case. */
export function overridesInBody(
  bytes: Uint8Array,
  { codec, parsed, route }: { readonly codec: Codec; readonly parsed: MediaType; readonly route: Route },
): string[] {
  // Laravel looks for it in JSON as well; only a body that may have it is scanned again.
  if (codec.shape !== "names" && !(codec.grammar === "json" && bufferOf(bytes).includes(overrideParameter))) return [];
  methodInBody ??= matcherOf(overrideParameter);
  const input = { bytes, mediaType: parsed, root: methodInBody, limits: route.limits, isUtf8: sealPrimitives.isUtf8 };
  const { matches } = scanBody(codec, input);
  return matches
    .filter(({ kind }) => kind === ValueKind.string)
    .map(({ start, end }) => asMethod(codec.decodeValue(bytes.subarray(start, end)) ?? ""))
    .filter((method) => method !== "");
}

/** @throws {FieldsealError} `METHOD_NOT_COVERED` where an override names a method that is not covered. */
export function refuseOverrides(isCovered: (method: string) => boolean, overrides: readonly string[]): void {
  if (overrides.every(isCovered)) return;
  throw new FieldsealError("METHOD_NOT_COVERED", "an override names a method for which the route does not apply");
}

const asMethod = (text: string): string => text.trim().toUpperCase();
