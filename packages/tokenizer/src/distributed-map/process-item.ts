// One object through a tokenizer, once: read, rewritten and stored as a stream, or found done. I/O through the stores.
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { canonicalJson, checkFlag, checkFunctions } from "@fieldseal/core/config";
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import { type Rejection, type TokenizeStreamOptions, tokenizeStream } from "../stream/index.ts";
import { contentOf, destinationKey, type NamedContent } from "./destination-key.ts";
import type { ObjectItem } from "./item.ts";
import type { ObjectStore, ObjectVersion } from "./object-store.ts";

export interface ItemOptions extends Omit<TokenizeStreamOptions, "format" | "onRejected" | "onProgress"> {
  readonly from: ObjectStore;
  readonly to: ObjectStore;
  /** Stands in front of every key that is written; default: nothing. */
  readonly prefix?: string;
  /** What all objects are; default: what each key's extension says. */
  readonly format?: TokenizeStreamOptions["format"];
  /** True: records with a bad value are left out and counted. False (default): the first one fails the item. */
  readonly skipInvalid?: boolean;
  readonly onRejected?: (rejection: Rejection, item: ObjectItem) => void;
  /**
   * Part of the settings that name a result, besides operation, columns, the declarations of the formats, and whom
   * values are opened for: give another one where the current key version or the isolation of tenants changed and objects
   * are to be processed again.
   */
  readonly revision?: string;
}

/** Where an object is. */
export interface ObjectLocation {
  readonly bucket?: string;
  readonly key: string;
}

/** What became of an item; never a value of it. */
export interface ItemResult {
  readonly source: ObjectLocation & { readonly etag?: string; readonly versionId?: string };
  /** Null where it is not known yet. */
  readonly destination: ObjectLocation | null;
  readonly outcome: "done" | "already-done" | "failed";
  /** Records written, values replaced in them, and records left out; null where this run wrote nothing. */
  readonly records: number | null;
  readonly fields: number | null;
  readonly rejected: number | null;
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly retryable?: boolean;
}

/** Processes an item; it never throws for what is wrong with the item or its stores. */
export type ProcessItem = (item: ObjectItem) => Promise<ItemResult>;

/**
 * Creates what processes one item after the other, each in constant memory. Repeating an item is harmless, also at the
 * same time: the result's key follows from the item, and only the first to finish writes it.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`, `SELECTOR_INVALID`.
 *
 * @example
 * ```ts
 * import type { Tokenizer } from "@fieldseal/tokenizer";
 * import { createItemProcessor } from "@fieldseal/tokenizer/distributed-map";
 * import { createFolderStore } from "@fieldseal/tokenizer/folder";
 * declare const tokenizer: Tokenizer;
 * const from = createFolderStore({ folder: "in" });
 * const to = createFolderStore({ folder: "out" });
 * const columns = { "$.customer.card": { format: "card" } };
 * const processItem = createItemProcessor({ tokenizer, operation: "tokenize", columns, from, to });
 * for await (const key of from.list()) console.log((await processItem({ key })).outcome);
 * ```
 */
export function createItemProcessor(options: ItemOptions): ProcessItem {
  const { from, to, prefix = "", format, skipInvalid = false, onRejected, revision, ...stream } = options;
  checkFunctions({ onRejected });
  checkFlag("skipInvalid", skipInvalid);
  const settings = settingsOf(options);
  // What is wrong with the columns is known before the first item comes.
  tokenizeStream({ ...stream, format: format ?? "ndjson" }).destroy();
  return async (item) => {
    const source = { ...locationOf(from, item.key), ...pick(item) };
    let version: ObjectVersion | null = null;
    let destination: ObjectLocation | null = null;
    try {
      if (item.bucket !== undefined && item.bucket !== from.bucket) {
        throw new FieldsealError("ITEM_INVALID", "the item is of another bucket than the store");
      }
      const content = contentOf(item.key, format);
      version = { ...pick(item), key: item.key, etag: item.etag ?? (await from.etagOf(item.key, item.versionId)) };
      destination = locationOf(to, prefix + destinationKey(version, settings));
      const counts = await rewriteObject({ version, item, content, key: destination.key, stream }, options);
      const named = { source: { ...source, ...version }, destination };
      return counts === null
        ? { ...named, outcome: "already-done", ...nothing }
        : { ...named, outcome: "done", ...counts };
    } catch (error) {
      const { code, message, retryable } = codedError(error);
      const named = { source: { ...source, ...version }, destination };
      return { ...named, outcome: "failed", ...nothing, code, message, retryable };
    }
  };
}

interface ObjectJob {
  readonly version: ObjectVersion;
  readonly item: ObjectItem;
  readonly content: NamedContent;
  /** Where the result goes. */
  readonly key: string;
  readonly stream: Omit<TokenizeStreamOptions, "format">;
}

/** Reads, rewrites and stores one object; what it held, or null where the result was there already. */
async function rewriteObject(
  { version, item, content, key, stream }: ObjectJob,
  options: ItemOptions,
): Promise<Pick<ItemResult, "records" | "fields" | "rejected"> | null> {
  const { from, to, skipInvalid = false, onRejected } = options;
  if (await to.has(key)) return null;
  let total = { records: 0, fields: 0 };
  let rejected = 0;
  let last = 0;
  const refuse = (rejection: Rejection): void => {
    // A record may have several bad values.
    if (rejection.record !== last) rejected++;
    last = rejection.record;
    onRejected?.(rejection, item);
  };
  const { body, contentType, contentEncoding } = await from.read(version);
  try {
    const isGzip = codingOf(contentEncoding) === "gzip" || content.isGzip;
    const rewrite = tokenizeStream({
      ...stream,
      format: content.format,
      onProgress: ({ records, fields }) => {
        total = { records, fields };
      },
      ...(skipInvalid ? { onRejected: refuse } : {}),
    });
    const headers = { contentType: contentType ?? mediaTypes[content.format], contentEncoding };
    let isMine = false;
    const store = async (output: AsyncIterable<Uint8Array>): Promise<void> => {
      isMine = await to.create(key, output, headers);
    };
    if (isGzip) await pipeline(body, createGunzip(), rewrite, createGzip(), store);
    else await pipeline(body, rewrite, store);
    return isMine ? { ...total, rejected } : null;
  } finally {
    body.destroy();
  }
}

const nothing = { records: null, fields: null, rejected: null } as const;
const mediaTypes = { csv: "text/csv", ndjson: "application/x-ndjson" } as const;

/** What makes two runs of one object different results. */
function settingsOf({ operation, columns, tenantColumn, versionColumn, format, ...rest }: ItemOptions): string {
  const { skipInvalid = false, revision = "" } = rest;
  const absent = [tenantColumn, versionColumn, format].map((value) => value ?? null);
  // The number of a format's tokens may be beyond JSON.
  const formats = rest.tokenizer.describe().map((one) => ({ ...one, space: String(one.space) }));
  // Rules show one caller a mask where another sees the value.
  const { principal = null, purpose = null, claims = null } = rest.who ?? {};
  const caller = operation === "detokenize" ? [principal, purpose, claims] : [];
  return canonicalJson([operation, columns, formats, ...absent, skipInvalid, revision, ...caller]);
}

function codingOf(contentEncoding: string | undefined): "gzip" | "identity" {
  const codings = (contentEncoding ?? "").split(",").map((coding) => coding.trim().toLowerCase());
  const [coding = "identity", ...more] = codings.filter((one) => !["", "identity", "aws-chunked"].includes(one));
  if (more.length === 0 && (coding === "gzip" || coding === "identity")) return coding;
  throw new FieldsealError("CONTENT_CODING_UNSUPPORTED", "the object has another content coding than gzip");
}

function locationOf({ bucket }: ObjectStore, key: string): ObjectLocation {
  return { ...(bucket === null ? {} : { bucket }), key };
}

function pick({ etag, versionId }: ObjectItem): Pick<ObjectItem, "etag" | "versionId"> {
  return { ...(etag === undefined ? {} : { etag }), ...(versionId === undefined ? {} : { versionId }) };
}

function codedError(error: unknown): FieldsealError {
  if (error instanceof FieldsealError) return error;
  if (String((error as NodeJS.ErrnoException).code).startsWith("Z_")) {
    return new FieldsealError("BODY_MALFORMED", "the object is not gzip as it should be");
  }
  return new FieldsealError("INTERNAL_ERROR", "an internal error", { cause: error });
}
