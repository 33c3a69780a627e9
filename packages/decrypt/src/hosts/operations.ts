// What hosts are asked for, and their answers: one body, one field, or a batch; shared by HTTP and Lambda.
import { isUtf8 } from "node:buffer";
import { type Place, readArray, readObject, readString } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { BodyResult } from "../body-result.ts";
import type { Caller, HostReader } from "./host-reader.ts";

/** One record of a batch: text, since every codec is of UTF-8. */
export interface BatchRecord {
  readonly mediaType: string;
  readonly body: string;
}

/** What became of one record of a batch. */
export type BatchResult =
  | { readonly body: string }
  | { readonly error: { readonly code: string; readonly retryable: boolean } };

/** Records of one batch. */
export const maxRecords = 1000;
const mediaTypeSyntax = { pattern: /^[\x20-\x7e]{1,256}$/, says: "a media type" };

/** Opens one body. @throws as `Decryptor.decryptBody` */
export async function openOne(
  reader: HostReader,
  body: { readonly bytes: Uint8Array; readonly mediaType: string },
  caller: Caller,
): Promise<Uint8Array> {
  const [result] = await reader.openBodies([body], caller);
  if ("error" in result!) throw result.error;
  return result!.bytes;
}

/** Opens `{ field, envelope }`. @throws `REQUEST_INVALID`, and as `Decryptor.decryptField` */
export async function openFieldOf(reader: HostReader, request: unknown, caller: Caller): Promise<{ value: string }> {
  const { required } = readObject(placeOf(request), ["field", "envelope"]);
  const envelope = readString(required("envelope"));
  return { value: await reader.openField(envelope, readString(required("field")), caller) };
}

/** Opens `{ records: [{ mediaType, body }] }`, each alone. @throws `REQUEST_INVALID` */
export async function openBatchOf(
  reader: HostReader,
  request: unknown,
  caller: Caller,
): Promise<{ results: BatchResult[] }> {
  const records = readArray(readObject(placeOf(request), ["records"]).required("records"), maxRecords).map(readRecord);
  const bodies = records.flatMap(({ mediaType, body }) => {
    return body.isWellFormed() ? [{ mediaType, bytes: Buffer.from(body) }] : [];
  });
  const results = (await reader.openBodies(bodies, caller)).values();
  return {
    results: records.map(({ body }) => {
      return batchResultOf(body.isWellFormed() ? results.next().value! : { error: halfSurrogatePair() });
    }),
  };
}

function batchResultOf(result: BodyResult): BatchResult {
  if ("bytes" in result) return { body: Buffer.from(result.bytes).toString() };
  return { error: { code: result.error.code, retryable: result.error.retryable } };
}

/**
 * The bytes of a body that came as text.
 *
 * @throws {FieldsealError} `BODY_NOT_UTF8` for half a surrogate pair, which would come back as another character.
 */
export function bytesOfText(text: string): Uint8Array {
  if (!text.isWellFormed()) throw halfSurrogatePair();
  return Buffer.from(text);
}

function halfSurrogatePair(): FieldsealError {
  return new FieldsealError("BODY_NOT_UTF8", "the body has half a surrogate pair");
}

/** Parses a JSON request. @throws `REQUEST_INVALID`, also for what is not UTF-8: bodies in it would come back as others */
export function requestOf(bytes: Uint8Array): unknown {
  try {
    if (isUtf8(bytes)) return JSON.parse(Buffer.from(bytes).toString());
  } catch {}
  throw new FieldsealError("REQUEST_INVALID", "the request is not JSON in UTF-8");
}

function placeOf(value: unknown): Place {
  return { value, pointer: "", code: "REQUEST_INVALID" };
}

function readRecord(place: Place): BatchRecord {
  const { required } = readObject(place, ["mediaType", "body"]);
  return { mediaType: readString(required("mediaType"), mediaTypeSyntax), body: readString(required("body")) };
}
