// The errors for bodies that their grammar does not know, or that go too deep. Pure.
import { FieldsealError } from "../errors/index.ts";

/** Makes the errors of one grammar, by offset. */
export function malformedIn(grammar: string): (offset: number) => FieldsealError {
  return (offset) => new FieldsealError("BODY_MALFORMED", `the body is not well-formed ${grammar}`, { offset });
}

export function tooDeep(offset: number): FieldsealError {
  return new FieldsealError("BODY_TOO_DEEP", "the body nests deeper than the limit allows", { offset });
}
