// What to do about an error of a library, in the words of this command. Pure.
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";

/** `error` with the hint for its code, where it has none of its own. */
export function withHint(error: unknown, hints: Readonly<Partial<Record<ErrorCode, string>>>): unknown {
  if (!(error instanceof FieldsealError) || error.hint !== undefined) return error;
  const { code, message, field, selector, offset, pointer, kid, retryable } = error;
  const hint = hints[code];
  if (hint === undefined) return error;
  return new FieldsealError(code, message, {
    hint,
    ...(field === undefined ? {} : { field }),
    ...(selector === undefined ? {} : { selector }),
    ...(offset === undefined ? {} : { offset }),
    ...(pointer === undefined ? {} : { pointer }),
    ...(kid === undefined ? {} : { kid }),
    retryable,
  });
}
