// Recorded bodies and requests in a folder. I/O: reads files.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { type Codec, codecFor, type MediaType, parseMediaType } from "@fieldseal/core/body";
import { FieldsealError } from "@fieldseal/core/errors";
import { readBytes, unreadable } from "../files.ts";
import { readJsonFile } from "../json-file.ts";
import { type RecordedRequest, readEvent, readRequestDocument, type SampleRequest } from "./sample-request.ts";

/** A recorded body, a recorded request, or both. */
export interface Sample {
  /** Name below the folder. */
  readonly name: string;
  /** Null for a request without one. */
  readonly body: SampleBody | null;
  /** Where it is known; else every route is tried. */
  readonly request: SampleRequest | null;
}

export interface SampleBody {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly mediaType: MediaType;
  readonly codec: Codec;
}

/** A file of the folder that could not be taken as a sample. */
export interface Unread {
  readonly name: string;
  readonly why: string;
}

/** What a folder holds. */
export interface SampleFolder {
  readonly samples: readonly Sample[];
  readonly unread: readonly Unread[];
}

const sidecarSuffix = ".request.json";
const maxSamples = 10_000;

const mediaTypes: Readonly<Record<string, string>> = {
  ".json": "application/json",
  ".ndjson": "application/x-ndjson",
  ".jsonl": "application/x-ndjson",
  ".form": "application/x-www-form-urlencoded",
  ".xml": "application/xml",
  ".txt": "text/plain",
};

/**
 * The samples of a folder and of those below it, by name: bodies, CloudFront events, and `NAME.request.json`, which says
 * more of the body `NAME` beside it, or stands alone.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE`; `CONFIG_INVALID` for a malformed sidecar or event.
 */
export async function readSamples(folder: string): Promise<SampleFolder> {
  const names = await filesBelow(folder);
  const samples: Sample[] = [];
  const unread: Unread[] = [];
  for (const name of names.filter((one) => !isSidecar(one, names))) {
    const bytes = await readBytes(path.join(folder, name));
    for (const recorded of await requestsOf(folder, name, names, bytes)) {
      const { request, body } = recorded;
      const contentType = recorded.contentType ?? mediaTypes[path.extname(name)];
      if (body === null || body.length === 0) {
        samples.push({ name, body: null, request });
        continue;
      }
      const read = bodyOf(body, contentType);
      if (typeof read === "string") unread.push({ name, why: read });
      else samples.push({ name, body: read, request });
    }
  }
  return { samples, unread };
}

/** A body by its Content-Type, or why it cannot be read. */
function bodyOf(bytes: Uint8Array, contentType: string | undefined): SampleBody | string {
  if (contentType === undefined) return "of unknown media type";
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === null) return "its content type is not one";
  const codec = codecFor(mediaType);
  return codec === null ? `no codec for ${contentType}` : { bytes, contentType, mediaType, codec };
}

function mediaTypeOf(contentType: string): MediaType | null {
  try {
    return parseMediaType(contentType);
  } catch (error) {
    if (error instanceof FieldsealError) return null;
    throw error;
  }
}

type Recorded = Omit<RecordedRequest, "request"> & { readonly request: SampleRequest | null };

/** What a file records: a body, perhaps with a sidecar, or requests. */
async function requestsOf(
  folder: string,
  name: string,
  names: readonly string[],
  bytes: Uint8Array,
): Promise<readonly Recorded[]> {
  const readSidecar = async (sidecar: string): Promise<Recorded> => {
    return (await readJsonFile(path.join(folder, sidecar), "CONFIG_INVALID", readRequestDocument)).parsed;
  };
  if (names.includes(name + sidecarSuffix)) return [{ ...(await readSidecar(name + sidecarSuffix)), body: bytes }];
  if (name.endsWith(sidecarSuffix)) return [await readSidecar(name)];
  const events = path.extname(name) === ".json" ? readEvent(parsed(bytes)) : null;
  return events ?? [{ request: null, contentType: null, body: bytes }];
}

/** What is no JSON is told of when it is read as a body. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith("."));
    if (files.length > maxSamples) throw unreadable(folder, `it holds more than ${maxSamples} files`);
    return files.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).sort();
  } catch (error) {
    if (error instanceof FieldsealError) throw error;
    throw unreadable(folder, error);
  }
}

function isSidecar(name: string, names: readonly string[]): boolean {
  return name.endsWith(sidecarSuffix) && names.includes(name.slice(0, -sidecarSuffix.length));
}
