// Where the result of an object goes, and what an object's name says of its content. Pure.
import { createHash } from "node:crypto";
import { concatLengthPrefixed, utf8Bytes } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import type { TokenizeStreamOptions } from "../stream/index.ts";
import type { ObjectVersion } from "./object-store.ts";

const extension = /\.(csv|ndjson|jsonl)(\.gz)?$/i;

/** What a key's extension says: `.csv`, `.ndjson`, `.jsonl`, and `.gz` behind them. */
export interface NamedContent {
  readonly format: TokenizeStreamOptions["format"];
  readonly isGzip: boolean;
}

/** @throws {FieldsealError} `MEDIA_TYPE_UNSUPPORTED` where neither the key nor `format` says what the content is. */
export function contentOf(key: string, format?: NamedContent["format"]): NamedContent {
  const [, named, gz = /\.gz$/i.exec(key)?.[0]] = extension.exec(key) ?? [];
  const told = format ?? (named === undefined ? undefined : named.toLowerCase() === "csv" ? "csv" : "ndjson");
  if (told !== undefined) return { format: told, isGzip: gz !== undefined };
  throw new FieldsealError(
    "MEDIA_TYPE_UNSUPPORTED",
    "the key ends in none of .csv, .ndjson, .jsonl and these with .gz",
  );
}

/**
 * The key of the result: the source's, with a digest of its content and of the settings in front of the extension. The
 * same item under the same settings always has the same one, and another one where either differs.
 */
export function destinationKey({ key, etag }: ObjectVersion, settings: string): string {
  const parts = ["fieldseal object 1", settings, key, etag].map(utf8Bytes);
  const digest = createHash("sha256").update(concatLengthPrefixed(parts)).digest("hex").slice(0, 32);
  const at = extension.exec(key)?.index ?? key.length;
  return `${key.slice(0, at)}.${digest}${key.slice(at)}`;
}
