// What a route needs besides what its document says: automata of its selectors, and names that must not be elsewhere. Pure.
import { type MatchState, nothingBelow } from "../body/index.ts";
import { createMatcher } from "./matcher.ts";
import { foldName } from "./name-folding.ts";
import type { Segment } from "./selector.ts";
import type { FieldRule, Route } from "./types.ts";

/** A route as its document says it. */
export type PlainRoute = Omit<Route, "matcher" | "contextMatcher" | "queryMatcher" | "bodyNames">;

/** Compiles a route; each part when it is first asked for, since cold starts wait for what other routes need. */
export function compileRoute(route: PlainRoute): Route {
  let bodyNames: ReadonlyMap<string, FieldRule> | null = null;
  let queryMatcher: MatchState | null = null;
  let contextMatcher: MatchState | null = null;
  let matcher: MatchState | null = null;
  return {
    ...route,
    get bodyNames() {
      bodyNames ??= namesOnlyInBody(route);
      return bodyNames;
    },
    get queryMatcher() {
      queryMatcher ??= matcherOfQuery(route);
      return queryMatcher;
    },
    get contextMatcher() {
      contextMatcher ??= matcherOfContext(route);
      return contextMatcher;
    },
    get matcher() {
      matcher ??= matcherOfBody(route);
      return matcher;
    },
  };
}

function matcherOfQuery({ query, onNameVariant }: PlainRoute): MatchState {
  if (query.length === 0) return nothingBelow;
  const rules = query.map((rule) => ({ query: rule.query, traced: rule.required }));
  return createMatcher({ rules, onNameVariant, checkShapes: false });
}

function matcherOfContext({ context, onNameVariant }: PlainRoute): MatchState {
  const queries = context.flatMap((source) => (source.from === "select" ? [source.query] : []));
  return createMatcher({
    rules: queries.map((query) => ({ query, traced: false })),
    onNameVariant,
    checkShapes: false,
  });
}

function matcherOfBody({ fields, onNameVariant, onShapeMismatch }: PlainRoute): MatchState {
  return createMatcher({
    rules: fields.map(({ query, required, within }) => ({ query, traced: required, within })),
    onNameVariant,
    checkShapes: onShapeMismatch === "refuse",
  });
}

function namesOnlyInBody({ fields, query }: PlainRoute): ReadonlyMap<string, FieldRule> {
  const names = new Map<string, FieldRule>();
  if (query.some((rule) => rule.query.segments[0]!.selectors.some(({ kind }) => kind === "wildcard"))) return names;
  for (const rule of fields) for (const key of onlyNames(rule)) names.set(key, rule);
  for (const rule of query) for (const key of onlyNames(rule)) names.delete(key);
  return names;
}

/** Keys of the first step of a selector, where that is its only step or the others count; those of attributes left out. */
function onlyNames({ query: { segments } }: FieldRule): string[] {
  const [first, ...rest] = segments;
  if (first === undefined || rest.some(({ selectors }) => selectors.some(({ kind }) => kind === "name"))) return [];
  return nameKeys(first);
}

/** Keys of the names that a step looks for: folded, and for `..name`, which may stand inside others, behind a dot as well. */
export function nameKeys({ selectors, descendant }: Segment): string[] {
  return selectors.flatMap((selector) => {
    if (selector.kind !== "name" || selector.name.startsWith("@")) return [];
    const key = foldName(selector.name);
    return descendant ? [key, `.${key}`] : [key];
  });
}
