// Values that no rule selects, and that a reader could take for one of a rule's: variants of names, other shapes. Pure.
import { type Codec, type Match, ValueKind } from "@fieldseal/core/body";
import type { FieldRule, Route } from "@fieldseal/core/policy";
import { refusal } from "./refusal.ts";

/** What a route says of values that its selectors come to. */
export type RouteChecks = Pick<Route, "fields" | "onShapeMismatch">;

/** The rules of a route by their numbers in its matcher. */
export function rulesOf({ fields }: Pick<Route, "fields">, indexes: readonly number[]): FieldRule[] {
  return indexes.map((index) => fields[index]!);
}

/** @throws {FieldsealError} `FIELD_NAME_VARIANT`, `FIELD_SHAPE_MISMATCH`. */
export function refuseDoubtful({ state, kind, start }: Match, route: RouteChecks, codec: Codec): void {
  const variant = route.fields[state.variants[0] ?? -1];
  if (variant !== undefined && state.selects.length === 0) {
    throw refusal(
      "FIELD_NAME_VARIANT",
      "a name differs from the rule's only in case, width or separators",
      variant,
      start,
    );
  }
  if (kind === ValueKind.unread ? route.onShapeMismatch === "ignore" : codec.shape !== "tree") return;
  for (const mismatch of state.mismatches) {
    const rule = route.fields[mismatch.rule];
    if (rule !== undefined && (mismatch.kinds & kind) !== 0) {
      throw refusal("FIELD_SHAPE_MISMATCH", "a value has another shape than the rule's selector expects", rule, start);
    }
  }
}
