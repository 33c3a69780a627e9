// Errors with offsets in a body that its grammar does not know, or that goes too deep. Pure.
import { type ErrorDetails, FieldsealError } from "../errors/index.ts";

/** Makes the errors of one grammar, by offset. */
export function malformedIn(grammar: string): (offset: number) => FieldsealError {
  return (offset) => new FieldsealError("BODY_MALFORMED", `the body is not well-formed ${grammar}`, { offset });
}

export function tooDeep(offset: number): FieldsealError {
  return new FieldsealError("BODY_TOO_DEEP", "the body nests deeper than the limit allows", { offset });
}

/** An error of a text that stands in a body, with its offset in the body; whatever else was thrown, as it is. */
export function relocated(error: unknown, offsetOf: (offset: number) => number): unknown {
  if (!(error instanceof FieldsealError)) return error;
  const details = { ...error, offset: offsetOf(error.offset ?? 0) } as ErrorDetails;
  return new FieldsealError(error.code, error.message, details);
}
