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
export { matchRoute, routeReads } from "./match.ts";
export type { MatcherOptions, MatcherRule } from "./matcher.ts";
export { createMatcher } from "./matcher.ts";
export { foldName } from "./name-folding.ts";
export { fieldNameSyntax, kidSyntax } from "./names.ts";
export { parsePolicy } from "./parse.ts";
export type { PathPattern } from "./path-pattern.ts";
export type { PublicKey } from "./public-key.ts";
export { readPublicKey } from "./public-key.ts";
export type { Query, Segment, Selector } from "./selector.ts";
export { parseSelector } from "./selector.ts";
export type {
  Action,
  ContextSource,
  DirectPair,
  FieldRule,
  NamedRule,
  Policy,
  RingKey,
  Route,
  RouteLimits,
} from "./types.ts";
