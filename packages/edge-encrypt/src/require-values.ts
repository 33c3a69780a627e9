// Rules with `required`: the selector must lead somewhere from every place where it begins to. Pure.
import { type Codec, type Match, type Scan, ValueKind } from "@fieldseal/core/body";
import type { FieldRule, Route } from "@fieldseal/core/policy";
import { refusal } from "./refusal.ts";

/**
 * Checks the required rules of a route against what a scan found.
 *
 * @throws {FieldsealError} `FIELD_REQUIRED_MISSING`.
 */
export function requireValues(scan: Scan, route: Route, codec: Codec): void {
  for (const [index, rule] of route.fields.entries()) {
    if (rule.required) requireValue(index, rule, scan, codec);
  }
}

/**
 * The longest prefix of the selector that arrives anywhere must lead on from each place it arrives at;
 * an empty array under a wildcard leads nowhere and is fine.
 */
function requireValue(index: number, rule: FieldRule, scan: Scan, codec: Codec): void {
  const { segments, filter } = rule.query;
  if (filter !== undefined) {
    if (scan.matches.some((match) => match.state.selects.includes(index))) return;
    throw refusal("FIELD_REQUIRED_MISSING", "a required field is missing", rule, 0);
  }
  const arrivals = segments.map((): Match[] => []);
  const values: Match[] = [];
  for (const match of scan.matches) {
    for (const { rule: of, step } of match.state.arrivals) if (of === index) (arrivals[step] ?? values).push(match);
  }
  if (codec.shape !== "tree" || segments.length === 0) {
    if (values.length === 0) throw refusal("FIELD_REQUIRED_MISSING", "a required field is missing", rule, 0);
    return;
  }
  const longest = arrivals.findLastIndex((matches) => matches.length > 0);
  const next = arrivals[longest + 1] ?? values;
  const segment = segments[longest]!;
  const parents = new Set(next.map((match) => match.parent));
  for (const from of arrivals[longest]!) {
    if (from.empty && from.kind === ValueKind.array && segment.selectors.some((s) => s.kind === "wildcard")) continue;
    const leads = segment.descendant ? holdsOneOf(from, next) : parents.has(from.start);
    if (!leads) throw refusal("FIELD_REQUIRED_MISSING", "a required field is missing", rule, from.start);
  }
}

/** True where some match lies inside `outer`; `matches` are in the order of the body. */
function holdsOneOf(outer: Match, matches: readonly Match[]): boolean {
  let low = 0;
  let high = matches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (matches[middle]!.start > outer.start) high = middle;
    else low = middle + 1;
  }
  const first = matches[low];
  return first !== undefined && first.start < outer.end;
}
