// From what a scan found to the fields that are protected: variants, shapes, overlaps. Pure.
import type { Codec, Match, Scan, ValueCodec } from "@fieldseal/core/body";
import type { FieldsealError } from "@fieldseal/core/errors";
import type { Action, FieldRule, NamedRule } from "@fieldseal/core/policy";
import { refusal } from "./refusal.ts";
import { type RouteChecks, refuseDoubtful, rulesOf } from "./refuse-doubtful.ts";

/** One value and the rule that it falls under. */
export interface SelectedField {
  readonly rule: FieldRule | NamedRule;
  readonly match: Match;
  /** What other rules do inside (or upon) a value before it is sealed, in the order of the body. */
  readonly inner: SelectedField[];
}

/** Bytes and the fields in them: of a body, a query, or a line of a header. */
export interface Selection {
  readonly bytes: Uint8Array;
  readonly codec: ValueCodec;
  readonly fields: readonly SelectedField[];
}

/**
 * The fields to protect, in the order of the body. Of nested ones that are sealed alike, the outermost; other actions
 * inside a sealed value are its `inner`; inside a removed one nothing matters.
 *
 * @throws {FieldsealError} `FIELD_NAME_VARIANT`, `FIELD_SHAPE_MISMATCH`, `FIELD_OVERLAP`.
 */
export function selectFields(scan: Scan, route: RouteChecks, codec: Codec): SelectedField[] {
  const fields: SelectedField[] = [];
  let outer: SelectedField | null = null;
  for (const match of scan.matches) {
    if (outer !== null && match.start >= outer.match.end) outer = null;
    if (outer === null) refuseDoubtful(match, route, codec);
    const { selects } = match.state;
    if (selects.length === 0 || outer?.rule.action.kind === "remove") continue;
    const field = selects.length === 1 ? fieldOfOne(match, route.fields[selects[0]!]!) : fieldOf(match, selects, route);
    if (outer === null) {
      outer = field;
      add(fields, field);
    } else {
      nest(field, outer);
    }
  }
  return fields;
}

function fieldOfOne(match: Match, rule: FieldRule): SelectedField {
  return { rule, match, inner: [] };
}

/** One field for all rules that select the same value. */
function fieldOf(match: Match, selects: readonly number[], route: RouteChecks): SelectedField {
  const rules = rulesOf(route, selects);
  const removing = rules.find((rule) => rule.action.kind === "remove");
  if (removing !== undefined) return fieldOfOne(match, removing);
  const [sealing, ...otherSeals] = rules.filter((rule) => rule.action.kind === "encrypt");
  const [changing, ...otherChanges] = rules.filter((rule) => rule.action.kind !== "encrypt");
  const clash =
    otherSeals.find((rule) => !sameSeal(rule, sealing!)) ?? otherChanges.find((rule) => !sameChange(rule, changing!));
  if (clash !== undefined) throw overlap(clash, match);
  if (sealing === undefined) return fieldOfOne(match, changing!);
  // Room is made for what replaces the value in the end.
  const { room: _, ...place } = match;
  return { rule: sealing, match, inner: changing === undefined ? [] : [{ rule: changing, match: place, inner: [] }] };
}

/** Adds a field; an attribute, which comes before its element, goes with it where that is removed. */
function add(fields: SelectedField[], field: SelectedField): void {
  if (field.rule.action.kind === "remove") {
    while ((fields.at(-1)?.match.start ?? 0) > field.match.outerStart) fields.pop();
  }
  fields.push(field);
}

/** Puts a field into the one around it. */
function nest(field: SelectedField, outer: SelectedField): void {
  if (outer.rule.action.kind !== "encrypt") throw overlap(field.rule, field.match);
  const enclosing = outer.inner.at(-1);
  if (enclosing !== undefined && field.match.start < enclosing.match.end) {
    if (enclosing.rule.action.kind === "remove") return;
    throw overlap(field.rule, field.match);
  }
  if (field.rule.action.kind !== "encrypt") add(outer.inner, field);
  else if (sameSeal(field.rule, outer.rule)) outer.inner.push(...field.inner);
  else throw overlap(field.rule, field.match);
}

/** The same text would be sealed in the same name: once is enough. */
function sameSeal(a: SelectedField["rule"], b: SelectedField["rule"]): boolean {
  return a.name === b.name && keyOf(a.action) === keyOf(b.action);
}

function keyOf(action: Action): unknown {
  return action.kind === "encrypt" ? action.key : null;
}

function sameChange(a: FieldRule, b: FieldRule): boolean {
  return JSON.stringify(a.action) === JSON.stringify(b.action);
}

function overlap(rule: SelectedField["rule"], { start }: Match): FieldsealError {
  return refusal("FIELD_OVERLAP", "a value lies inside or upon one that another rule protects", rule, start);
}
