import { S3Client } from "@aws-sdk/client-s3";
import { type Origin, type OriginReply, startOrigin } from "@fieldseal/emulator";
import { afterAll, beforeAll, expect, it } from "vitest";
import { privateKeys } from "../../../../../test/fixtures/sealing-policy.ts";
import { customer, places, sealed } from "../../../../../test/fixtures/shop.ts";
import { pemKeys } from "../../keys/pem.ts";
import { createGetObject } from "./index.ts";

// An object store for the real client: GET of a path, answered as S3 does.
const objects = new Map<string, OriginReply>();
let origin: Origin;
let client: S3Client;
beforeAll(async () => {
  origin = await startOrigin(({ url }) => objects.get(new URL(url, "http://x").pathname) ?? { status: 404 });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const options = { endpoint: origin.url, region: "us-east-1", credentials, forcePathStyle: true, maxAttempts: 1 };
  client = new S3Client(options);
});
afterAll(async () => {
  client.destroy();
  await origin.close();
});
const caller = { principal: "role:lake" };
const pem = privateKeys.get("pii-1")!.export({ format: "pem", type: "pkcs8" }) as string;
const reader = (more: Partial<Parameters<typeof createGetObject>[0]> = {}) =>
  createGetObject({
    client,
    keys: pemKeys({ "pii-1": pem }),
    access: { rules: [{ principal: "role:lake", fields: { "*": "full" } }] },
    expect: places,
    ...more,
  });

it("opens an object while it is read, by its own media type", async () => {
  const line = `${Buffer.from(await sealed(customer)).toString()}\n`;
  const headers = { "content-type": "application/x-ndjson" };
  objects.set("/lake/a.ndjson", { status: 200, headers, body: line.repeat(300) });
  const { body, mediaType } = await reader()({ bucket: "lake", key: "a.ndjson", caller });
  expect(mediaType).toBe("application/x-ndjson");
  const opened = Buffer.concat(await body.toArray()).toString();
  expect(opened).toBe(`${JSON.stringify(customer)}\n`.repeat(300));
});

it("opens nothing once the reader was closed", async () => {
  const headers = { "content-type": "application/x-ndjson" };
  objects.set("/lake/c.ndjson", { status: 200, headers, body: Buffer.from(await sealed(customer)) });
  const read = reader();
  const request = { bucket: "lake", key: "c.ndjson", caller };
  await (await read(request)).body.toArray();
  await read.close();
  await expect((await read(request)).body.toArray()).rejects.toMatchObject({ code: "DECRYPTOR_CLOSED" });
});

it("refuses compressed objects and those of unknown type, and passes on the client's errors", async () => {
  const body = "x";
  objects.set("/lake/z", { status: 200, headers: { "content-type": "text/csv", "content-encoding": "gzip" }, body });
  objects.set("/lake/png", { status: 200, headers: { "content-type": "image/png" }, body });
  const read = reader();
  await expect(read({ bucket: "lake", key: "z", caller })).rejects.toMatchObject({
    code: "CONTENT_CODING_UNSUPPORTED",
  });
  await expect(read({ bucket: "lake", key: "png", caller })).rejects.toMatchObject({ code: "MEDIA_TYPE_UNSUPPORTED" });
  await expect(read({ bucket: "lake", key: "none", caller })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 404 },
  });
});

it("ends with the failure of a record, or of the transfer", async () => {
  const line = Buffer.from(await sealed(customer)).toString();
  const headers = { "content-type": "application/x-ndjson" };
  objects.set("/lake/b", { status: 200, headers, body: `${line}\n{` });
  const bad = await reader()({ bucket: "lake", key: "b", caller });
  await expect(bad.body.toArray()).rejects.toMatchObject({ code: "BODY_MALFORMED" });
  objects.set("/lake/c", {
    status: 200,
    headers: { ...headers, "content-length": "9999", connection: "close" },
    body: `${line}\n`,
  });
  const cut = await reader()({ bucket: "lake", key: "c", caller });
  await expect(cut.body.toArray()).rejects.toThrow();
});

it("lets go of the transfer where its reader goes away, however early", async () => {
  const options = { endpoint: origin.url, region: "us-east-1", forcePathStyle: true, maxAttempts: 1 };
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const single = new S3Client({ ...options, credentials, requestHandler: { httpAgent: { maxSockets: 1 } } });
  const headers = { "content-type": "application/x-ndjson" };
  objects.set("/lake/long", { status: 200, headers, body: '{"a":1}\n'.repeat(500_000) });
  const read = reader({ client: single });
  const unread = await read({ bucket: "lake", key: "long", caller });
  unread.body.destroy();
  const begun = await read({ bucket: "lake", key: "long", caller });
  await begun.body[Symbol.asyncIterator]().next();
  begun.body.destroy();
  objects.set("/lake/short", { status: 200, headers, body: '{"a":1}\n' });
  const last = await read({ bucket: "lake", key: "short", caller });
  expect((await last.body.toArray()).length).toBeGreaterThan(0);
  single.destroy();
});

it("does not start without expect or access", () => {
  for (const name of ["expect", "access"]) {
    expect(() => reader({ [name]: undefined })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  }
});

it.each<[string, unknown, string]>([
  ["nothing", undefined, "CONFIG_INVALID"],
  ["names of the client", { Bucket: "lake", Key: "a.ndjson", caller }, "CONFIG_INVALID"],
  ["no key", { bucket: "lake", caller }, "CONFIG_INVALID"],
  ["no caller", { bucket: "lake", key: "a.ndjson" }, "UNAUTHENTICATED"],
  ["nobody for a caller", { bucket: "lake", key: "a.ndjson", caller: {} }, "UNAUTHENTICATED"],
])("asks the store for nothing where it is given %s", async (_, request, code) => {
  const asked = origin.requests.length;
  await expect(reader()(request as never)).rejects.toMatchObject({ code });
  expect(origin.requests).toHaveLength(asked);
});
