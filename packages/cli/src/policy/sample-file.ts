// Recorded bodies in a folder, with their media types. I/O: reads files.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { type Codec, codecFor, type MediaType, parseMediaType } from "@fieldseal/core/body";
import { readObject, readString } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { readBytes } from "../files.ts";
import { readJsonFile } from "../json-file.ts";

/** One recorded body. */
export interface Sample {
  /** Name below the folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly mediaType: MediaType;
  readonly codec: Codec;
  /** Method and path, where its sidecar gives them; else every route is tried. */
  readonly request: { readonly method: string; readonly path: string } | null;
}

/** A file of the folder that could not be taken as a sample. */
export interface Unread {
  readonly name: string;
  readonly why: string;
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

interface Sidecar {
  readonly method: string;
  readonly path: string | null;
  readonly contentType: string | null;
}

/**
 * The samples of a folder and of those below it, by name. `NAME.request.json` beside `NAME` may give its `method`,
 * `path` and `contentType`.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE`; `CONFIG_INVALID` for a malformed sidecar.
 */
export async function readSamples(folder: string): Promise<{ samples: Sample[]; unread: Unread[] }> {
  const names = await filesBelow(folder);
  const samples: Sample[] = [];
  const unread: Unread[] = [];
  for (const name of names.filter((one) => !isSidecar(one, names))) {
    const sidecarName = `${name}${sidecarSuffix}`;
    const sidecar = names.includes(sidecarName) ? await readSidecar(path.join(folder, sidecarName)) : null;
    const contentType = sidecar?.contentType ?? mediaTypes[path.extname(name)];
    const mediaType = contentType === undefined ? null : parseMediaType(contentType);
    const codec = mediaType === null ? null : codecFor(mediaType);
    if (contentType === undefined || mediaType === null || codec === null) {
      unread.push({ name, why: contentType === undefined ? "of unknown media type" : `no codec for ${contentType}` });
      continue;
    }
    const request = sidecar === null || sidecar.path === null ? null : { method: sidecar.method, path: sidecar.path };
    samples.push({ name, bytes: await readBytes(path.join(folder, name)), contentType, mediaType, codec, request });
  }
  return { samples, unread };
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith("."));
    if (files.length > maxSamples) throw unreadable(folder, `it holds more than ${maxSamples} files`);
    return files.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).sort();
  } catch (error) {
    if (error instanceof FieldsealError) throw error;
    throw unreadable(folder, (error as NodeJS.ErrnoException).code ?? "unknown");
  }
}

function isSidecar(name: string, names: readonly string[]): boolean {
  return name.endsWith(sidecarSuffix) && names.includes(name.slice(0, -sidecarSuffix.length));
}

async function readSidecar(file: string): Promise<Sidecar> {
  const { parsed } = await readJsonFile(file, "CONFIG_INVALID", (value): Sidecar => {
    const sidecar = readObject({ value, pointer: "", code: "CONFIG_INVALID" }, ["method", "path", "contentType"]);
    const [method, requestPath, contentType] = ["method", "path", "contentType"].map((name) => {
      const place = sidecar.optional(name);
      return place === undefined ? null : readString(place);
    });
    return { method: method ?? "POST", path: requestPath ?? null, contentType: contentType ?? null };
  });
  return parsed;
}

function unreadable(folder: string, why: string): FieldsealError {
  return new FieldsealError("FILE_UNREADABLE", `${folder} cannot be read: ${why}`);
}
