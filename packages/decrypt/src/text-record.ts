// Any text, or one sealed value, as a record to open: places are not told apart, field names are.

import { mask } from "@fieldseal/core/access";
import { applyEdits } from "@fieldseal/core/body";
import { utf8Bytes, utf8Text } from "@fieldseal/core/bytes";
import { type Context, decryptionFailed, type FormatSettings, findSealed } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { editsOf } from "./body-record.ts";
import { formatSettings, maxDataKeys } from "./formats.ts";
import type { FoundField, SealedRecord } from "./open/record.ts";
import type { Reader } from "./options.ts";
import { type Expect, placementOf } from "./placement.ts";
import { textOf } from "./write-back.ts";

/** What a text may hold. */
export interface TextPlace {
  readonly fields: readonly string[];
  readonly context?: Context;
  /** A policy says what values are bound to, and how those in the direct format are told. */
  readonly expect?: Expect;
}

/** What one sealed value must be. */
export interface FieldPlace {
  readonly field: string;
  readonly context?: Context;
  /** As in `TextPlace`. */
  readonly expect?: Expect;
}

/**
 * Reads any text.
 *
 * @throws {FieldsealError} `BODY_NOT_UTF8` for half a surrogate pair, which would come back as another character;
 * `ENVELOPE_MALFORMED`, `ENVELOPE_VERSION_UNSUPPORTED`, `ENVELOPE_ALG_MISMATCH`.
 */
export function readText(text: string, { fields, ...place }: TextPlace, reader: Reader): SealedRecord<string> {
  if (!text.isWellFormed()) throw new FieldsealError("BODY_NOT_UTF8", "the text has half a surrogate pair");
  const bytes = utf8Bytes(text);
  const settings = asText(reader, place);
  return {
    ...settings,
    onFieldError: reader.onFieldError,
    found: findFields(bytes, fields, settings.formats),
    assemble: (opened) => {
      const edits = editsOf(opened);
      return edits.length === 0 ? text : utf8Text(applyEdits(bytes, edits));
    },
  };
}

/**
 * Reads the text of one sealed value.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED` where the text is not exactly one; `ENVELOPE_VERSION_UNSUPPORTED`,
 * `ENVELOPE_ALG_MISMATCH`.
 */
export function readField(text: string, { field, ...place }: FieldPlace, reader: Reader): SealedRecord<string> {
  const bytes = utf8Bytes(text);
  const settings = asText(reader, place);
  const found = findFields(bytes, [field], settings.formats);
  const [only] = found;
  if (found.length !== 1 || only?.start !== 0 || only.end !== bytes.length) {
    throw new FieldsealError("ENVELOPE_MALFORMED", "the text is not one sealed value", { field });
  }
  return {
    ...settings,
    onFieldError: "fail",
    found,
    assemble: ([opened]) => {
      if (opened!.written !== null) return utf8Text(opened!.written);
      throw new FieldsealError("ACCESS_DENIED", "the access rules show nothing of this field to this caller", {
        field,
      });
    },
  };
}

function findFields(bytes: Uint8Array, fields: readonly string[], formats: FormatSettings): FoundField[] {
  return findSealed(bytes, formats).map(({ value, start, end }) => {
    const named = value.fields.filter((field) => fields.includes(field));
    const text = bytes.slice(start, end);
    const field = named[0] ?? value.fields[0]!;
    return { value, field, text, start, end, place: "text", misplaced: named.length !== 1 };
  });
}

function asText(
  reader: Reader,
  { context = {}, expect }: Omit<TextPlace, "fields">,
): Omit<SealedRecord<string>, "found" | "onFieldError" | "assemble"> {
  const placement = placementOf(expect);
  return {
    context,
    boundKeys: placement.boundKeys,
    formats: formatSettings(reader, placement),
    pins: { expectDataKeys: undefined, sameDataKey: false },
    onDenied: reader.onDenied,
    maxDataKeys: maxDataKeys(reader, placement),
    write: (_, opened, keepLast) => {
      const text = textOf(opened);
      if (text === null || !text.isWellFormed()) throw decryptionFailed();
      return utf8Bytes(keepLast === null ? text : mask(text, keepLast));
    },
    writeText: (_, text) => utf8Bytes(text),
  };
}
