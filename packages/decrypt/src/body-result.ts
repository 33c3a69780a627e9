// What a reader tells of a body that it was given. Types only.
import type { Format } from "@fieldseal/core/envelope";
import type { FieldsealError } from "@fieldseal/core/errors";

/** What became of one sealed value. */
export interface FieldReport {
  readonly field: string;
  readonly kid: string;
  readonly format: Format;
  /** `none`: nothing but its place told that the value belongs to the field. */
  readonly binding: "field" | "none";
  /** Byte offset in the body that was given; in CSV, that of the row. */
  readonly offset: number;
  readonly outcome: "opened" | "masked" | "denied" | "failed";
  /** Code of the failure. */
  readonly code?: string;
  /** True where a text or name of the opened value itself looks sealed, in any format; it was not opened. */
  readonly nested: boolean;
}

/** One body of a batch: opened, or why not. */
export type BodyResult =
  | { readonly bytes: Uint8Array; readonly fields: readonly FieldReport[] }
  | { readonly error: FieldsealError };
