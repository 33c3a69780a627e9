// What the edge makes of a request, and the origin's guard refuses: remarks on a route that need no sample. Pure.
import { codecFor, parseMediaType } from "@fieldseal/core/body";
import { type Route, routeReads, type Selector } from "@fieldseal/core/policy";
import type { Remark } from "./warning.ts";

/** Remarks on one route. */
export function guardRemarks(route: Route): Remark[] {
  return [...removals(route), ...masksOverJson(route)];
}

const withoutNull = ["application/x-www-form-urlencoded", "multipart/form-data", "application/xml"];

/** Values removed by their place, where nothing keeps it: the next value takes it (docs/policy.md, Actions). */
function removals(route: Route): Remark[] {
  const { fields, query, mediaTypes } = route;
  const moves = withoutNull.some((essence) => {
    const mediaType = parseMediaType(essence);
    return (mediaTypes?.has(essence) ?? true) && routeReads(route, mediaType, codecFor(mediaType)!);
  });
  const placed = [
    ...(moves ? fields.map((rule, index) => ({ rule, property: `fields/${index}` })) : []),
    ...query.map((rule, index) => ({ rule, property: `query/${index}` })),
  ];
  return placed.flatMap(({ rule, property }): Remark[] => {
    const last = rule.query.segments.at(-1)?.selectors ?? [];
    if (rule.action.kind !== "remove" || !last.some(leavesSomeBehind)) return [];
    const message = `the rule "${rule.name}" removes a value by its place, which outside JSON the next value takes: the origin's guard refuses such a request`;
    return [
      { kind: "place-removed", message, property, hint: "remove all values of the name, or list JSON in mediaTypes" },
    ];
  });
}

/** An element, or a stretch that does not reach from its first to the end. */
function leavesSomeBehind(selector: Selector): boolean {
  if (selector.kind !== "slice") return selector.kind === "index";
  const { start = 0, end, step } = selector;
  return start < 0 || end !== undefined || step !== 1;
}

/** Strings that are masked whole, and JSON to another rule: the guard finds no JSON there any more. */
function masksOverJson({ fields }: Route): Remark[] {
  const steps = fields.map(({ query }) => query.segments.map((segment) => JSON.stringify(segment)));
  return fields.flatMap(({ name, action }, index): Remark[] => {
    if (action.kind === "encrypt" || action.kind === "remove") return [];
    const own = steps[index]!;
    const inside = fields.find(({ within }, other) => {
      return within && steps[other]!.length > own.length && own.every((step, at) => step === steps[other]![at]);
    });
    if (inside === undefined) return [];
    const message = `the rule "${name}" changes the string in whose JSON "${inside.name}" looks: the origin's guard refuses such a request`;
    return [{ kind: "json-masked", message, property: `fields/${index}`, hint: "keep one of them" }];
  });
}
