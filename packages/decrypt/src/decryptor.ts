// The reader: finds envelopes, checks their place, opens what the caller may see, writes it back.
import { isUtf8 } from "node:buffer";
import { type AccessDocument, mask, parseAccess, type Who } from "@fieldseal/core/access";
import type { AuditSink } from "@fieldseal/core/audit";
import {
  applyEdits,
  type Codec,
  codecFor,
  type Edit,
  type Limits,
  type MediaType,
  parseMediaType,
  replacement,
  type Scan,
  scanBody,
} from "@fieldseal/core/body";
import { utf8Bytes, utf8Text } from "@fieldseal/core/bytes";
import { type Context, decryptionFailed, findEnvelopes, parseEnvelope } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { findInBody } from "./find-in-body.ts";
import type { KeyProvider } from "./keys/provider.ts";
import { type OpenOptions, openEnvelopes } from "./open-envelopes.ts";
import { type Expect, expectedFields, misplaced, placementOf } from "./placement.ts";
import { textOf, writeBack } from "./write-back.ts";

export interface DecryptorOptions {
  readonly keys: KeyProvider;
  /** Access rules; without them everybody in this process sees everything. */
  readonly access?: AccessDocument;
  /** Where an event for each field goes before its plaintext is returned. */
  readonly audit?: AuditSink;
  /** The clock of audit events; default: the system's. */
  readonly now?: () => Date;
}

/** A body with envelopes in it. */
export interface BodyToDecrypt {
  readonly bytes: Uint8Array;
  /** The Content-Type header's value. */
  readonly mediaType: string;
  /** The context that the envelopes were sealed with. */
  readonly context?: Context;
  /** Where envelopes may stand; without it, anywhere. */
  readonly expect?: Expect;
}

export interface Decryptor {
  /**
   * Opens the envelopes of a body and writes the values back. Fields that `who` may not see stay envelopes; fields of
   * which only the end may be seen become masks.
   *
   * @throws {FieldsealError} `ENVELOPE_MISPLACED` where an envelope stands where `expect` has not its field; the codes
   * of docs/errors.md, groups body and reader.
   */
  decryptBody(body: BodyToDecrypt, who?: Who): Promise<Uint8Array>;
  /**
   * Opens the envelopes of `fields` in any text and writes the values as text.
   *
   * @throws {FieldsealError} `ENVELOPE_MISPLACED` for an envelope of another field; the codes of group reader.
   */
  decryptText(
    text: string,
    options: { readonly fields: readonly string[]; readonly context?: Context },
    who?: Who,
  ): Promise<string>;
  /**
   * Opens one envelope of one field: a string decoded, other JSON tokens as spelled.
   *
   * @throws {FieldsealError} `ENVELOPE_MISPLACED` for an envelope of another field, `ACCESS_DENIED`, and the codes of
   * group reader.
   */
  decryptField(
    envelope: string,
    options: { readonly field: string; readonly context?: Context },
    who?: Who,
  ): Promise<string>;
  /** Lets go of everything that is held. */
  close(): Promise<void>;
}

const limits: Limits = { maxFields: 1_000_000, maxDepth: 256, maxOutputBytes: Number.MAX_SAFE_INTEGER };

/**
 * Creates a decryptor over a ring of keys.
 *
 * @throws {FieldsealError} `ACCESS_INVALID` for malformed access rules.
 *
 * @example
 * ```ts
 * import { createDecryptor, type KeyProvider } from "@fieldseal/decrypt";
 * declare const keys: KeyProvider;
 * declare const bytes: Uint8Array;
 * const decryptor = createDecryptor({ keys });
 * const opened = await decryptor.decryptBody({ bytes, mediaType: "application/json", expect: { ssn: "$.ssn" } });
 * ```
 */
export function createDecryptor({ keys, access, audit, now }: DecryptorOptions): Decryptor {
  const options: OpenOptions = {
    keys,
    access: access === undefined ? null : parseAccess(access),
    audit: audit ?? null,
    now: now ?? (() => new Date()),
  };
  return {
    decryptBody: (body, who = {}) => decryptBody(body, who, options),
    decryptText: (text, place, who = {}) => decryptText(text, place, who, options),
    decryptField: (envelope, place, who = {}) => decryptField(envelope, place, who, options),
    close: async () => {},
  };
}

async function decryptBody(body: BodyToDecrypt, who: Who, options: OpenOptions): Promise<Uint8Array> {
  const { bytes, context = {}, expect } = body;
  if (bytes.length === 0) return bytes;
  const placement = placementOf(expect);
  const { codec, mediaType } = readerOf(body.mediaType);
  const scan = scanned(bytes, codec, mediaType, placement.matcher);
  const found = findInBody(bytes, scan, codec);
  if (expect !== undefined) {
    const expected = expectedFields(scan, placement);
    for (const { envelope, start, place } of found) {
      if (place !== "value" || !expected.get(start)?.has(envelope.field)) throw misplaced(envelope.field, start);
    }
  }
  const openings = await openEnvelopes(found, context, who, options);
  const edits = found.flatMap(({ start, end, place }, index): Edit[] => {
    const opening = openings[index]!;
    if (opening === null) return [];
    return [
      replacement(start, end, writeBack(opening.value, codec, { place, before: bytes[start - 1] }, opening.keepLast)),
    ];
  });
  if (edits.length === 0) return bytes;
  const opened = applyEdits(bytes, edits);
  refuseBrokenContainer(opened, codec, mediaType);
  return opened;
}

async function decryptText(
  text: string,
  { fields, context = {} }: Parameters<Decryptor["decryptText"]>[1],
  who: Who,
  options: OpenOptions,
): Promise<string> {
  const bytes = utf8Bytes(text);
  const found = findEnvelopes(bytes).map(({ start, end }) => {
    const envelopeText = bytes.subarray(start, end);
    const envelope = parseEnvelope(envelopeText);
    if (!fields.includes(envelope.field)) throw misplaced(envelope.field, start);
    return { envelope, text: envelopeText, start, end };
  });
  const openings = await openEnvelopes(found, context, who, options);
  const edits = found.flatMap(({ start, end }, index): Edit[] => {
    const opening = openings[index]!;
    return opening === null ? [] : [replacement(start, end, utf8Bytes(shownText(opening)))];
  });
  return edits.length === 0 ? text : utf8Text(applyEdits(bytes, edits));
}

async function decryptField(
  envelopeText: string,
  { field, context = {} }: Parameters<Decryptor["decryptField"]>[1],
  who: Who,
  options: OpenOptions,
): Promise<string> {
  const text = utf8Bytes(envelopeText);
  const envelope = parseEnvelope(text);
  if (envelope.field !== field) throw misplaced(envelope.field, 0);
  const [opening] = await openEnvelopes([{ envelope, text }], context, who, options);
  if (opening === null || opening === undefined) {
    throw new FieldsealError("ACCESS_DENIED", "the access rules show nothing of this field to this caller", { field });
  }
  return shownText(opening);
}

function shownText({ value, keepLast }: NonNullable<Awaited<ReturnType<typeof openEnvelopes>>[number]>): string {
  const text = textOf(value);
  if (text === null) throw decryptionFailed();
  return keepLast === null ? text : mask(text, keepLast);
}

function readerOf(value: string): { readonly codec: Codec; readonly mediaType: MediaType } {
  const mediaType = parseMediaType(value);
  const codec = codecFor(mediaType);
  if (codec === null) throw new FieldsealError("MEDIA_TYPE_UNSUPPORTED", "there is no codec for the body's media type");
  return { codec, mediaType };
}

function scanned(
  bytes: Uint8Array,
  codec: Codec,
  mediaType: MediaType,
  root: Parameters<Codec["scan"]>[0]["root"],
): Scan {
  return scanBody(codec, { bytes, mediaType, root, limits, isUtf8 });
}

/** Opened plaintext is client input: what it makes of the container must be as well-formed as before. A whole has none. */
function refuseBrokenContainer(opened: Uint8Array, codec: Codec, mediaType: MediaType): void {
  if (codec.shape === "whole") return;
  try {
    scanned(opened, codec, mediaType, placementOf(undefined).matcher);
  } catch (error) {
    if (error instanceof FieldsealError) throw decryptionFailed();
    throw error;
  }
}
