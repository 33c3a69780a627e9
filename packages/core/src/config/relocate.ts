// Errors of a parser that knows no document, moved to their place in one. Pure.
import { FieldsealError } from "../errors/index.ts";
import type { Place } from "./reader.ts";

/** Runs `read` and gives its errors the pointer of `place`. */
export function readAt<T>(place: Place, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FieldsealError) || error.pointer !== undefined) throw error;
    const { code, hint, offset } = error;
    throw new FieldsealError(code, `${place.pointer}: ${error.message}`, {
      pointer: place.pointer,
      ...(hint === undefined ? {} : { hint }),
      ...(offset === undefined ? {} : { offset }),
    });
  }
}
