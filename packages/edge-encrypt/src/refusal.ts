// Refusals in terms of the rule concerned. Pure.
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import type { FieldRule } from "@fieldseal/core/policy";

/** The error for a value at `offset` that falls under `rule`. */
export function refusal(code: ErrorCode, message: string, rule: FieldRule, offset: number): FieldsealError {
  return new FieldsealError(code, message, { field: rule.name, selector: rule.query.text, offset });
}
