// Wrong usage: the one kind of error that ends with exit code 2. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/** `USAGE_INVALID`; the message never repeats a value that the user typed. */
export function usageError(message: string, hint?: string): FieldsealError {
  return new FieldsealError("USAGE_INVALID", message, hint === undefined ? {} : { hint });
}
