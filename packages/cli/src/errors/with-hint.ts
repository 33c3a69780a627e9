// What to do about an error of a library, in the words of this command. Pure.
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import { detailsOf } from "./error-details.ts";

/** `error` with the hint for its code, where it has none of its own. */
export function withHint(error: unknown, hints: Readonly<Partial<Record<ErrorCode, string>>>): unknown {
  if (!(error instanceof FieldsealError) || error.hint !== undefined) return error;
  const hint = hints[error.code];
  return hint === undefined ? error : new FieldsealError(error.code, error.message, { ...detailsOf(error), hint });
}
