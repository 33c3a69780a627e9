// From what a scan found to the fields that are sealed: variants, shapes, required values, overlaps. Pure.
import { type Codec, type Match, type Scan, ValueKind } from "@fieldseal/core/body";
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import type { FieldRule, Route } from "@fieldseal/core/policy";

/** One value and the rule that it falls under. */
export interface SelectedField {
  readonly rule: FieldRule;
  readonly start: number;
  readonly end: number;
}

/**
 * The fields to seal, in the order of the body; of nested ones the outermost.
 *
 * @throws {FieldsealError} `FIELD_NAME_VARIANT`, `FIELD_SHAPE_MISMATCH`, `FIELD_OVERLAP`, `FIELD_REQUIRED_MISSING`.
 */
export function selectFields(scan: Scan, route: Route, codec: Codec): SelectedField[] {
  const fields: SelectedField[] = [];
  let outer: SelectedField | null = null;
  for (const match of scan.matches) {
    if (outer !== null && match.start >= outer.end) outer = null;
    if (outer === null) refuseDoubtful(match, route, codec);
    for (const index of match.state.selects) {
      const rule = route.fields[index];
      if (rule === undefined) continue;
      if (outer === null) {
        outer = { rule, start: match.start, end: match.end };
        fields.push(outer);
      } else if (!sameSeal(outer.rule, rule)) {
        throw refusal("FIELD_OVERLAP", "a value lies inside or upon one that another rule seals", rule, match.start);
      }
    }
  }
  for (const [index, rule] of route.fields.entries()) {
    if (rule.required) requireValue(index, rule, scan, codec);
  }
  return fields;
}

function refuseDoubtful({ state, kind, start }: Match, route: Route, codec: Codec): void {
  const variant = route.fields[state.variants[0] ?? -1];
  // A selector of the context seals nothing.
  const isSealed = state.selects.some((index) => index < route.fields.length);
  if (variant !== undefined && !isSealed) {
    const message = "a name differs from the rule's only in case, width or separators";
    throw refusal("FIELD_NAME_VARIANT", message, variant, start);
  }
  if (codec.shape !== "tree") return;
  for (const mismatch of state.mismatches) {
    const rule = route.fields[mismatch.rule];
    if (rule !== undefined && (mismatch.kinds & kind) !== 0) {
      throw refusal("FIELD_SHAPE_MISMATCH", "a value has another shape than the rule's selector expects", rule, start);
    }
  }
}

/** The same text would be sealed in the same name: the outermost is enough. */
function sameSeal(a: FieldRule, b: FieldRule): boolean {
  return (
    a.name === b.name && a.action.kind === "encrypt" && b.action.kind === "encrypt" && a.action.key === b.action.key
  );
}

/**
 * The longest prefix of the selector that arrives anywhere must lead on from each place it arrives at;
 * an empty array under a wildcard leads nowhere and is fine.
 */
function requireValue(index: number, rule: FieldRule, scan: Scan, codec: Codec): void {
  const { segments } = rule.query;
  const arrivals = segments.map((): Match[] => []);
  const values: Match[] = [];
  for (const match of scan.matches) {
    for (const { rule: of, step } of match.state.arrivals) if (of === index) (arrivals[step] ?? values).push(match);
  }
  if (codec.shape !== "tree" || segments.length === 0) {
    if (values.length === 0) throw missing(rule, 0);
    return;
  }
  const longest = arrivals.findLastIndex((matches) => matches.length > 0);
  const next = arrivals[longest + 1] ?? values;
  const segment = segments[longest]!;
  const parents = new Set(next.map((match) => match.parent));
  let inside = 0;
  for (const from of arrivals[longest]!) {
    while (inside < next.length && next[inside]!.start <= from.start) inside++;
    if (from.empty && from.kind === ValueKind.array && segment.selectors.some((s) => s.kind === "wildcard")) continue;
    const below = next[inside];
    const leads = segment.descendant ? below !== undefined && below.end <= from.end : parents.has(from.start);
    if (!leads) throw missing(rule, from.start);
  }
}

function missing(rule: FieldRule, offset: number): FieldsealError {
  return refusal("FIELD_REQUIRED_MISSING", "a required field is missing", rule, offset);
}

function refusal(code: ErrorCode, message: string, rule: FieldRule, offset: number): FieldsealError {
  return new FieldsealError(code, message, { field: rule.name, selector: rule.query.text, offset });
}
