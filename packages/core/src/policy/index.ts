export type { MatcherOptions, MatcherRule } from "./matcher.ts";
export { createMatcher } from "./matcher.ts";
export type { Query, Segment, Selector } from "./selector.ts";
export { parseSelector } from "./selector.ts";
