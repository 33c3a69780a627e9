// Which route covers a request, and whether a codec can address its selectors. Pure.
import type { Codec, MediaType } from "../body/index.ts";
import { matchPath } from "./path-pattern.ts";
import type { Query } from "./selector.ts";
import type { Policy, Route } from "./types.ts";

/** The answer to "which rules are for this request?". */
export type RouteMatch =
  | { readonly kind: "route"; readonly route: Route; readonly pathParams: ReadonlyMap<string, string> }
  /** Some route covers the path, none the method. */
  | { readonly kind: "method" }
  | { readonly kind: "none" };

/** The first route whose path and method cover the request. */
export function matchRoute(policy: Policy, method: string, path: string): RouteMatch {
  let covered = false;
  for (const route of policy.routes) {
    const pathParams = matchPath(route.path, path);
    if (pathParams === null) continue;
    if (route.methods === null || route.methods.has(method)) return { kind: "route", route, pathParams };
    covered = true;
  }
  return { kind: covered ? "method" : "none" };
}

/** True where a body of `mediaType`, read by `codec`, is one that the route's rules are for. */
export function routeReads(route: Route, mediaType: MediaType, codec: Codec): boolean {
  if (route.mediaTypes !== null && !route.mediaTypes.has(mediaType.essence)) return false;
  if (route.mediaTypes === null && codec.shape === "whole") return false;
  const queries = route.fields.map((rule) => rule.query);
  for (const source of route.context) if (source.from === "select") queries.push(source.query);
  return queries.every((query) => canAddress(codec, query));
}

/** True where a selector can mean something in bodies of that shape. */
function canAddress({ shape, grammar }: Codec, { segments }: Query): boolean {
  // What replaces a value of XML is text, and a document is an element.
  if (shape === "tree") return grammar !== "xml" || segments.length > 0;
  if (shape === "whole") return segments.length === 0;
  const [first, second, ...rest] = segments;
  if (first === undefined || rest.length > 0) return false;
  const named = first.selectors.every(({ kind }) => kind === "name" || kind === "wildcard");
  const counted = second?.selectors.every(({ kind }) => kind !== "name") ?? true;
  return named && counted && second?.descendant !== true && second?.dotWildcard !== true;
}
