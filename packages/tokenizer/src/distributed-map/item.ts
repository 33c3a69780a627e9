// What Step Functions hands over: one item of a Distributed Map, or a batch of them. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/** One object to process: an entry of ListObjectsV2, of an inventory, or of a manifest of one's own. */
export interface ObjectItem {
  readonly key: string;
  readonly bucket?: string;
  readonly etag?: string;
  readonly versionId?: string;
}

/** Most items of one batch. */
const maxItems = 10_000;

/**
 * Reads `{ Items: [...] }`, which ItemBatcher makes, or one item; each has a `Key`, and perhaps `Bucket`, `Etag` or
 * `ETag`, and `VersionId`. What else an item has, such as its size, is left alone.
 *
 * @throws {FieldsealError} `ITEM_INVALID`.
 */
export function readItems(event: unknown): ObjectItem[] {
  const { Items: items = [event] } = recordOf(event, "the event");
  if (!Array.isArray(items) || items.length > maxItems) throw invalid(`Items is a list of at most ${maxItems}`);
  return items.map((item, index) => readItem(item, `item ${index}`));
}

function readItem(item: unknown, where: string): ObjectItem {
  const { Key, Bucket, Etag, ETag = Etag, VersionId } = recordOf(item, where);
  const text = (value: unknown, name: string): string => {
    if (typeof value === "string" && value !== "") return value;
    throw invalid(`${where}: ${name} is text`);
  };
  return {
    key: text(Key, "Key"),
    ...(Bucket === undefined ? {} : { bucket: text(Bucket, "Bucket") }),
    ...(ETag === undefined ? {} : { etag: bareEtag(text(ETag, "Etag")) }),
    ...(VersionId === undefined ? {} : { versionId: text(VersionId, "VersionId") }),
  };
}

/** An ETag without quotes and without the sign of a weak one. */
function bareEtag(etag: string): string {
  return etag.replace(/^W\//, "").replaceAll('"', "");
}

function recordOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(`${where} is an object`);
}

function invalid(message: string): FieldsealError {
  return new FieldsealError("ITEM_INVALID", message);
}
