// What a route needs besides what its document says: automata of its selectors, and names that must not be elsewhere. Pure.
import { type MatchState, nothingBelow } from "../body/index.ts";
import { createMatcher } from "./matcher.ts";
import { foldName } from "./name-folding.ts";
import type { FieldRule, Route } from "./types.ts";

/** A route as its document says it. */
export type PlainRoute = Omit<Route, "matcher" | "queryMatcher" | "bodyNames">;

/** Compiles a route; each part when it is first asked for, since cold starts wait for what other routes need. */
export function compileRoute(route: PlainRoute): Route {
  let bodyNames: ReadonlyMap<string, FieldRule> | null = null;
  let queryMatcher: MatchState | null = null;
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

function matcherOfBody({ fields, context, onNameVariant, onShapeMismatch }: PlainRoute): MatchState {
  const contextQueries = context.flatMap((source) => (source.from === "select" ? [source.query] : []));
  return createMatcher({
    rules: [
      ...fields.map(({ query, required, within }) => ({ query, traced: required, within })),
      ...contextQueries.map((query) => ({ query, traced: false })),
    ],
    onNameVariant,
    checkShapes: onShapeMismatch === "refuse",
  });
}

function namesOnlyInBody({ fields, query }: PlainRoute): ReadonlyMap<string, FieldRule> {
  const names = new Map<string, FieldRule>();
  if (query.some((rule) => rule.query.segments[0]!.selectors.some(({ kind }) => kind === "wildcard"))) return names;
  for (const rule of fields) for (const name of onlyNames(rule)) names.set(foldName(name), rule);
  for (const rule of query) for (const name of onlyNames(rule)) names.delete(foldName(name));
  return names;
}

/** Names in the first step of a selector, where that is its only step or the others count; those of attributes left out. */
function onlyNames({ query: { segments } }: FieldRule): string[] {
  const [first, ...rest] = segments;
  if (first === undefined || rest.some(({ selectors }) => selectors.some(({ kind }) => kind === "name"))) return [];
  return first.selectors.flatMap((selector) =>
    selector.kind === "name" && !selector.name.startsWith("@") ? [selector.name] : [],
  );
}
