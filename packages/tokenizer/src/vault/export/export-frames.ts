// The form of an export: a header and sealed frames in order, the last one marked (docs/vault.md, Export). Pure but for ivs.
import { concat, concatLengthPrefixed, utf8Bytes } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import { keyedDigest } from "../../keyed-digest.ts";
import type { DerivedKeys } from "../keys.ts";
import type { RandomDraw } from "../random-draw.ts";
import { readFields, readText, timeBytes } from "../rows/row-bytes.ts";
import { ivLength, open, seal, sealAad } from "../rows/seal-value.ts";
import type { StoreEntry } from "../store.ts";

const magic = "fieldseal vault export 1";
const idLength = 16;
const lengthBytes = 4;
const maxFrameBytes = 16_000_000;
const more = 0;
const last = 1;

export interface ExportHeader {
  /** Version of the root key under which the frames are sealed. */
  readonly version: string;
  /** Random, so that each export has a key of its own. */
  readonly id: Uint8Array;
}

export function createHeader(version: string, draw: RandomDraw): ExportHeader {
  return { version, id: draw.bytes(idLength) };
}

/** u32 length || bytes. */
export function encodeFrame(bytes: Uint8Array): Uint8Array {
  return concatLengthPrefixed([bytes]);
}

export function encodeHeader({ version, id }: ExportHeader): Uint8Array {
  return concatLengthPrefixed([utf8Bytes(magic), utf8Bytes(version), id]);
}

export function parseHeader(bytes: Uint8Array): ExportHeader {
  const [found, version, id] = asExport(() => readFields(bytes, 3));
  if (Buffer.compare(found!, utf8Bytes(magic)) !== 0 || id!.length !== idLength) throw invalidExport();
  return { version: asExport(() => readText(version!)), id: id! };
}

/** The key of one export. */
export function exportKey(keys: DerivedKeys, { id }: ExportHeader): Uint8Array {
  return keyedDigest(keys.export, [id]);
}

export interface FramePlace {
  readonly key: Uint8Array;
  readonly header: ExportHeader;
  /** Number of frames before this one; part of the AAD, so that none can be left out, doubled or moved. */
  readonly sequence: number;
}

/** Seals rows as one frame; no rows make the last one. */
export function sealFrame(rows: readonly StoreEntry[], place: FramePlace, draw: RandomDraw): Uint8Array {
  const fields = concatLengthPrefixed(rows.flatMap(({ key, item }) => [utf8Bytes(key), item]));
  const plaintext = concat([Uint8Array.of(rows.length === 0 ? last : more), fields]);
  return seal(place.key, plaintext, { iv: draw.bytes(ivLength), aad: frameAad(place) });
}

/** The rows of a frame; undefined for the last one. */
export function openFrame(frame: Uint8Array, place: FramePlace): StoreEntry[] | undefined {
  const plaintext = asExport(() => open(place.key, frame, frameAad(place)));
  if (plaintext[0] === last) return undefined;
  const fields = asExport(() => readAllFields(plaintext.subarray(1)));
  const rows: StoreEntry[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    rows.push({ key: asExport(() => readText(fields[i]!)), item: fields[i + 1]! });
  }
  return rows;
}

/** Frames from chunks of any size; throws VAULT_EXPORT_INVALID where the last one is cut. */
export async function* readFrames(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let held = 0;
  // A frame of many small chunks is put together once, when all of it is there.
  let needed = lengthBytes;
  for await (const chunk of chunks) {
    parts.push(chunk);
    held += chunk.length;
    if (held < needed) continue;
    let rest = concat(parts);
    for (needed = frameEnd(rest); rest.length >= needed; needed = frameEnd(rest)) {
      yield rest.subarray(lengthBytes, needed);
      rest = rest.subarray(needed);
    }
    parts = [rest];
    held = rest.length;
  }
  if (held > 0) throw invalidExport();
}

/** The error for an export that is cut, edited, out of order, or of another key. */
export function invalidExport(): FieldsealError {
  return new FieldsealError("VAULT_EXPORT_INVALID", "the export is cut, edited, out of order, or of another key");
}

/** Where the first frame ends; before its length is known, where that does. */
function frameEnd(bytes: Uint8Array): number {
  if (bytes.length < lengthBytes) return lengthBytes;
  const length = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getUint32(0);
  if (length > maxFrameBytes) throw invalidExport();
  return lengthBytes + length;
}

function frameAad({ header, sequence }: FramePlace): Uint8Array {
  return sealAad({ purpose: "export", parts: [header.version, header.id, timeBytes(sequence)] });
}

function readAllFields(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let at = 0; at + 4 <= bytes.length; at += 4 + view.getUint32(at)) count++;
  return readFields(bytes, count);
}

function asExport<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw invalidExport();
  }
}
