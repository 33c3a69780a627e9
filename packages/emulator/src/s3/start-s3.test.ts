import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type S3Server, startS3 } from "./start-s3.ts";

const Bucket = "lake";
const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const clientOf = ({ url: endpoint }: S3Server): S3Client =>
  new S3Client({ endpoint, region: "us-east-1", credentials, forcePathStyle: true, maxAttempts: 1 });

let server: S3Server;
let client: S3Client;
beforeAll(async () => {
  server = await startS3({ buckets: [Bucket] });
  client = clientOf(server);
});
afterEach(() => server.faults.clear());
afterAll(async () => {
  client.destroy();
  await server.close();
});

const part = Buffer.alloc(5 * 1024 * 1024, "a");

/** Uploads `parts` without completing; the ids and parts that completing takes. */
async function upload(Key: string, parts: readonly Buffer[]) {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, Metadata: { of: "parts" } }));
  const Parts = [];
  for (const [i, Body] of parts.entries()) {
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: i + 1, Body }));
    Parts.push({ PartNumber: i + 1, ETag });
  }
  return { Bucket, Key, UploadId, MultipartUpload: { Parts } };
}

describe("objects", () => {
  test("come back with their headers, metadata and ETag, whatever their key", async () => {
    const Key = "a b/ü&<>'\"+%2F?#.csv";
    const put = new PutObjectCommand({ Bucket, Key, Body: "id\n", ContentType: "text/csv", Metadata: { of: "x" } });
    const { ETag } = await client.send(put);
    const got = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect(await got.Body!.transformToString()).toBe("id\n");
    expect(got).toMatchObject({ ETag, ContentType: "text/csv", Metadata: { of: "x" }, ContentLength: 3 });
    const head = await client.send(new HeadObjectCommand({ Bucket, Key, IfMatch: ETag }));
    expect(head).toMatchObject({ ETag, ContentLength: 3 });
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "a b/" }));
    expect(Contents).toMatchObject([{ Key, Size: 3, ETag }]);
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
    await expect(client.send(new GetObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  test("are read on condition, and written where there is none", async () => {
    const target = { Bucket, Key: "once" };
    await client.send(new PutObjectCommand({ ...target, Body: "1", IfNoneMatch: "*" }));
    const again = client.send(new PutObjectCommand({ ...target, Body: "2", IfNoneMatch: "*" }));
    await expect(again).rejects.toMatchObject({ name: "PreconditionFailed", $metadata: { httpStatusCode: 412 } });
    expect(server.bytes(Bucket, "once")?.toString()).toBe("1");
    const other = client.send(new GetObjectCommand({ ...target, IfMatch: '"00"' }));
    await expect(other).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    const absent = client.send(new HeadObjectCommand({ Bucket, Key: "absent" }));
    await expect(absent).rejects.toMatchObject({ name: "NotFound" });
    const elsewhere = client.send(new GetObjectCommand({ Bucket: "other", Key: "k" }));
    await expect(elsewhere).rejects.toMatchObject({ name: "NoSuchBucket" });
  });

  test("are listed page by page", async () => {
    for (const key of ["p/1", "p/2", "p/3", "q"]) server.put(Bucket, key, key);
    const keys: (string | undefined)[] = [];
    for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket, Prefix: "p/" })) {
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
    }
    expect(keys).toEqual(["p/1", "p/2", "p/3"]);
  });

  test("keep their versions in a versioned bucket", async () => {
    const versioned = await startS3({ buckets: [Bucket], versioned: true });
    const own = clientOf(versioned);
    const { VersionId } = await own.send(new PutObjectCommand({ Bucket, Key: "k", Body: "old" }));
    await own.send(new PutObjectCommand({ Bucket, Key: "k", Body: "new" }));
    const read = async (version?: string) => {
      const input = { Bucket, Key: "k", ...(version === undefined ? {} : { VersionId: version }) };
      return (await own.send(new GetObjectCommand(input))).Body!.transformToString();
    };
    expect([await read(), await read(VersionId)]).toEqual(["new", "old"]);
    await expect(read("none")).rejects.toMatchObject({ name: "NoSuchVersion" });
    await own.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
    await expect(read()).rejects.toMatchObject({ name: "NoSuchKey" });
    expect([await read(VersionId), versioned.keys(Bucket)]).toEqual(["old", []]);
    await own.send(new PutObjectCommand({ Bucket, Key: "k", Body: "again", IfNoneMatch: "*" }));
    expect([await read(), await read(VersionId)]).toEqual(["again", "old"]);
    own.destroy();
    await versioned.close();
  });

  test("with a wrong checksum are refused", async () => {
    const wrong = new PutObjectCommand({ Bucket, Key: "crc", Body: "x", ChecksumCRC32: "AAAAAA==" });
    await expect(client.send(wrong)).rejects.toMatchObject({ name: "BadDigest" });
    expect(server.keys(Bucket)).not.toContain("crc");
  });

  test("stay as they are under requests that the emulator does not know, which are refused as such", async () => {
    const Key = "kept.csv";
    await client.send(new PutObjectCommand({ Bucket, Key, Body: "id\n" }));
    const at = { Bucket, Key };
    const unknown = [
      new CopyObjectCommand({ ...at, CopySource: `${Bucket}/other` }),
      new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [{ Key: "a", Value: "b" }] } }),
      new DeleteObjectTaggingCommand(at),
      new GetObjectAclCommand(at),
      new GetObjectCommand({ ...at, IfNoneMatch: '"a"' }),
      new DeleteObjectCommand({ ...at, VersionId: "null" }),
      new ListObjectsV2Command({ Bucket, Delimiter: "/" }),
    ];
    for (const command of unknown) {
      await expect(client.send(command as GetObjectCommand)).rejects.toMatchObject({ name: "NotImplemented" });
    }
    expect(server.bytes(Bucket, Key)?.toString()).toBe("id\n");
    const long = new PutObjectCommand({ Bucket, Key: "\u00e9".repeat(513), Body: "" });
    await expect(client.send(long)).rejects.toMatchObject({ name: "KeyTooLongError" });
  });
});

describe("multipart uploads", () => {
  test("become one object when they are completed, and nothing before", async () => {
    const last = Buffer.from("end");
    const input = await upload("big", [part, last]);
    expect(server.keys(Bucket)).not.toContain("big");
    expect(server.uploads(Bucket)).toEqual(["big"]);
    const { ETag } = await client.send(new CompleteMultipartUploadCommand({ ...input, IfNoneMatch: "*" }));
    expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect(server.bytes(Bucket, "big")?.equals(Buffer.concat([part, last]))).toBe(true);
    const { Metadata } = await client.send(new HeadObjectCommand({ Bucket, Key: "big" }));
    expect(Metadata).toEqual({ of: "parts" });
    expect(server.uploads(Bucket)).toEqual([]);
  });

  test("refused because the object is there keep their parts until they are aborted", async () => {
    server.put(Bucket, "taken", "first");
    const input = await upload("taken", [Buffer.from("second")]);
    const complete = client.send(new CompleteMultipartUploadCommand({ ...input, IfNoneMatch: "*" }));
    await expect(complete).rejects.toMatchObject({ name: "PreconditionFailed" });
    expect(server.bytes(Bucket, "taken")?.toString()).toBe("first");
    expect(server.uploads(Bucket)).toEqual(["taken"]);
    await client.send(new AbortMultipartUploadCommand(input));
    expect(server.uploads(Bucket)).toEqual([]);
    const again = client.send(new CompleteMultipartUploadCommand(input));
    await expect(again).rejects.toMatchObject({ name: "NoSuchUpload" });
  });

  test("with small, absent or swapped parts are refused", async () => {
    const input = await upload("odd", [Buffer.from("small"), Buffer.from("end")]);
    const complete = (Parts: readonly { PartNumber?: number; ETag?: string | undefined }[]) =>
      client.send(new CompleteMultipartUploadCommand({ ...input, MultipartUpload: { Parts: [...Parts] as never } }));
    const [one, two] = input.MultipartUpload.Parts;
    await expect(complete([one!, two!])).rejects.toMatchObject({ name: "EntityTooSmall" });
    await expect(complete([two!, one!])).rejects.toMatchObject({ name: "InvalidPartOrder" });
    await expect(complete([{ PartNumber: 3, ETag: '"0"' }])).rejects.toMatchObject({ name: "InvalidPart" });
    await client.send(new AbortMultipartUploadCommand(input));
  });
});

test("faults strike the operations that they are for", async () => {
  server.put(Bucket, "k", "x");
  const get = () => client.send(new GetObjectCommand({ Bucket, Key: "k" }));
  const expected = [
    ["throttling", { name: "SlowDown", $metadata: { httpStatusCode: 503 } }],
    ["accessDenied", { name: "AccessDenied" }],
    ["serverError", { name: "InternalError" }],
    ["connectionReset", { code: "ECONNRESET" }],
  ] as const;
  for (const [fault, error] of expected) {
    server.faults.set({ [fault]: { next: 1, operations: ["GetObject"] } });
    await client.send(new HeadObjectCommand({ Bucket, Key: "k" }));
    await expect(get()).rejects.toMatchObject(error);
    await get();
  }
  expect(server.calls).toMatchObject({ HeadObject: expect.any(Number) });
});
