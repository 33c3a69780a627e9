// Bodies of any size, record by record: constant memory, with backpressure. A record is an NDJSON line, a CSV row, or
// a stretch of text.

import { isUtf8 } from "node:buffer";
import type { Duplex } from "node:stream";
import { codecFor, type MediaType, parseMediaType } from "@fieldseal/core/body";
import { checkChoice } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { checkLimits } from "../../limits.ts";
import { csvRecords } from "../../records/csv-records.ts";
import { ndjsonRecords } from "../../records/ndjson-records.ts";
import type { StreamRecord } from "../../records/record.ts";
import { textRecords } from "../../records/text-records.ts";
import {
  type Caller,
  createHostReader,
  type HostBody,
  type HostOptions,
  type HostReader,
  refuseUnknownOptions,
  requireOptions,
} from "../host-reader.ts";
import { generatorDuplex } from "./generator-duplex.ts";

/** How a stream is read. */
export interface StreamSettings {
  /** `application/x-ndjson`, `application/jsonl`, `text/csv` (with a header row) or `text/plain`. */
  readonly mediaType: string;
  readonly caller: Caller;
  /** Bytes of the longest record; default 1,048,576. */
  readonly maxRecordBytes?: number;
  /** Records that share calls; default 200, or 256 KB of them where that is less. */
  readonly batchRecords?: number;
  /** What becomes of a record that does not open: the stream fails (default), or the record passes as it came. */
  readonly onRecordError?: "fail" | "leave";
  /** Told of each record (from 1) that passes as it came. */
  readonly onLeft?: (record: number, error: FieldsealError) => void;
}

/** Names of the settings that all streams have, wherever their media type and caller come from. */
export const streamSettings: Readonly<Record<keyof Omit<StreamSettings, "mediaType" | "caller">, true>> = {
  maxRecordBytes: true,
  batchRecords: true,
  onRecordError: true,
  onLeft: true,
};

export type DecryptStreamOptions = HostOptions & StreamSettings;

/** Turns bytes into records; each knows how to open itself. */
type Records = (
  source: AsyncIterable<Uint8Array>,
  settings: { readonly maxRecordBytes: number },
) => AsyncGenerator<StreamRecord>;

function recordsOf(mediaType: MediaType): Records | undefined {
  if (mediaType.essence === "text/csv") return csvRecords;
  const codec = codecFor(mediaType)?.name;
  return codec === "ndjson" ? ndjsonRecords : codec === "text" ? textRecords : undefined;
}

const maxBatchBytes = 262_144;

/**
 * A transform of sealed bytes to opened ones, for `pipeline`: `compose` of Node loses an error that comes after the end of
 * its source, and does not end. In CSV, selectors name columns: `$.ssn`.
 *
 * @throws {FieldsealError} as every host, `MEDIA_TYPE_UNSUPPORTED`, and `CONFIG_INVALID` for limits that are not positive
 * and finite; the stream fails with the codes of groups body and reader.
 *
 * @example
 * ```ts
 * import { createReadStream, createWriteStream } from "node:fs";
 * import { pipeline } from "node:stream/promises";
 * import type { KeyProvider } from "@fieldseal/decrypt";
 * import { decryptStream } from "@fieldseal/decrypt/stream";
 * declare const keys: KeyProvider;
 * const opening = decryptStream({
 *   keys,
 *   access: { rules: [{ principal: "role:lake", fields: { ssn: "full" } }] },
 *   expect: { ssn: "$.ssn" },
 *   caller: { principal: "role:lake" },
 *   mediaType: "application/x-ndjson",
 * });
 * await pipeline(createReadStream("sealed.ndjson"), opening, createWriteStream("opened.ndjson"));
 * ```
 */
export function decryptStream(options: DecryptStreamOptions): Duplex {
  refuseUnknownOptions(options, { ...streamSettings, mediaType: true, caller: true });
  const reader = createHostReader(options);
  requireOptions(options, ["caller"]);
  const stream = generatorDuplex(openingOver(reader, options));
  stream.once("close", () => void reader.close());
  return stream;
}

/**
 * Checks the settings and gives what turns sealed bytes into opened ones.
 *
 * @throws {FieldsealError} `MEDIA_TYPE_UNSUPPORTED`, `CONFIG_INVALID`.
 */
export function openingOver(
  reader: HostReader,
  settings: StreamSettings,
): (source: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array> {
  const records = recordsOf(parseMediaType(settings.mediaType));
  if (records === undefined) {
    throw new FieldsealError("MEDIA_TYPE_UNSUPPORTED", "streams are NDJSON, CSV with a header row, or plain text");
  }
  const { maxRecordBytes = 1_048_576, batchRecords, onRecordError = "fail" } = settings;
  checkLimits({ maxRecordBytes, batchRecords });
  checkChoice("onRecordError", onRecordError, ["fail", "leave"]);
  return (source) => opened(records(source, { maxRecordBytes }), reader, settings);
}

async function* opened(
  records: AsyncGenerator<StreamRecord>,
  reader: HostReader,
  settings: StreamSettings,
): AsyncGenerator<Uint8Array> {
  const { batchRecords = 200 } = settings;
  let batch: StreamRecord[] = [];
  let bytes = 0;
  let done = 0;
  for await (const record of records) {
    batch.push(record);
    bytes += record.raw.length;
    if (batch.length < batchRecords && bytes < maxBatchBytes) continue;
    yield* someOf(await openBatch(batch, done, reader, settings));
    done += batch.length;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield* someOf(await openBatch(batch, done, reader, settings));
}

/** What there is: an envelope of nothing opens to no bytes. */
function someOf(bytes: Uint8Array): Uint8Array[] {
  return bytes.length === 0 ? [] : [bytes];
}

async function openBatch(
  batch: readonly StreamRecord[],
  done: number,
  reader: HostReader,
  { caller, onRecordError = "fail", onLeft }: StreamSettings,
): Promise<Uint8Array> {
  const results = await openRecords(batch, reader, caller);
  const parts = batch.map((record, index) => {
    const result = results.get(record);
    if (result === undefined) return record.raw;
    if ("bytes" in result) return result.bytes;
    // What passes by itself is worth another run; only what never opens may be left.
    if (onRecordError === "fail" || result.error.retryable) throw result.error;
    onLeft?.(done + index + 1, result.error);
    return record.raw;
  });
  return Buffer.concat(parts);
}

type RecordResult = { readonly bytes: Uint8Array } | { readonly error: FieldsealError };

async function openRecords(
  batch: readonly StreamRecord[],
  reader: HostReader,
  caller: Caller,
): Promise<Map<StreamRecord, RecordResult>> {
  const results = new Map<StreamRecord, RecordResult>();
  const sealed = batch.filter(({ sealed }) => sealed !== null && sealed !== "text");
  const bodies = await reader.openBodies(
    sealed.map(({ sealed }) => sealed as HostBody),
    caller,
  );
  for (const [index, record] of sealed.entries()) results.set(record, writtenBack(record, bodies[index]!));
  for (const record of batch.filter(({ sealed }) => sealed === "text")) {
    results.set(record, await openText(record, reader, caller));
  }
  return results;
}

/** What was opened of a record, as the record writes it. */
function writtenBack(record: StreamRecord, result: RecordResult): RecordResult {
  try {
    return "bytes" in result ? { bytes: record.write(result.bytes) } : result;
  } catch (error) {
    if (error instanceof FieldsealError) return { error };
    throw error;
  }
}

async function openText({ raw }: StreamRecord, reader: HostReader, caller: Caller): Promise<RecordResult> {
  try {
    if (!isUtf8(raw)) throw new FieldsealError("BODY_NOT_UTF8", "the stream is not well-formed UTF-8");
    return { bytes: Buffer.from(await reader.openText(Buffer.from(raw).toString(), caller)) };
  } catch (error) {
    if (error instanceof FieldsealError) return { error };
    throw error;
  }
}
