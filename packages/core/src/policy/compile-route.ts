// What a route needs besides what its document says: automata of its selectors, and names that must not be elsewhere. Pure.
import { nothingBelow } from "../body/index.ts";
import { createMatcher } from "./matcher.ts";
import { foldName } from "./name-folding.ts";
import type { FieldRule, Route } from "./types.ts";

/** A route as its document says it. */
export type PlainRoute = Omit<Route, "matcher" | "queryMatcher" | "bodyNames">;

/** Compiles a route. */
export function compileRoute(route: PlainRoute): Route {
  const { fields, query, context, onNameVariant, onShapeMismatch } = route;
  const contextQueries = context.flatMap((source) => (source.from === "select" ? [source.query] : []));
  return {
    ...route,
    bodyNames: namesOnlyInBody(fields, query),
    queryMatcher:
      query.length === 0
        ? nothingBelow
        : createMatcher({
            rules: query.map((rule) => ({ query: rule.query, traced: rule.required })),
            onNameVariant,
            checkShapes: false,
          }),
    matcher: createMatcher({
      rules: [
        ...fields.map(({ query: selector, required, within }) => ({ query: selector, traced: required, within })),
        ...contextQueries.map((selector) => ({ query: selector, traced: false })),
      ],
      onNameVariant,
      checkShapes: onShapeMismatch === "refuse",
    }),
  };
}

function namesOnlyInBody(fields: readonly FieldRule[], query: readonly FieldRule[]): ReadonlyMap<string, FieldRule> {
  const names = new Map<string, FieldRule>();
  if (query.some((rule) => rule.query.segments[0]!.selectors.some(({ kind }) => kind === "wildcard"))) return names;
  for (const rule of fields) for (const name of onlyNames(rule)) names.set(foldName(name), rule);
  for (const rule of query) for (const name of onlyNames(rule)) names.delete(foldName(name));
  return names;
}

/** Names in the first step of a selector, where that is its only step or the others count. */
function onlyNames({ query: { segments } }: FieldRule): string[] {
  const [first, ...rest] = segments;
  if (first === undefined || rest.some(({ selectors }) => selectors.some(({ kind }) => kind === "name"))) return [];
  return first.selectors.flatMap((selector) => (selector.kind === "name" ? [selector.name] : []));
}
