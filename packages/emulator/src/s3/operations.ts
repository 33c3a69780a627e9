// The operations of S3 over buckets in memory: a request in, an answer out (Amazon S3 API Reference). Pure but for state.
import { crc32 } from "node:zlib";
import type { Buckets, StoredObject, WriteCondition } from "./buckets.ts";
import { S3Error } from "./s3-error.ts";
import { readParts, xmlDocument } from "./xml.ts";

/** A request whose operation is known. */
export interface S3Request {
  readonly bucket: string;
  /** Empty for operations on the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export type S3Operation = (buckets: Buckets, request: S3Request) => S3Answer;

const maxKeys = 1000;

const operations = {
  GetObject: (buckets, request) => {
    const object = read(buckets, request);
    return { status: 200, headers: headersOf(object), body: object.bytes };
  },
  HeadObject: (buckets, request) => {
    const object = read(buckets, request);
    return { status: 200, headers: { ...headersOf(object), "content-length": String(object.bytes.length) } };
  },
  PutObject: (buckets, { bucket, key, headers, body }) => {
    checkDigest(body, headers);
    const object = buckets.put(bucket, key, { bytes: body, headers: kept(headers) }, conditionOf(headers));
    return { status: 200, headers: written(object) };
  },
  DeleteObject: (buckets, { bucket, key }) => {
    buckets.remove(bucket, key);
    return { status: 204 };
  },
  CreateMultipartUpload: (buckets, { bucket, key, headers }) => {
    const id = buckets.createUpload(bucket, key, kept(headers));
    const content = [
      ["Bucket", bucket],
      ["Key", key],
      ["UploadId", id],
    ] as const;
    return { status: 200, body: xmlDocument("InitiateMultipartUploadResult", content) };
  },
  UploadPart: (buckets, { bucket, key, query, headers, body }) => {
    const checksum = checkDigest(body, headers);
    const part = { id: query.get("uploadId") ?? "", number: Number(query.get("partNumber")), bytes: body };
    const etag = buckets.putPart(bucket, key, part);
    return { status: 200, headers: { etag, ...(checksum !== undefined && { "x-amz-checksum-crc32": checksum }) } };
  },
  CompleteMultipartUpload: (buckets, { bucket, key, query, headers, body }) => {
    const parts = readParts(body.toString("utf8"));
    const id = query.get("uploadId") ?? "";
    const object = buckets.complete(bucket, key, { id, parts, condition: conditionOf(headers) });
    const content = [
      ["Bucket", bucket],
      ["Key", key],
      ["ETag", object.etag],
    ] as const;
    return { status: 200, headers: written(object), body: xmlDocument("CompleteMultipartUploadResult", content) };
  },
  AbortMultipartUpload: (buckets, { bucket, key, query }) => {
    buckets.abort(bucket, key, query.get("uploadId") ?? "");
    return { status: 204 };
  },
  ListObjectsV2: (buckets, { bucket, query }) => {
    const prefix = query.get("prefix") ?? "";
    const token = query.get("continuation-token");
    const after = token === null ? (query.get("start-after") ?? "") : Buffer.from(token, "base64url").toString();
    const most = Math.min(Number(query.get("max-keys") ?? maxKeys), maxKeys);
    const found = buckets.list(bucket, prefix, after);
    const page = found.slice(0, most);
    const isTruncated = page.length < found.length;
    const next = Buffer.from(page.at(-1)?.[0] ?? "").toString("base64url");
    const spelled = (text: string): string => (query.get("encoding-type") === "url" ? encodeURIComponent(text) : text);
    const objects = page.map(([key, { bytes, etag, modified }]) => {
      const content = [
        ["Key", spelled(key)],
        ["LastModified", modified.toISOString()],
        ["ETag", etag],
        ["Size", bytes.length],
      ] as const;
      return ["Contents", content] as const;
    });
    const content = [
      ["Name", bucket],
      ["Prefix", spelled(prefix)],
      ["KeyCount", page.length],
      ["MaxKeys", most],
      ["IsTruncated", String(isTruncated)],
      ...(isTruncated ? ([["NextContinuationToken", next]] as const) : []),
      ...objects,
    ] as const;
    return { status: 200, body: xmlDocument("ListBucketResult", content) };
  },
} satisfies Readonly<Record<string, S3Operation>>;

/** The operation of a request line and its name; undefined where there is none here. */
export function operationOf(
  method: string,
  isObject: boolean,
  query: URLSearchParams,
): [string, S3Operation] | undefined {
  const name = nameOf(method, isObject, query);
  return name === undefined ? undefined : [name, operations[name]];
}

// Any other parameter names a part of an object or a way to read it, such as `tagging` or `delimiter`, that is not here:
// without it the request would read, replace or delete the object itself.
const parameters: ReadonlySet<string> = new Set([
  ...["list-type", "prefix", "continuation-token", "start-after", "max-keys", "encoding-type"],
  ...["uploads", "uploadId", "partNumber", "versionId", "x-id"],
]);

function nameOf(method: string, isObject: boolean, query: URLSearchParams): keyof typeof operations | undefined {
  if ([...query.keys()].some((name) => !parameters.has(name))) return undefined;
  if (!isObject) return method === "GET" && query.get("list-type") === "2" ? "ListObjectsV2" : undefined;
  const isUpload = query.has("uploadId");
  if (method === "POST") {
    if (query.has("uploads")) return "CreateMultipartUpload";
    return isUpload ? "CompleteMultipartUpload" : undefined;
  }
  if (method === "PUT") return isUpload ? "UploadPart" : "PutObject";
  if (method === "DELETE" && !query.has("versionId")) return isUpload ? "AbortMultipartUpload" : "DeleteObject";
  if (isUpload) return undefined;
  return method === "GET" ? "GetObject" : method === "HEAD" ? "HeadObject" : undefined;
}

function read(buckets: Buckets, { bucket, key, query, headers }: S3Request): StoredObject {
  if (headers.range !== undefined) throw new S3Error("NotImplemented", "ranges");
  if (["if-none-match", "if-modified-since", "if-unmodified-since"].some((name) => headers[name] !== undefined)) {
    throw new S3Error("NotImplemented", "reads know If-Match only");
  }
  const object = buckets.get(bucket, key, query.get("versionId") ?? undefined);
  const wanted = headers["if-match"];
  if (wanted !== undefined && wanted !== "*" && wanted.replaceAll('"', "") !== object.etag.replaceAll('"', "")) {
    throw new S3Error("PreconditionFailed");
  }
  return object;
}

function headersOf({ etag, versionId, headers, modified }: StoredObject): Record<string, string> {
  return {
    "content-type": "binary/octet-stream",
    ...headers,
    etag,
    ...version(versionId),
    "last-modified": modified.toUTCString(),
  };
}

function written({ etag, versionId }: StoredObject): Record<string, string> {
  return { etag, ...version(versionId) };
}

function version(versionId: string): Record<string, string> {
  return versionId === "null" ? {} : { "x-amz-version-id": versionId };
}

/** Headers that come back with the object. */
function kept(headers: S3Request["headers"]): Record<string, string> {
  const names = ["content-type", "content-encoding"];
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) => value !== undefined && (names.includes(name) || name.startsWith("x-amz-meta-")),
    ),
  ) as Record<string, string>;
}

function conditionOf(headers: S3Request["headers"]): WriteCondition {
  const given = headers["if-none-match"];
  if (given !== undefined && given !== "*") throw new S3Error("NotImplemented", "writes know If-None-Match: * only");
  if (headers["if-match"] !== undefined) throw new S3Error("NotImplemented", "If-Match of a write");
  return { isAbsent: given === "*" };
}

/** The body's CRC-32 where the request gives it. */
function checkDigest(body: Buffer, headers: S3Request["headers"]): string | undefined {
  if (headers["x-amz-copy-source"] !== undefined) throw new S3Error("NotImplemented", "copies");
  if (headers["x-amz-content-sha256"]?.startsWith("STREAMING-") === true) {
    throw new S3Error("NotImplemented", "bodies in signed chunks");
  }
  const given = headers["x-amz-checksum-crc32"];
  if (given === undefined) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  if (bytes.toString("base64") !== given) throw new S3Error("BadDigest");
  return given;
}
