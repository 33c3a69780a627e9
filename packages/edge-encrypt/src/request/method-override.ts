// Methods that a request names besides its own: frameworks route by them. Pure.
import { type Codec, type MatchState, type MediaType, scanBody, ValueKind } from "@fieldseal/core/body";
import { looseText } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import { listsMethod, type Policy, type Route, type RouteMatch } from "@fieldseal/core/policy";
import { bufferOf } from "../buffer-of.ts";
import { sealPrimitives } from "../primitives.ts";
import type { MessageHead } from "./message-head.ts";
import { matcherOf, queryPairs } from "./query.ts";

// Gateways hand `_` and `-` on as the same.
const overrideHeader = /^x[-_](?:http[-_]method|(?:http[-_])?method[-_]override)$/;
// Slim writes it in capitals, PHP `_` for a dot. ASP.NET takes its header from a form and the query, too, in any case.
const overrideNames = ["_method", "X-HTTP-Method-Override"];
// At the beginning of a pair or member, or in the headers of a part. qs and Rack drop brackets.
const overrideName = /(?:^|name=)["[?]*(?:[_.]method|x[-_]http[-_]method[-_]override)(?![\w-])/i;

/** Methods named by override headers, and by `_method` and the like in the query, in upper case. */
export function overridesOf({ headers, query }: MessageHead): string[] {
  const named: string[] = [];
  for (const header in headers) {
    if (!overrideHeader.test(header)) continue;
    named.push(...headers[header]!.flatMap((line) => line.split(",")));
  }
  for (const { name, value } of queryPairs(query)) if (overrideName.test(name)) named.push(value);
  return named.map(asMethod).filter((method) => method !== "");
}

/** True where headers or query name another method than the request's own. */
export function namesAnotherMethod(head: MessageHead): boolean {
  return overridesOf(head).some((override) => override !== head.method);
}

// The names, and letters that are spelled as escapes, which no client does.
const inJson = ["_method", "_METHOD", "\\u004", "\\u005", "\\u006", "\\u007"];
let methodInBody: MatchState | null = null;

/** Methods named by `_method` and the like in a body of named values, in upper case. */
export function overridesInBody(
  bytes: Uint8Array,
  { codec, parsed, route }: { readonly codec: Codec; readonly parsed: MediaType; readonly route: Route },
): string[] {
  // Laravel looks for it in JSON as well; only a body that may have it is scanned again.
  const mayHold = (text: string): boolean => bufferOf(bytes).includes(text);
  if (codec.shape !== "names" && !(codec.grammar === "json" && inJson.some(mayHold))) return [];
  methodInBody ??= matcherOf(overrideNames.map((name) => ({ kind: "name", name })));
  const input = { bytes, mediaType: parsed, root: methodInBody, limits: route.limits, isUtf8: sealPrimitives.isUtf8 };
  const { matches } = scanBody(codec, input);
  return matches
    .filter(({ kind, outerStart, start }) => {
      const name = codec.decodeText(bytes, { start: outerStart, end: start, escaped: true, isName: true });
      return kind === ValueKind.string && overrideName.test(looseText(name.bytes));
    })
    .map(({ start, end }) => asMethod(codec.decodeValue(bytes.subarray(start, end)) ?? ""))
    .filter((method) => method !== "");
}

/** Whether an override may name a method: those for which the very same route applies. Null: it may name any. */
export type CoveredMethods = ((method: string) => boolean) | null;

/** Methods that an override may name on a matched route. */
export function coveredMethodsOf(
  { onUncoveredMethod }: Policy,
  { route, passed }: Pick<RouteMatch & { readonly kind: "route" }, "route" | "passed">,
): CoveredMethods {
  if (onUncoveredMethod === "forward" || (route.methods === null && passed.size === 0)) return null;
  return (method) => listsMethod(route, method) && ![...passed].some((other) => listsMethod(other, method));
}

/** @throws {FieldsealError} `METHOD_NOT_COVERED` where an override names a method that is not covered. */
export function refuseOverrides(covered: CoveredMethods, overrides: () => readonly string[]): void {
  if (covered === null || overrides().every(covered)) return;
  throw new FieldsealError("METHOD_NOT_COVERED", "an override names a method for which the route does not apply");
}

const asMethod = (text: string): string => text.trim().toUpperCase();
