// An error with the file, line and column that it is about.
import { FieldsealError } from "@fieldseal/core/errors";

/** Where in a file; line and column count from 1, columns in characters. */
export interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The error that `error` is, at its place in a file. */
export class LocatedError extends FieldsealError {
  readonly place: FilePlace;

  constructor(error: FieldsealError, place: FilePlace) {
    const { hint, field, selector, offset, pointer, kid, retryable } = error;
    super(error.code, error.message, {
      ...(hint === undefined ? {} : { hint }),
      ...(field === undefined ? {} : { field }),
      ...(selector === undefined ? {} : { selector }),
      ...(offset === undefined ? {} : { offset }),
      ...(pointer === undefined ? {} : { pointer }),
      ...(kid === undefined ? {} : { kid }),
      retryable,
    });
    this.place = place;
  }
}
