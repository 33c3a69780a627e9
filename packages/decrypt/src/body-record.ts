// A body as a record to open: read, scanned, and its sealed values found, each at its place.
import { isUtf8 } from "node:buffer";
import {
  applyEdits,
  type Codec,
  codecFor,
  deepestNesting,
  type Edit,
  jsonInString,
  type Limits,
  type LongText,
  type MediaType,
  parseMediaType,
  replacement,
  type Scan,
  scanBody,
} from "@fieldseal/core/body";
import { type Context, decryptionFailed } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { type FoundInBody, findInBody } from "./find-in-body.ts";
import { formatSettings, maxDataKeys } from "./formats.ts";
import { createLineFinder } from "./line-finder.ts";
import type { FoundField, OpenedField, SealedRecord } from "./open/record.ts";
import type { OnDenied, OnFieldError, Reader } from "./options.ts";
import { type Expect, type ExpectedValues, expectedValues, isExpected, type Places, placementOf } from "./placement.ts";
import { writeBack, writeText } from "./write-back.ts";

/** A body with sealed values in it. */
export interface BodyToDecrypt {
  readonly bytes: Uint8Array;
  /** The Content-Type header's value. */
  readonly mediaType: string;
  /** The context that the values were sealed with. */
  readonly context?: Context;
  /** Where sealed values may stand; without it, anywhere. */
  readonly expect?: Expect;
  /** By kid: base64url of SHA-256 of the wrapped data keys that the body may hold, as the receipt has them. */
  readonly expectDataKeys?: Readonly<Record<string, string | readonly string[]>>;
  /** True: all values under one key must share one data key, so that none comes from another body; in CSV, those of a row. */
  readonly sameDataKey?: boolean;
  /** Default: the decryptor's. */
  readonly onFieldError?: OnFieldError;
  /** Default: the decryptor's. */
  readonly onDenied?: OnDenied;
}

/** One for all, so that bodies without a context share what the rules say. */
const noContext: Context = {};
// As deep as any policy lets the edge seal: what it took must open.
const limits: Limits = { maxFields: 1_000_000, maxDepth: deepestNesting, maxOutputBytes: Number.MAX_SAFE_INTEGER };

/**
 * Reads a body.
 *
 * @throws {FieldsealError} the codes of group body; `SELECTOR_INVALID`, `ENVELOPE_MALFORMED`,
 * `ENVELOPE_VERSION_UNSUPPORTED`.
 */
export function readBody(body: BodyToDecrypt, reader: Reader): SealedRecord<Uint8Array> {
  const { context = noContext, expect, expectDataKeys, sameDataKey = false } = body;
  // A view of a Buffer is made in JavaScript, one of a plain array by the engine; there are several for each field.
  const bytes = new Uint8Array(body.bytes.buffer, body.bytes.byteOffset, body.bytes.length);
  const { onFieldError = reader.onFieldError, onDenied = reader.onDenied } = body;
  const placement = placementOf(expect);
  const formats = formatSettings(reader, placement);
  const { boundKeys } = placement;
  const settings = { context, boundKeys, formats, pins: { expectDataKeys, sameDataKey }, onFieldError, onDenied };
  const maxKeys = maxDataKeys(reader, placement);
  if (bytes.length === 0) return { ...settings, found: [], maxDataKeys: maxKeys, ...nothingToWrite(body.bytes) };
  const { codec, mediaType } = readerOf(body.mediaType ?? "");
  const readings = codec.shape === "names" ? placement.routes : [placement];
  const scans = readings.map((places) => scanned(bytes, codec, mediaType, places));
  const expected = expect === undefined ? null : scans.map((scan, index) => expectedValues(scan, readings[index]!));
  const lineOf = codec.name === "ndjson" ? createLineFinder(bytes) : null;
  const found = findInBody(bytes, textsOf(scans), { codec, formats }).map((one): FoundField => {
    const field = fieldAt(one, expected);
    const placed = { ...one, field: field ?? one.value.fields[0]!, misplaced: field === null };
    return lineOf === null ? placed : { ...placed, part: lineOf(one.start) };
  });
  return {
    ...settings,
    found,
    maxDataKeys: maxKeys,
    write: ({ start, place, within }, opened, keepLast) =>
      writeBack(opened, within ? jsonInString : codec, { place, before: bytes[start - 1] }, keepLast),
    writeText: ({ place, within }, text) => writeText(text, within ? jsonInString : codec, place),
    assemble: (fields) => {
      const edits = editsOf(fields);
      if (edits.length === 0) return body.bytes;
      const opened = applyEdits(bytes, edits);
      refuseBrokenContainer(opened, codec, mediaType);
      return opened;
    },
  };
}

/** The edits that write opened fields. */
export function editsOf(fields: readonly OpenedField[]): Edit[] {
  return fields.flatMap(({ found, written }) => {
    return written === null ? [] : [replacement(found.start, found.end, written)];
  });
}

/** All texts, in order: what is a file to one route is a field to another. */
function textsOf(scans: readonly Scan[]): readonly LongText[] {
  if (scans.length === 1) return scans[0]!.longTexts;
  const texts = new Map(scans.flatMap(({ longTexts }) => longTexts.map((text) => [text.start, text])));
  return [...texts.values()].sort((a, b) => a.start - b.start);
}

/** The field that a value is at its place; null where it is none that is expected there, or could be several. */
function fieldAt(one: FoundInBody, expected: readonly ExpectedValues[] | null): string | null {
  const { value, place } = one;
  if (expected === null) return value.fields.length === 1 ? value.fields[0]! : null;
  if (place !== "value") return null;
  const fields = value.fields.filter((field) => expected.some((values) => isExpected(field, one, values)));
  return fields.length === 1 ? fields[0]! : null;
}

interface BodyReader {
  readonly codec: Codec;
  readonly mediaType: MediaType;
}

/** Bodies come with the same media type again and again. */
let last: { readonly value: string; readonly reader: BodyReader } | null = null;

function readerOf(value: string): BodyReader {
  if (last?.value === value) return last.reader;
  const mediaType = parseMediaType(value);
  const codec = codecFor(mediaType);
  if (codec === null) throw new FieldsealError("MEDIA_TYPE_UNSUPPORTED", "there is no codec for the body's media type");
  last = { value, reader: { codec, mediaType } };
  return last.reader;
}

function scanned(bytes: Uint8Array, codec: Codec, mediaType: MediaType, { matcher: root }: Places): Scan {
  return scanBody(codec, { bytes, mediaType, root, limits, isUtf8, isSealed: true });
}

/** Opened plaintext is client input: what it makes of the container must be as well-formed as before. A whole has none. */
function refuseBrokenContainer(opened: Uint8Array, codec: Codec, mediaType: MediaType): void {
  if (codec.shape === "whole") return;
  try {
    scanned(opened, codec, mediaType, placementOf(undefined));
  } catch (error) {
    if (error instanceof FieldsealError) throw decryptionFailed();
    throw error;
  }
}

function nothingToWrite(bytes: Uint8Array): Pick<SealedRecord<Uint8Array>, "write" | "writeText" | "assemble"> {
  return { write: (_, { value }) => value, writeText: () => bytes, assemble: () => bytes };
}
