// Objects of a data lake, opened while they are read (Amazon S3 API Reference, GetObject). I/O.
import { Readable } from "node:stream";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { checkTexts, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import {
  type Caller,
  createHostReader,
  type HostOptions,
  refuseUnknownOptions,
  requireCaller,
} from "../host-reader.ts";
import { openingOver, type StreamSettings, streamSettings } from "../stream/decrypt-stream.ts";

export interface S3ReaderOptions extends HostOptions, Omit<StreamSettings, "mediaType" | "caller"> {
  readonly client: S3Client;
}

/** Which object, and for whom. */
export interface ObjectRequest {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  /** Default: the object's own Content-Type. */
  readonly mediaType?: string;
  readonly caller: Caller;
}

const requestNames: Readonly<Record<keyof ObjectRequest, true>> = {
  bucket: true,
  key: true,
  versionId: true,
  mediaType: true,
  caller: true,
};
const ofRequest: Named = { what: "the request of an object", names: requestNames, code: "CONFIG_INVALID" };

export interface OpenedObject {
  readonly body: Readable;
  readonly mediaType: string;
}

export interface GetDecryptedObject {
  (request: ObjectRequest): Promise<OpenedObject>;
  /** Zeroes the data keys that are held; what is read then fails. The client is the caller's own. */
  close(): Promise<void>;
}

/**
 * Creates a reader of objects in NDJSON, CSV or plain text; the body is a stream of constant memory.
 *
 * @throws {FieldsealError} as every host; the reader `CONFIG_INVALID`, `UNAUTHENTICATED`, `MEDIA_TYPE_MISSING`,
 * `MEDIA_TYPE_UNSUPPORTED`, `CONTENT_CODING_UNSUPPORTED` for a compressed object, and the errors of the client.
 */
export function createGetObject(options: S3ReaderOptions): GetDecryptedObject {
  refuseUnknownOptions(options, { ...streamSettings, client: true });
  const { client } = options;
  const reader = createHostReader(options);
  const get = async (request: ObjectRequest): Promise<OpenedObject> => {
    refuseUnknownNames(request, ofRequest);
    const { bucket, key, versionId, mediaType: given, caller } = request;
    checkTexts({ bucket, key });
    requireCaller(caller);
    const version = versionId === undefined ? {} : { VersionId: versionId };
    const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...version }));
    const { Body, ContentType, ContentEncoding } = object;
    const source = Body as Readable;
    try {
      if (!["", "identity", "aws-chunked", undefined].includes(ContentEncoding)) {
        throw new FieldsealError("CONTENT_CODING_UNSUPPORTED", "the object is compressed");
      }
      const mediaType = given ?? ContentType;
      if (mediaType === undefined) throw new FieldsealError("MEDIA_TYPE_MISSING", "the object has no Content-Type");
      const opening = openingOver(reader, { ...options, mediaType, caller });
      const body = Readable.from(opening(source), { objectMode: false });
      // Of a body that nobody has begun to read, the transfer would stay open.
      body.once("close", () => source.destroy());
      return { body, mediaType };
    } catch (error) {
      source.destroy();
      throw error;
    }
  };
  return Object.assign(get, { close: () => reader.close() });
}
