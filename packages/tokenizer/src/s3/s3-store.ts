// Objects of one Amazon S3 bucket, read by ETag and written where there is none (Amazon S3 User Guide, "Conditional
// requests"). I/O.
import { Readable } from "node:stream";
import { GetObjectCommand, HeadObjectCommand, paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import { FieldsealError } from "@fieldseal/core/errors";
import { type ObjectStore, storeError } from "../distributed-map/object-store.ts";
import { requestError, statusOf } from "./request-error.ts";
import { writeObject } from "./write-object.ts";

export interface S3StoreOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Bytes of the parts that larger objects are sent in, from 5 MiB to 5 GiB; default 8 MiB. About three are in memory. */
  readonly partBytes?: number;
}

const mebibyte = 1024 * 1024;

/**
 * Creates the store of one bucket.
 *
 * Reading takes `s3:GetObject` (and `s3:GetObjectVersion` for version ids); writing `s3:PutObject`,
 * `s3:AbortMultipartUpload`, and `s3:GetObject` with `s3:ListBucket`, without which an absent object looks forbidden.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`.
 */
export function createS3Store({ client, bucket, partBytes = 8 * mebibyte }: S3StoreOptions): ObjectStore {
  if (!Number.isInteger(partBytes) || partBytes < 5 * mebibyte || partBytes > 5 * 1024 * mebibyte) {
    throw new FieldsealError("CONFIG_INVALID", "partBytes is an integer from 5 MiB to 5 GiB");
  }
  const place = (Key: string, VersionId?: string) => ({
    Bucket: bucket,
    Key,
    ...(VersionId === undefined ? {} : { VersionId }),
  });
  const has = async (key: string): Promise<boolean> => {
    try {
      await client.send(new HeadObjectCommand(place(key)));
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw requestError(error);
    }
  };
  return {
    bucket,
    has,
    async etagOf(key, versionId) {
      const { ETag } = await sent(() => client.send(new HeadObjectCommand(place(key, versionId))));
      return bare(ETag);
    },
    async read({ key, etag, versionId }) {
      const input = { ...place(key, versionId), IfMatch: `"${etag}"` };
      const { Body, ContentType, ContentEncoding } = await sent(() => client.send(new GetObjectCommand(input)));
      return { body: received(Body as Readable), contentType: ContentType, contentEncoding: ContentEncoding };
    },
    async create(key, content, { contentType, contentEncoding }) {
      const headers = {
        ...(contentType === undefined ? {} : { ContentType: contentType }),
        ...(contentEncoding === undefined ? {} : { ContentEncoding: contentEncoding }),
      };
      try {
        await writeObject({ client, target: { ...place(key), ...headers }, partBytes }, content);
        return true;
      } catch (error) {
        // There already; or another writer is about to finish; or an answer was lost and the request was sent again.
        if ([404, 409, 412].includes(statusOf(error) ?? 0) && (await has(key))) return false;
        throw requestError(error);
      }
    },
    async *list(prefix = "") {
      const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix });
      try {
        for await (const { Contents = [] } of pages) for (const { Key } of Contents) yield Key!;
      } catch (error) {
        throw requestError(error);
      }
    },
  };
}

function bare(etag: string | undefined): string {
  if (etag === undefined) throw storeError("OBJECT_STORE_UNAVAILABLE");
  return etag.replaceAll('"', "");
}

async function sent<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw requestError(error);
  }
}

function received(transfer: Readable): Readable {
  const body = Readable.from(chunksOf(transfer), { objectMode: false });
  body.once("close", () => transfer.destroy());
  return body;
}

async function* chunksOf(transfer: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* transfer as AsyncIterable<Uint8Array>;
  } catch (error) {
    // The connection broke off in the middle.
    throw storeError("OBJECT_STORE_UNAVAILABLE", error);
  }
}
