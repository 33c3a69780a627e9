// Which route covers a request, and whether a codec can address its selectors. Pure.
import type { Codec, MediaType } from "../body/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { cutFoldings, foldPath, otherFoldings } from "./path-folding.ts";
import { matchSegments, noParams, pathSegments } from "./path-pattern.ts";
import type { Query } from "./selector.ts";
import type { Policy, Route } from "./types.ts";

/** The answer to "which rules are for this request?". */
export type RouteMatch =
  | {
      readonly kind: "route";
      readonly route: Route;
      readonly pathParams: ReadonlyMap<string, string>;
      /** Routes before it that cover the path in some reading, for other methods. */
      readonly passed: ReadonlySet<Route>;
    }
  /** Some route covers the path, none the method. */
  | { readonly kind: "method" }
  | { readonly kind: "none" };

/**
 * The first route whose path and method cover the request. A pattern may match the path as spelled or as servers read it
 * that fold it, in whatever way; a named segment has a value only where the path as spelled matches.
 *
 * @throws {FieldsealError} `PATH_AMBIGUOUS` where two readings choose different routes, where dot segments lead above the
 * root, or where the folded path of a chosen route still holds what servers read differently.
 */
export function matchRoute(policy: Policy, method: string, path: string): RouteMatch {
  const spelled = pathSegments(path);
  const search = { policy, method, passed: new Set<Route>() };
  let match = firstRoute(search, (route) => matchSegments(route.path.segments, spelled));
  if (policy.onAmbiguousPath === "ignore") return match;
  const { readings, leadsAboveRoot } = otherFoldings(path);
  if (leadsAboveRoot) throw new FieldsealError("PATH_AMBIGUOUS", "the path leads above the root");
  const { segments, doubtful } = foldPath(path);
  // A page's own `/login.css` is no other reading of its `/login` where a route covers it and all that `/login` seals is
  // in bodies, which it has none of.
  const isAsset = match.kind === "route" && /^(?:GET|HEAD)$/.test(method);
  const cut: readonly (readonly string[])[] = /[.%]/.test(path) ? cutFoldings(segments) : [];
  for (const reading of [segments, ...readings, ...cut]) {
    const other = firstRoute(search, (route) => matchSegments(route.path.folded, reading) && noParams);
    if (isAsset && cut.includes(reading) && other.kind === "route" && sealsBodiesOnly(other.route)) continue;
    if (match.kind === "route" && other.kind === "route" && match.route !== other.route) {
      throw new FieldsealError(
        "PATH_AMBIGUOUS",
        "the path chooses one route as spelled or read by some servers, and another as read by others",
      );
    }
    if (match.kind === "none" || (match.kind === "method" && other.kind === "route")) match = other;
  }
  if (match.kind === "route" && doubtful) {
    throw new FieldsealError(
      "PATH_AMBIGUOUS",
      "the path of a covered request holds malformed escapes or control characters",
    );
  }
  return match;
}

function sealsBodiesOnly({ query, headers, cookies }: Route): boolean {
  return query.length + headers.length + cookies.length === 0;
}

/** True where a route is for a method. Servers answer HEAD where they answer GET. */
export function listsMethod({ methods }: Route, method: string): boolean {
  return methods === null || methods.has(method) || (method === "HEAD" && methods.has("GET"));
}

function firstRoute(
  { policy, method, passed }: { readonly policy: Policy; readonly method: string; readonly passed: Set<Route> },
  match: (route: Route) => ReadonlyMap<string, string> | null,
): RouteMatch {
  let covered = false;
  for (const route of policy.routes) {
    const pathParams = match(route);
    if (pathParams === null) continue;
    if (listsMethod(route, method)) return { kind: "route", route, pathParams, passed };
    passed.add(route);
    covered = true;
  }
  return { kind: covered ? "method" : "none" };
}

/** True where a body of `mediaType`, read by `codec`, is one that the route's rules are for. */
export function routeReads(route: Route, mediaType: MediaType, codec: Codec): boolean {
  if (route.mediaTypes !== null && !route.mediaTypes.has(mediaType.essence)) return false;
  // A patch (RFC 6902) names members in its values.
  if (route.mediaTypes === null && (codec.shape === "whole" || /json-patch/.test(mediaType.essence))) return false;
  if (codec.grammar !== "json" && route.fields.some(({ within }) => within)) return false;
  const queries = route.fields.map((rule) => rule.query);
  for (const source of route.context) if (source.from === "select") queries.push(source.query);
  return queries.every((query) => canAddress(codec, query));
}

/** True where a selector can mean something in bodies of that shape. */
function canAddress({ shape, grammar }: Codec, query: Query): boolean {
  // What replaces a value of XML is text, and a document is an element.
  if (shape === "tree") return grammar !== "xml" || query.segments.length > 0;
  return shape === "whole" ? query.segments.length === 0 : addressesNames(query);
}

/** True for a selector of named values without containers: `$.name`, `$.name[0]`. */
export function addressesNames({ segments }: Query): boolean {
  const [first, second, ...rest] = segments;
  if (first === undefined || rest.length > 0) return false;
  const named = first.selectors.every(({ kind }) => kind === "name" || kind === "wildcard");
  const counted = second?.selectors.every(({ kind }) => kind !== "name") ?? true;
  return named && counted && second?.descendant !== true && second?.dotWildcard !== true;
}
