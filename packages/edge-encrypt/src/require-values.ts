// Rules with `required`: the selector must lead somewhere from every place where it begins to. Pure.
import { type Codec, type Match, type Scan, ValueKind } from "@fieldseal/core/body";
import type { FieldsealError } from "@fieldseal/core/errors";
import type { FieldRule } from "@fieldseal/core/policy";
import { refusal } from "./refusal.ts";

/**
 * Checks the required ones of `rules` against what a scan found.
 *
 * @throws {FieldsealError} `FIELD_REQUIRED_MISSING`.
 */
export function requireValues(scan: Scan, rules: readonly FieldRule[], codec: Codec): void {
  for (const [index, rule] of rules.entries()) {
    if (rule.required) requireValue(index, rule, scan, codec);
  }
}

/** A rule must find its value in each document of the body: a line of NDJSON, else the whole. */
function requireValue(index: number, rule: FieldRule, { matches }: Scan, codec: Codec): void {
  const isTree = codec.shape === "tree" && rule.query.segments.length > 0 && rule.query.filter === undefined;
  const isFound = matches.some(({ state }) => state.selects.includes(index));
  if (isTree ? matches.length === 0 : !isFound) throw missing(rule, 0);
  if (!isTree) return;
  for (let from = 0, to = 1; from < matches.length; from = to++) {
    while (to < matches.length && matches[to]!.parent !== -1) to++;
    requireInDocument(index, rule, matches.slice(from, to));
  }
}

/**
 * The longest prefix of the selector that arrives anywhere must lead to a value from each place it arrives at;
 * an empty array under a wildcard leads nowhere and is fine.
 */
function requireInDocument(index: number, rule: FieldRule, matches: readonly Match[]): void {
  const { segments } = rule.query;
  // By where they stand: what a string holds, noted behind it, takes its place.
  const arrivals = segments.map((): Map<number, Match> => new Map());
  const values: Match[] = [];
  for (const match of matches) {
    for (const { rule: of, step } of match.state.arrivals) {
      if (of !== index) continue;
      if (step === segments.length) values.push(match);
      else arrivals[step]!.set(match.start, match);
    }
  }
  const longest = arrivals.findLastIndex((reached) => reached.size > 0);
  const segment = segments[longest]!;
  const parents = new Set(values.map((match) => match.parent));
  for (const from of arrivals[longest]!.values()) {
    if (from.empty && from.kind === ValueKind.array && segment.selectors.some((s) => s.kind === "wildcard")) continue;
    const leads = segment.descendant ? holdsOneOf(from, values) : parents.has(from.start);
    if (!leads) throw missing(rule, from.start);
  }
}

/** True where some match lies inside `outer` or is an attribute of it; `matches` are in the order of the body. */
function holdsOneOf(outer: Match, matches: readonly Match[]): boolean {
  let low = 0;
  let high = matches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (matches[middle]!.start > outer.outerStart) high = middle;
    else low = middle + 1;
  }
  const first = matches[low] === outer ? matches[low + 1] : matches[low];
  return first !== undefined && first.start < outer.end;
}

function missing(rule: FieldRule, offset: number): FieldsealError {
  return refusal("FIELD_REQUIRED_MISSING", "a required field is missing", rule, offset);
}
