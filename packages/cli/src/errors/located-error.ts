// An error with the file, line and column that it is about.
import { FieldsealError } from "@fieldseal/core/errors";
import { detailsOf } from "./error-details.ts";

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
    super(error.code, error.message, detailsOf(error));
    this.place = place;
  }
}
