// One object out of a stream, in constant memory: PutObject where it is short, else a multipart upload; only where there
// is none of that key, and never a part of it. I/O.
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { FieldsealError } from "@fieldseal/core/errors";

/** What S3 takes for one object. */
const maxParts = 10_000;

export interface ObjectTarget {
  readonly client: S3Client;
  readonly target: Pick<PutObjectCommandInput, "Bucket" | "Key" | "ContentType" | "ContentEncoding">;
  readonly partBytes: number;
}

/**
 * Writes the object with `If-None-Match: *`; a failed upload leaves no parts behind.
 *
 * @throws the client's errors, those of `content`, and {FieldsealError} `OUTPUT_TOO_LARGE`.
 */
export async function writeObject(object: ObjectTarget, content: AsyncIterable<Uint8Array>): Promise<void> {
  const { client, target, partBytes } = object;
  const parts = partsOf(content, partBytes);
  try {
    const first = await parts.next();
    // A generator that has yielded its last part still knows of no end.
    const second = await parts.next();
    if (second.done === true) {
      const Body = first.done === true ? Buffer.alloc(0) : first.value;
      await client.send(new PutObjectCommand({ ...target, Body, IfNoneMatch: "*" }));
      return;
    }
    await upload(object, [first.value!, second.value], parts);
  } finally {
    await parts.return(undefined);
  }
}

async function upload(
  { client, target }: ObjectTarget,
  begun: readonly Buffer[],
  rest: AsyncGenerator<Buffer>,
): Promise<void> {
  const { Bucket, Key } = target;
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: "CRC32" }));
  const named = { Bucket, Key, UploadId };
  const done: CompletedPart[] = [];
  // One part is under way while the next one fills.
  let sending: Promise<void> = Promise.resolve();
  const send = async (Body: Buffer): Promise<void> => {
    await sending;
    const PartNumber = done.length + 1;
    if (PartNumber > maxParts)
      throw new FieldsealError("OUTPUT_TOO_LARGE", `the object takes more than ${maxParts} parts`);
    sending = client
      .send(new UploadPartCommand({ ...named, PartNumber, Body, ChecksumAlgorithm: "CRC32" }))
      .then(({ ETag, ChecksumCRC32 }) => {
        done.push({ PartNumber, ETag, ChecksumCRC32 });
      });
    // Awaited before the next part, or below.
    sending.catch(() => {});
  };
  try {
    for (const part of begun) await send(part);
    for await (const part of rest) await send(part);
    await sending;
    const MultipartUpload = { Parts: done };
    await client.send(new CompleteMultipartUploadCommand({ ...named, MultipartUpload, IfNoneMatch: "*" }));
  } catch (error) {
    await sending.catch(() => {});
    // What aborting says is of no use to anybody: a lifecycle rule of the bucket has the last word.
    await client.send(new AbortMultipartUploadCommand(named)).catch(() => {});
    throw error;
  }
}

/** `content` in pieces of `size` bytes; the last one is shorter, and no piece is empty. */
async function* partsOf(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    let at = 0;
    while (length + chunk.length - at >= size) {
      const end = at + size - length;
      yield Buffer.concat([...chunks, chunk.subarray(at, end)], size);
      chunks = [];
      length = 0;
      at = end;
    }
    if (at === chunk.length) continue;
    chunks.push(chunk.subarray(at));
    length += chunk.length - at;
  }
  if (length > 0) yield Buffer.concat(chunks, length);
}
