// One thing to open (a body, a text, a single envelope) after it was read and before anything is decided. Types only.
import type { Context, FormatSettings, OpenedValue, SealedValue } from "@fieldseal/core/envelope";
import type { FieldsealError } from "@fieldseal/core/errors";
import type { OnDenied, OnFieldError } from "../options.ts";

/** A sealed value in its record. */
export interface FoundField {
  readonly value: SealedValue;
  readonly field: string;
  /** The sealed text itself. */
  readonly text: Uint8Array;
  /** Byte span to replace; where the sealed text is a whole value, the value's, quotes included. */
  readonly start: number;
  readonly end: number;
  readonly place: "value" | "text";
  /** True: in the JSON that a string holds. */
  readonly within?: boolean;
  /** True where `expect` has not its field. */
  readonly misplaced: boolean;
  /** Which line of NDJSON or row of CSV it stands in; undefined where the whole is one. */
  readonly part?: number;
}

/** What a record came to, for one field; `written` is null where the sealed text stays. */
export interface OpenedField {
  readonly found: FoundField;
  readonly outcome: "opened" | "masked" | "denied" | "failed";
  readonly written: Uint8Array | null;
  readonly error: FieldsealError | null;
  readonly nested: boolean;
}

export interface SealedRecord<T> {
  readonly found: readonly FoundField[];
  /** The formats of which sealed values were looked for. */
  readonly formats: FormatSettings;
  readonly context: Context;
  /** By field: the keys of `context` that its values are bound to, where those are not all. */
  readonly boundKeys: ReadonlyMap<string, readonly string[]>;
  readonly pins: DataKeyPins;
  /** What must keep to one data key where `pins` say so; default: the whole. */
  readonly pinned?: "part";
  readonly onFieldError: OnFieldError;
  readonly onDenied: OnDenied;
  /** Most data keys of one part, or of the whole where there are no parts. */
  readonly maxDataKeys: number;
  /**
   * How an opened value is written in its place.
   *
   * @throws {FieldsealError} `DECRYPTION_FAILED` where the place cannot hold it.
   */
  write(found: FoundField, opened: OpenedValue, keepLast: number | null): Uint8Array;
  /** How stars or a mark are written in the place of a value. */
  writeText(found: FoundField, text: string): Uint8Array;
  /**
   * The record with everything written.
   *
   * @throws {FieldsealError} `DECRYPTION_FAILED` where the whole is no longer well-formed; `ACCESS_DENIED`.
   */
  assemble(fields: readonly OpenedField[]): T;
}

/** Which wrapped data keys a record may hold. */
export interface DataKeyPins {
  /** By kid: base64url of SHA-256 of the wrapped data key, one or several, as the receipt has them. */
  readonly expectDataKeys: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** True: one wrapped data key for each kid. */
  readonly sameDataKey: boolean;
}
