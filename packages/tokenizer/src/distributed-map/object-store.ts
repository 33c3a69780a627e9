// Where objects come from and go to: a bucket or a folder. Types, and how their errors are made.
import type { Readable } from "node:stream";
import { FieldsealError } from "@fieldseal/core/errors";

/** One version of one object. */
export interface ObjectVersion {
  readonly key: string;
  /** Names the content, without quotes. */
  readonly etag: string;
  readonly versionId?: string;
}

export interface ObjectHeaders {
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
}

export interface SourceObject extends ObjectHeaders {
  /** Fails with a coded error; ends the transfer when it is destroyed. */
  readonly body: Readable;
}

/**
 * Objects by key. What fails for a moment throws `OBJECT_STORE_UNAVAILABLE`, retryable; what is not allowed,
 * `OBJECT_STORE_REFUSED`.
 */
export interface ObjectStore {
  /** Name of the bucket; null where there is none. */
  readonly bucket: string | null;
  /** ETag of an object, or of a version of it. @throws {FieldsealError} `OBJECT_UNKNOWN`. */
  etagOf(key: string, versionId?: string): Promise<string>;
  has(key: string): Promise<boolean>;
  /** Opens that very version. @throws {FieldsealError} `OBJECT_UNKNOWN`; `OBJECT_CHANGED`, also from the body. */
  read(version: ObjectVersion): Promise<SourceObject>;
  /** Writes an object, whole or not at all, where there is none; false where there is one, which stays. */
  create(key: string, content: AsyncIterable<Uint8Array>, headers: ObjectHeaders): Promise<boolean>;
  /** Keys that begin with `prefix`. */
  list(prefix?: string): AsyncIterable<string>;
}

/** What a store says went wrong. */
export type StoreErrorCode = "OBJECT_UNKNOWN" | "OBJECT_CHANGED" | "OBJECT_STORE_REFUSED" | "OBJECT_STORE_UNAVAILABLE";

const messages: Readonly<Record<StoreErrorCode, string>> = {
  OBJECT_UNKNOWN: "there is no such object",
  OBJECT_CHANGED: "the object is not the one that was asked for",
  OBJECT_STORE_REFUSED: "the store refuses this",
  OBJECT_STORE_UNAVAILABLE: "the store does not answer as it should",
};

/** The error of a store; the one underneath is for programs. */
export function storeError(code: StoreErrorCode, cause?: unknown): FieldsealError {
  return new FieldsealError(code, messages[code], { cause, retryable: code === "OBJECT_STORE_UNAVAILABLE" });
}
