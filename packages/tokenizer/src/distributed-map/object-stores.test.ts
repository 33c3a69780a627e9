import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { S3Client } from "@aws-sdk/client-s3";
import { type S3Server, startFaultProxy, startS3 } from "@fieldseal/emulator";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFolderStore } from "../folder/index.ts";
import { createS3Store } from "../s3/index.ts";
import type { ObjectStore } from "./index.ts";

const mebibyte = 1024 * 1024;
const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-objects-"));
const clients: S3Client[] = [];
const clientOf = (endpoint: string): S3Client => {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new S3Client({ endpoint, region: "us-east-1", credentials, forcePathStyle: true, maxAttempts: 1 });
  clients.push(client);
  return client;
};
let server: S3Server;
let bucket: ObjectStore;
beforeAll(async () => {
  server = await startS3({ buckets: ["b"] });
  bucket = createS3Store({ client: clientOf(server.url), bucket: "b", partBytes: 5 * mebibyte });
});
afterEach(() => server.faults.clear());
afterAll(async () => {
  for (const client of clients) client.destroy();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function* pieces(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const contentOf = async (store: ObjectStore, key: string, etag?: string): Promise<Buffer> =>
  buffer((await store.read({ key, etag: etag ?? (await store.etagOf(key)) })).body);
const headers = { contentType: "text/csv" };

describe.each([
  [
    "a folder",
    {
      store: () => createFolderStore({ folder }),
      leftOvers: () => filesIn(folder).filter((name) => name.endsWith(".part")),
    },
  ],
  ["a bucket of S3", { store: () => bucket, leftOvers: () => server.uploads("b") }],
])("%s", (_, { store: open, leftOvers }) => {
  it.each([0, 1, 5 * mebibyte, 12 * mebibyte + 7])("gives back an object of %d bytes", async (length) => {
    const store = open();
    const bytes = randomBytes(length);
    const key = `whole/${length}.csv`;
    expect(await store.has(key)).toBe(false);
    expect(await store.create(key, pieces(bytes), headers)).toBe(true);
    expect(await store.has(key)).toBe(true);
    expect((await contentOf(store, key)).equals(bytes)).toBe(true);
    expect(leftOvers()).toEqual([]);
  });

  it.each([1, 11 * mebibyte])("keeps the first of several writers of %d bytes, at once and later", async (length) => {
    const store = open();
    const key = `first/${length}`;
    const contents = Array.from({ length: 4 }, () => randomBytes(length));
    const isMine = await Promise.all(contents.map((bytes) => store.create(key, pieces(bytes), headers)));
    expect(isMine.filter(Boolean)).toHaveLength(1);
    const winner = contents[isMine.indexOf(true)]!;
    expect(await store.create(key, pieces(randomBytes(length)), headers)).toBe(false);
    expect((await contentOf(store, key)).equals(winner)).toBe(true);
    expect(leftOvers()).toEqual([]);
  });

  it.each([10, 11 * mebibyte])("keeps nothing of a write whose content fails behind %d bytes", async (length) => {
    const store = open();
    const failure = new Error("content failed");
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* pieces(randomBytes(length));
      throw failure;
    }
    await expect(store.create(`broken/${length}`, failing(), headers)).rejects.toBe(failure);
    expect(await store.has(`broken/${length}`)).toBe(false);
    expect(leftOvers()).toEqual([]);
  });

  it("names content by an ETag, and reads that content or none", async () => {
    const store = open();
    await store.create("etag/1", pieces(Buffer.from("one")), headers);
    await store.create("etag/2", pieces(Buffer.from("two")), headers);
    const [one, two] = [await store.etagOf("etag/1"), await store.etagOf("etag/2")];
    expect(one).toMatch(/^[0-9a-f]{32,}$/);
    expect(one).not.toBe(two);
    expect((await contentOf(store, "etag/1", one)).toString()).toBe("one");
    await expect(contentOf(store, "etag/1", two)).rejects.toMatchObject({ code: "OBJECT_CHANGED", retryable: false });
    const unknown = { code: "OBJECT_UNKNOWN", retryable: false };
    await expect(store.etagOf("etag/3")).rejects.toMatchObject(unknown);
    await expect(store.read({ key: "etag/3", etag: one })).rejects.toMatchObject(unknown);
  });

  it("lists keys by prefix, odd ones too", async () => {
    const store = open();
    const keys = ["list/a b.csv", "list/deep/x", "list/deep/ü&+%.csv", "list2"];
    for (const key of keys) await store.create(key, pieces(Buffer.from(key)), headers);
    const listed = async (prefix?: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const key of store.list(prefix)) found.push(key);
      return found;
    };
    expect(await listed("list/")).toEqual(keys.slice(0, 3));
    expect(await listed("list/deep/ü")).toEqual([keys[2]]);
    expect(await listed()).toEqual(expect.arrayContaining(keys));
    for (const key of keys) expect((await contentOf(store, key)).toString()).toBe(key);
  });
});

describe("a folder", () => {
  const store = createFolderStore({ folder });

  it.each(["../x", "a/../../x", "/x", "a//x", "a/./x", "", "a\\x", "a\0"])("has no key %j", async (key) => {
    const refused = { code: "OBJECT_STORE_REFUSED" };
    await expect(store.has(key)).rejects.toMatchObject(refused);
    await expect(store.create(key, pieces(Buffer.from("x")), {})).rejects.toMatchObject(refused);
  });

  it("refuses links and folders as objects, and lists links so that nobody misses them", async () => {
    writeFileSync(path.join(folder, "target.csv"), "x");
    symlinkSync("target.csv", path.join(folder, "link.csv"));
    await store.create("sub/x", pieces(Buffer.from("x")), {});
    for (const key of ["link.csv", "sub"]) {
      await expect(store.etagOf(key)).rejects.toMatchObject({ code: "OBJECT_STORE_REFUSED" });
    }
    const found: string[] = [];
    for await (const key of store.list("link")) found.push(key);
    expect(found).toEqual(["link.csv"]);
  });

  it("refuses to write below what is a file", async () => {
    writeFileSync(path.join(folder, "file"), "x");
    for (const key of ["file/b.csv", "file/c/b.csv"]) {
      const create = store.create(key, pieces(Buffer.from("x")), {});
      await expect(create).rejects.toMatchObject({ code: "OBJECT_STORE_REFUSED" });
    }
  });

  it.runIf(process.platform === "linux")(
    "refuses to write where no folder can be made, and does not try for ever",
    async () => {
      const create = createFolderStore({ folder: "/proc/fieldseal/out" }).create("a/x", pieces(Buffer.from("x")), {});
      await expect(create).rejects.toMatchObject({ code: "OBJECT_STORE_REFUSED" });
    },
  );

  it("refuses a named pipe at once, whoever may write to it", async () => {
    execFileSync("mkfifo", [path.join(folder, "pipe.csv")]);
    const refused = { code: "OBJECT_STORE_REFUSED" };
    await expect(store.etagOf("pipe.csv")).rejects.toMatchObject(refused);
    await expect(store.read({ key: "pipe.csv", etag: "x" })).rejects.toMatchObject(refused);
  });

  it("takes every name that a file may have", async () => {
    for (const key of ["n".repeat(255), `x${"ü".repeat(127)}`, "new\nline.csv", "-rf", "ü 😀.csv"]) {
      expect(await store.create(key, pieces(Buffer.from("x")), {})).toBe(true);
      expect((await contentOf(store, key)).toString()).toBe("x");
    }
  });

  it("writes files that nobody else may read", async () => {
    await store.create("mode", pieces(Buffer.from("x")), {});
    expect(statSync(path.join(folder, "mode")).mode & 0o777).toBe(0o600);
  });

  it("notices a file that changes while it is read", async () => {
    const file = path.join(folder, "changing");
    writeFileSync(file, Buffer.alloc(4 * mebibyte, "a"));
    const { body } = await store.read({ key: "changing", etag: await store.etagOf("changing") });
    const iterator = body[Symbol.asyncIterator]();
    await iterator.next();
    writeFileSync(file, Buffer.alloc(4 * mebibyte, "b"));
    await expect(
      (async () => {
        while ((await iterator.next()).done !== true);
      })(),
    ).rejects.toMatchObject({ code: "OBJECT_CHANGED" });
  });
});

describe("a bucket of S3", () => {
  it.each([
    ["throttling", { code: "OBJECT_STORE_UNAVAILABLE", retryable: true }],
    ["serverError", { code: "OBJECT_STORE_UNAVAILABLE", retryable: true }],
    ["connectionReset", { code: "OBJECT_STORE_UNAVAILABLE", retryable: true }],
    ["accessDenied", { code: "OBJECT_STORE_REFUSED", retryable: false }],
  ])("tells %s apart, whatever the request", async (fault, error) => {
    server.put("b", "k", "x");
    const etag = await bucket.etagOf("k");
    const strike = (operation: string): void => server.faults.set({ [fault]: { operations: [operation] } });
    strike("HeadObject");
    await expect(bucket.has("k")).rejects.toMatchObject(error);
    strike("GetObject");
    await expect(bucket.read({ key: "k", etag })).rejects.toMatchObject(error);
    strike("ListObjectsV2");
    await expect(bucket.list()[Symbol.asyncIterator]().next()).rejects.toMatchObject(error);
    for (const operation of ["PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]) {
      strike(operation);
      const length = operation === "PutObject" ? 1 : 6 * mebibyte;
      await expect(bucket.create(`new/${fault}`, pieces(randomBytes(length)), headers)).rejects.toMatchObject(error);
    }
    server.faults.clear();
    expect(await bucket.has(`new/${fault}`)).toBe(false);
    expect(server.uploads("b")).toEqual([]);
  });

  it("says that a bucket is not there, and refuses parts that S3 would not take", async () => {
    const elsewhere = createS3Store({ client: clientOf(server.url), bucket: "none" });
    await expect(elsewhere.read({ key: "k", etag: "x" })).rejects.toMatchObject({ code: "OBJECT_STORE_REFUSED" });
    const small = () => createS3Store({ client: clientOf(server.url), bucket: "b", partBytes: 1000 });
    expect(small).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("fails, retryably, where the connection breaks off in the middle of an object", async () => {
    server.put("b", "long", randomBytes(4 * mebibyte));
    const proxy = await startFaultProxy({ target: server.url });
    const store = createS3Store({ client: clientOf(proxy.url), bucket: "b" });
    const etag = await store.etagOf("long");
    proxy.faults.set({ cut: { afterBytes: mebibyte } });
    const error = { code: "OBJECT_STORE_UNAVAILABLE", retryable: true };
    await expect(contentOf(store, "long", etag)).rejects.toMatchObject(error);
    await proxy.close();
  });

  it("holds its content back while parts are on their way", async () => {
    let produced = 0;
    async function* content(): AsyncGenerator<Uint8Array> {
      for (; produced < 40; produced++) yield Buffer.alloc(mebibyte);
    }
    server.faults.set({ latency: { ms: 300, operations: ["UploadPart"] } });
    const writing = bucket.create("slow", content(), headers);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(produced).toBeLessThanOrEqual(16);
    server.faults.clear();
    expect(await writing).toBe(true);
  });
});

function filesIn(place: string): string[] {
  return readdirSync(place, { recursive: true, encoding: "utf8" });
}
