// Objects, their versions and unfinished multipart uploads, in memory. Pure but for its state.
import { createHash, randomUUID } from "node:crypto";
import { S3Error } from "./s3-error.ts";

/** One version of one object. */
export interface StoredObject {
  readonly bytes: Buffer;
  /** With its quotes. */
  readonly etag: string;
  readonly versionId: string;
  /** Content-Type, Content-Encoding and `x-amz-meta-...`, as they were given. */
  readonly headers: Readonly<Record<string, string>>;
  readonly modified: Date;
}

/** What a write depends on. */
export interface WriteCondition {
  /** `If-None-Match: *`: there is no object of that key. */
  readonly isAbsent: boolean;
}

interface Upload {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, { readonly bytes: Buffer; readonly etag: string }>;
}

interface Bucket {
  /** Versions by key, oldest first. */
  readonly objects: Map<string, StoredObject[]>;
  /** Keys whose newest version is a delete marker; none where nothing is versioned. */
  readonly deleted: Set<string>;
  readonly uploads: Map<string, Upload>;
}

/** A part as CompleteMultipartUpload names it. */
export interface NamedPart {
  readonly number: number;
  readonly etag: string;
}

/** An object on its way in; the ETag is the bytes' MD5 unless given. */
export type NewObject = Pick<StoredObject, "bytes" | "headers"> & { readonly etag?: string };

/** All buckets; every method throws the protocol's errors. */
export interface Buckets {
  get(bucket: string, key: string, versionId?: string): StoredObject;
  put(bucket: string, key: string, object: NewObject, condition: WriteCondition): StoredObject;
  /** Where keys keep what was written over, they keep what was removed. */
  remove(bucket: string, key: string): void;
  /** Current objects whose key begins with `prefix` and is behind `after`, in the order of their keys' UTF-8. */
  list(bucket: string, prefix: string, after: string): [key: string, object: StoredObject][];
  createUpload(bucket: string, key: string, headers: StoredObject["headers"]): string;
  putPart(bucket: string, key: string, part: { id: string; number: number; bytes: Buffer }): string;
  /** A refused one leaves the upload as it was, parts and all. */
  complete(
    bucket: string,
    key: string,
    upload: { id: string; parts: readonly NamedPart[]; condition: WriteCondition },
  ): StoredObject;
  abort(bucket: string, key: string, id: string): void;
  /** Keys of unfinished uploads. */
  uploads(bucket: string): string[];
}

const minPartBytes = 5 * 1024 * 1024;
const maxPartNumber = 10_000;

/** Makes empty buckets. `versioned`: a key keeps what was written over. */
export function createBuckets(names: readonly string[], versioned: boolean): Buckets {
  const empty = (): Bucket => ({ objects: new Map(), deleted: new Set(), uploads: new Map() });
  const buckets = new Map(names.map((name) => [name, empty()]));
  return { get, put, remove, list, createUpload, putPart, complete, abort, uploads };

  function bucketOf(name: string): Bucket {
    const bucket = buckets.get(name);
    if (bucket === undefined) throw new S3Error("NoSuchBucket");
    return bucket;
  }

  function get(name: string, key: string, versionId?: string): StoredObject {
    const { objects, deleted } = bucketOf(name);
    const versions = objects.get(key);
    if (versions === undefined || (versionId === undefined && deleted.has(key))) throw new S3Error("NoSuchKey");
    if (versionId === undefined) return versions.at(-1)!;
    const found = versions.find((one) => one.versionId === versionId);
    if (found === undefined) throw new S3Error("NoSuchVersion");
    return found;
  }

  function put(name: string, key: string, object: NewObject, { isAbsent }: WriteCondition): StoredObject {
    const { bytes, headers, etag = `"${md5(bytes).toString("hex")}"` } = object;
    const { objects, deleted } = bucketOf(name);
    const before = objects.get(key) ?? [];
    if (isAbsent && before.length > 0 && !deleted.has(key)) throw new S3Error("PreconditionFailed");
    const versionId = versioned ? randomUUID().replaceAll("-", "") : "null";
    const stored = { bytes, headers, etag, versionId, modified: new Date() };
    objects.set(key, versioned ? [...before, stored] : [stored]);
    deleted.delete(key);
    return stored;
  }

  function remove(name: string, key: string): void {
    const { objects, deleted } = bucketOf(name);
    if (!versioned) objects.delete(key);
    else if (objects.has(key)) deleted.add(key);
  }

  function list(name: string, prefix: string, after: string): [string, StoredObject][] {
    const { objects, deleted } = bucketOf(name);
    const keys = [...objects.keys()].filter((key) => {
      return key.startsWith(prefix) && compare(key, after) > 0 && !deleted.has(key);
    });
    return keys.sort(compare).map((key) => [key, get(name, key)]);
  }

  function createUpload(name: string, key: string, headers: StoredObject["headers"]): string {
    const id = randomUUID();
    bucketOf(name).uploads.set(id, { key, headers, parts: new Map() });
    return id;
  }

  function uploadOf(name: string, key: string, id: string): Upload {
    const upload = bucketOf(name).uploads.get(id);
    if (upload === undefined || upload.key !== key) throw new S3Error("NoSuchUpload");
    return upload;
  }

  function putPart(
    name: string,
    key: string,
    { id, number, bytes }: { id: string; number: number; bytes: Buffer },
  ): string {
    if (!Number.isInteger(number) || number < 1 || number > maxPartNumber) throw new S3Error("InvalidArgument");
    const etag = `"${md5(bytes).toString("hex")}"`;
    uploadOf(name, key, id).parts.set(number, { bytes, etag });
    return etag;
  }

  function complete(
    name: string,
    key: string,
    { id, parts, condition }: { id: string; parts: readonly NamedPart[]; condition: WriteCondition },
  ): StoredObject {
    const upload = uploadOf(name, key, id);
    const isUnordered = parts.some(({ number }, index) => index > 0 && number <= parts[index - 1]!.number);
    if (isUnordered) throw new S3Error("InvalidPartOrder");
    const chosen = parts.map(({ number, etag }, index) => {
      const part = upload.parts.get(number);
      if (part === undefined || part.etag.replaceAll('"', "") !== etag.replaceAll('"', ""))
        throw new S3Error("InvalidPart");
      if (index < parts.length - 1 && part.bytes.length < minPartBytes) throw new S3Error("EntityTooSmall");
      return part.bytes;
    });
    const etag = `"${md5(Buffer.concat(chosen.map(md5))).toString("hex")}-${parts.length}"`;
    const object = put(name, key, { bytes: Buffer.concat(chosen), headers: upload.headers, etag }, condition);
    bucketOf(name).uploads.delete(id);
    return object;
  }

  function abort(name: string, key: string, id: string): void {
    uploadOf(name, key, id);
    bucketOf(name).uploads.delete(id);
  }

  function uploads(name: string): string[] {
    return [...bucketOf(name).uploads.values()].map(({ key }) => key);
  }
}

function md5(bytes: Uint8Array): Buffer {
  return createHash("md5").update(bytes).digest();
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
