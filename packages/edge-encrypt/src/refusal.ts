// Refusals in terms of the rule concerned. Pure.
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import type { FieldRule, NamedRule } from "@fieldseal/core/policy";

/** The error for a value that falls under `rule`, at `offset` of the body, the query or a line of a header. */
export function refusal(
  code: ErrorCode,
  message: string,
  rule: FieldRule | NamedRule,
  offset?: number,
): FieldsealError {
  const details = { field: rule.name, selector: "query" in rule ? rule.query.text : rule.of };
  return new FieldsealError(code, message, offset === undefined ? details : { ...details, offset });
}
