export { compileRoute, nameKeys, type PlainRoute } from "./compile-route.ts";
export type {
  ActionDocument,
  ContextDocument,
  KeyDocument,
  PolicyDocument,
  RouteDocument,
  RuleDocument,
} from "./document.ts";
export { fingerprintOf } from "./key-ring.ts";
export type { RouteMatch } from "./match.ts";
export { listsMethod, matchRoute, routeReads } from "./match.ts";
export type { MatcherOptions, MatcherRule } from "./matcher.ts";
export { createMatcher } from "./matcher.ts";
export { foldName } from "./name-folding.ts";
export { fieldNameSyntax, kidSyntax } from "./names.ts";
export { type PolicyOptions, parsePolicy } from "./parse.ts";
export { type FoldedPath, foldPath, otherFoldings } from "./path-folding.ts";
export type { PathPattern } from "./path-pattern.ts";
export type { PublicKey } from "./public-key.ts";
export { readPublicKey } from "./public-key.ts";
export type { CompiledFilter, FilterEngine, Query, Segment, Selector } from "./selector.ts";
export { parseSelector } from "./selector.ts";
export type {
  Action,
  ContextSource,
  DataKeyReuse,
  DirectPair,
  EncryptAction,
  EncryptFormat,
  FieldRule,
  NamedRule,
  Policy,
  RingKey,
  Route,
  RouteLimits,
} from "./types.ts";
