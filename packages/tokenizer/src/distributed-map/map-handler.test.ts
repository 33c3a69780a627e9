import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { brotliCompressSync, gunzipSync, gzipSync } from "node:zlib";
import { S3Client } from "@aws-sdk/client-s3";
import { type S3Server, startS3 } from "@fieldseal/emulator";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createFolderStore } from "../folder/index.ts";
import { createTokenizer } from "../index.ts";
import { createS3Store } from "../s3/index.ts";
import {
  createItemProcessor,
  createMapHandler,
  type ItemOptions,
  type ItemResult,
  type MapHandlerOptions,
  type ObjectStore,
} from "./index.ts";

const card = "4111111111111111";
const secrets = { 1: new Uint8Array(32).fill(7), 2: new Uint8Array(32).fill(8) };
const formats = { card: { type: "pan", keepLast: 4 } } as const;
const tokenizer = createTokenizer({ keys: { current: "1", versions: secrets }, formats });
const renewing = createTokenizer({ keys: { current: "2", versions: secrets }, formats });
const columns = { card: { format: "card" } };
const csv = (rows: number): string => `id,card\n${Array.from({ length: rows }, (_, i) => `${i},${card}\n`).join("")}`;

let server: S3Server;
let client: S3Client;
beforeAll(async () => {
  server = await startS3({ buckets: ["raw", "lake"], versioned: true });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const options = { endpoint: server.url, region: "us-east-1", credentials, forcePathStyle: true, maxAttempts: 1 };
  client = new S3Client(options);
});
afterEach(() => server.faults.clear());
afterAll(async () => {
  client.destroy();
  await server.close();
});

/** Two stores of a kind, and how a test looks into them. */
interface Place {
  readonly from: ObjectStore;
  readonly to: ObjectStore;
  put(key: string, content: string | Uint8Array): void;
  written(): Promise<string[]>;
  bytes(key: string): Promise<Buffer>;
}

let run = 0;
let folder: string;
beforeEach(() => {
  run++;
  folder = mkdtempSync(path.join(tmpdir(), "fieldseal-map-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix)) keys.push(key);
  return keys;
}
const bytesOf = async (store: ObjectStore, key: string): Promise<Buffer> =>
  buffer((await store.read({ key, etag: await store.etagOf(key) })).body);

const folders = (): Place => {
  const [from, to] = ["in", "out"].map((name) => createFolderStore({ folder: path.join(folder, name) }));
  mkdirSync(path.join(folder, "out"));
  return {
    from: from!,
    to: to!,
    put: (key, content) => {
      mkdirSync(path.dirname(path.join(folder, "in", key)), { recursive: true });
      writeFileSync(path.join(folder, "in", key), content);
    },
    written: () => keysOf(to!, ""),
    bytes: (key) => bytesOf(to!, key),
  };
};
const buckets = (): Place => {
  const [from, to] = ["raw", "lake"].map((bucket) => createS3Store({ client, bucket }));
  return {
    from: from!,
    to: to!,
    put: (key, content) => {
      server.put("raw", key, content);
    },
    written: () => keysOf(to!, `run-${run}/`),
    bytes: (key) => bytesOf(to!, key),
  };
};

const processorOf = (place: Place, options: Partial<ItemOptions> = {}) =>
  createItemProcessor({
    tokenizer,
    operation: "tokenize",
    columns,
    from: place.from,
    to: place.to,
    ...(place.to.bucket === null ? {} : { prefix: `run-${run}/` }),
    ...options,
  });

describe.each([
  ["folders", folders],
  ["buckets", buckets],
])("an item of %s", (_, open) => {
  it("is done once: a repetition finds it done, another content or operation has a place of its own", async () => {
    const place = open();
    place.put("day=1/cards.csv", csv(3));
    const processItem = processorOf(place);
    const first = await processItem({ key: "day=1/cards.csv" });
    const told = { outcome: "done", records: 3, fields: 3, rejected: 0 };
    expect(first).toEqual({ source: first.source, destination: first.destination, ...told });
    expect(first.destination!.key).toMatch(/day=1\/cards\.[0-9a-f]{32}\.csv$/);
    const tokens = await place.bytes(first.destination!.key);
    expect(tokens.toString()).toMatch(/^id,card\n(?:\d,\d{12}1111\n){3}$/);
    expect(tokens.toString()).not.toContain(card);

    const { destination, source } = first;
    const again = { source, destination, outcome: "already-done", records: null, fields: null, rejected: null };
    expect(await processItem({ key: "day=1/cards.csv" })).toEqual(again);
    expect(await processItem({ key: "day=1/cards.csv", etag: source.etag! })).toEqual(again);

    place.put("day=1/cards.csv", csv(4));
    expect(await processItem({ key: "day=1/cards.csv" })).toMatchObject({ outcome: "done", records: 4 });
    const revised = processorOf(place, { revision: "2" });
    expect(await revised({ key: "day=1/cards.csv" })).toMatchObject({ outcome: "done", records: 4 });
    expect(await place.written()).toHaveLength(3);
  });

  it("has a place of its own under a format of the same name that is declared otherwise", async () => {
    const place = open();
    place.put("staff.csv", "id,card\n1,12345678\n");
    const keys = { current: "1", versions: secrets };
    for (const characters of ["0123456789", "9876543210"]) {
      const formats = { card: { type: "template", parts: [{ characters, length: 8 }] } } as const;
      const processItem = processorOf(place, { tokenizer: createTokenizer({ keys, formats }) });
      expect((await processItem({ key: "staff.csv" })).outcome).toBe("done");
    }
  });

  it("is opened for each caller anew: the rules show them different things", async () => {
    const place = open();
    const { token } = await tokenizer.tokenize(card, { format: "card" });
    place.put("cards.csv", `id,card\n1,${token}\n`);
    const rules = [
      { principal: "role:support", fields: { card: { mask: 4 } } },
      { principal: "role:refunds", fields: { card: "full" } },
    ] as const;
    const keys = { current: "1", versions: secrets };
    const asked = {
      tokenizer: createTokenizer({ keys, formats, access: { rules } }),
      operation: "detokenize",
    } as const;
    for (const [principal, shown] of [
      ["role:support", "****1111"],
      ["role:refunds", card],
    ] as const) {
      const processItem = processorOf(place, { ...asked, who: { principal, requestId: `${Math.random()}` } });
      const { outcome, destination } = await processItem({ key: "cards.csv" });
      expect([outcome, String(await place.bytes(destination!.key))]).toEqual(["done", `id,card\n1,${shown}\n`]);
      const again = processorOf(place, { ...asked, who: { principal, requestId: `${Math.random()}` } });
      expect((await again({ key: "cards.csv" })).outcome).toBe("already-done");
    }
  });

  it("is written by one of those who do it at the same time, and whole", async () => {
    const place = open();
    place.put("big.ndjson", `{"card":"${card}","pad":"${"x".repeat(1000)}"}\n`.repeat(12_000));
    const processItem = processorOf(place);
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => processItem({ key: "big.ndjson" })));
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([...Array(3).fill("already-done"), "done"]);
    const [key, ...more] = await place.written();
    expect(more).toEqual([]);
    const lines = (await place.bytes(key!)).toString().trimEnd().split("\n");
    expect(new Set(lines).size).toBe(1);
    expect(lines).toHaveLength(12_000);
    expect(server.uploads("lake")).toEqual([]);
  });

  it("goes there and back, through a new key, nested and compressed", async () => {
    const place = open();
    const input = `{"customer":{"card":"${card}"},"n":1.0}\n{"n":2}\n`;
    place.put("a.jsonl.gz", gzipSync(input));
    const nested = { columns: { "$.customer.card": { format: "card" } }, versionColumn: "v" };
    const made = await processorOf(place, nested)({ key: "a.jsonl.gz" });
    expect(made).toMatchObject({ outcome: "done", records: 2, fields: 1 });
    expect(made.destination!.key).toMatch(/a\.[0-9a-f]{32}\.jsonl\.gz$/);
    const back = { ...place, from: place.to };
    const renewed = await processorOf(back, { ...nested, operation: "retokenize", tokenizer: renewing })({
      key: made.destination!.key,
    });
    const tokens = gunzipSync(await place.bytes(renewed.destination!.key)).toString();
    expect(tokens).toContain('"v":"2"');
    expect(tokens).not.toBe(gunzipSync(await place.bytes(made.destination!.key)).toString());
    const opened = await processorOf(back, { ...nested, operation: "detokenize", tokenizer: renewing })({
      key: renewed.destination!.key,
    });
    const values = gunzipSync(await place.bytes(opened.destination!.key)).toString();
    expect(values.replace(',"v":"2"', "")).toBe(input);
  });

  it.each([
    ["a bad value", "a.csv", `${csv(1)}9,4111111111111112\n`, "VALUE_CHECKSUM_INVALID"],
    ["a record that is none", "a.ndjson", `{"card":"${card}"}\n{"card":`, "RECORD_INVALID"],
    ["what is no gzip", "a.csv.gz", csv(1), "BODY_MALFORMED"],
    ["a cut gzip", "a.csv.gz", gzipSync(csv(1)).subarray(0, -9), "BODY_MALFORMED"],
    ["an unknown extension", "a.parquet", csv(1), "MEDIA_TYPE_UNSUPPORTED"],
  ])("with %s fails with its code, and leaves nothing behind", async (_name, key, content, code) => {
    const place = open();
    place.put(key, content);
    const result = await processorOf(place)({ key });
    expect(result).toMatchObject({ outcome: "failed", code, retryable: false, records: null });
    expect(JSON.stringify(result)).not.toContain("4111");
    expect(await place.written()).toEqual([]);
  });

  it("leaves records out where it may, and counts them", async () => {
    const place = open();
    place.put("a.csv", `${csv(2)}7,4111111111111112\n8,\n`);
    const rejections: unknown[] = [];
    const onRejected: ItemOptions["onRejected"] = ({ record, error }, { key }) =>
      rejections.push([key, record, error.code]);
    const result = await processorOf(place, { skipInvalid: true, onRejected })({ key: "a.csv" });
    expect(result).toMatchObject({ outcome: "done", records: 3, fields: 2, rejected: 1 });
    expect(rejections).toEqual([["a.csv", 4, "VALUE_CHECKSUM_INVALID"]]);
  });

  it("that is not there, or not what was listed, is not processed", async () => {
    const place = open();
    place.put("a.csv", csv(1));
    const processItem = processorOf(place);
    expect(await processItem({ key: "b.csv" })).toMatchObject({ outcome: "failed", code: "OBJECT_UNKNOWN" });
    const other = await processItem({ key: "a.csv", etag: "00" });
    expect(other).toMatchObject({ outcome: "failed", code: "OBJECT_CHANGED", retryable: false });
    expect(await processItem({ key: "a.csv", bucket: "elsewhere" })).toMatchObject({ code: "ITEM_INVALID" });
    expect(await place.written()).toEqual([]);
  });
});

describe("an item of a bucket", () => {
  it("is the version that it names", async () => {
    const { versionId, etag } = server.put("raw", "v.csv", csv(1));
    server.put("raw", "v.csv", csv(2));
    const processItem = processorOf(buckets());
    expect(await processItem({ key: "v.csv", versionId })).toMatchObject({ outcome: "done", records: 1 });
    expect(await processItem({ key: "v.csv", versionId, etag: etag.slice(1, -1) })).toMatchObject({
      outcome: "already-done",
    });
    expect(await processItem({ key: "v.csv" })).toMatchObject({ outcome: "done", records: 2 });
  });

  it("keeps Content-Type and a content coding of gzip; other codings are refused and the transfer ends", async () => {
    server.put("raw", "z.csv", gzipSync(csv(1)), { "content-encoding": "gzip", "content-type": "text/x-csv" });
    const result = await processorOf(buckets())({ key: "z.csv" });
    const { body, ...headers } = await buckets().to.read({
      key: result.destination!.key,
      etag: await buckets().to.etagOf(result.destination!.key),
    });
    expect(headers).toEqual({ contentType: "text/x-csv", contentEncoding: "gzip" });
    expect(gunzipSync(await buffer(body)).toString()).toMatch(/^id,card\n0,\d{12}1111\n$/);
    server.put("raw", "br.csv", brotliCompressSync(csv(1)), { "content-encoding": "br" });
    const refused = await processorOf(buckets())({ key: "br.csv" });
    expect(refused).toMatchObject({ outcome: "failed", code: "CONTENT_CODING_UNSUPPORTED" });
  });
});

describe("the handler", () => {
  const results: ItemResult[] = [];
  const handlerOf = (place: Place, options: Partial<MapHandlerOptions> = {}) => {
    results.length = 0;
    return createMapHandler({
      tokenizer,
      operation: "tokenize",
      columns,
      from: place.from,
      to: place.to,
      prefix: `run-${run}/`,
      onResult: (result) => results.push(result),
      ...options,
    });
  };
  const listed = (Key: string, content: string): object => {
    const { etag } = server.put("raw", Key, content);
    return { Key, Etag: etag, LastModified: 1.7e9, Size: content.length, StorageClass: "STANDARD" };
  };

  it("takes a batch of ItemBatcher, and a single item", async () => {
    const items = [listed("1.csv", csv(1)), listed("2.csv", csv(2))];
    const { results: made } = await handlerOf(buckets())({ BatchInput: { of: "ours" }, Items: items });
    expect(made.map(({ outcome, records }) => [outcome, records])).toEqual([
      ["done", 1],
      ["done", 2],
    ]);
    expect(made[0]).toMatchObject({ source: { bucket: "raw", key: "1.csv" }, destination: { bucket: "lake" } });
    expect((await handlerOf(buckets())({ ...items[0], Bucket: "raw" })).results).toMatchObject([
      { outcome: "already-done" },
    ]);
    expect(results).toHaveLength(1);
  });

  it.each([[null], ["x"], [[]], [{}], [{ Items: {} }], [{ Items: [{ Key: "" }] }], [{ Key: "a", Etag: 7 }]])(
    "refuses the event %j",
    async (event) => {
      await expect(handlerOf(buckets())(event)).rejects.toMatchObject({ code: "ITEM_INVALID" });
    },
  );

  it("fails retryably while the store throttles, and a repetition does only what is left", async () => {
    const items = [listed("1.csv", csv(1)), listed("2.csv", csv(2)), listed("3.csv", csv(3))];
    const handler = handlerOf(buckets());
    server.faults.set({ throttling: { next: 1, operations: ["PutObject"] } });
    const error = await handler({ Items: items }).catch((one: unknown) => one);
    expect(error).toMatchObject({ name: "FieldsealRetryable", code: "ITEMS_FAILED", retryable: true });
    expect((error as Error).message).toBe("1 of 3 items failed (1.csv: OBJECT_STORE_UNAVAILABLE)");
    expect(results.map(({ outcome }) => outcome)).toEqual(["failed", "done", "done"]);
    const again = await handler({ Items: items });
    expect(again.results.map(({ outcome }) => outcome)).toEqual(["done", "already-done", "already-done"]);
  });

  it("fails for good where an item does, after all had their turn; or tells of it, where asked to", async () => {
    const items = [listed("1.csv", "card\n4111111111111112\n"), listed("2.csv", csv(2))];
    const error = await handlerOf(buckets())({ Items: items }).catch((one: unknown) => one);
    expect(error).toMatchObject({ name: "FieldsealItemsFailed", code: "ITEMS_FAILED", retryable: false });
    expect(String(error)).not.toContain("4111");
    expect(results.map(({ outcome }) => outcome)).toEqual(["failed", "done"]);
    const reported = await handlerOf(buckets(), { onItemFailed: "report" })({ Items: items });
    expect(reported.results).toMatchObject([{ code: "VALUE_CHECKSUM_INVALID" }, { outcome: "already-done" }]);
  });

  it("begins no item that the invocation has no time for", async () => {
    const items = [listed("1.csv", csv(1)), listed("2.csv", csv(2))];
    const context = { getRemainingTimeInMillis: () => 10_000 };
    await expect(handlerOf(buckets())({ Items: items }, context)).rejects.toMatchObject({ name: "FieldsealRetryable" });
    expect(results).toMatchObject([{ outcome: "done" }, { code: "REQUEST_TIMEOUT", retryable: true }]);
    const patient = handlerOf(buckets(), { reserveMillis: 5000 });
    expect((await patient({ Items: items }, context)).results).toMatchObject([
      { outcome: "already-done" },
      { outcome: "done" },
    ]);
  });

  it("asks one request for an item that is done", async () => {
    const items = [listed("1.csv", csv(1))];
    const handler = handlerOf(buckets());
    await handler({ Items: items });
    server.resetCalls();
    await handler({ Items: items });
    expect(server.calls).toEqual({ HeadObject: 1 });
  });

  it("refuses columns that are none before any item comes", () => {
    const wrong = { columns: { "$.a[": { format: "card" } } };
    expect(() => handlerOf(buckets(), wrong)).toThrow(expect.objectContaining({ code: "SELECTOR_INVALID" }));
    expect(() => handlerOf(buckets(), { columns: {} })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});

it("leaves a source file as it was", async () => {
  const place = folders();
  place.put("a.csv", csv(2));
  await processorOf(place)({ key: "a.csv" });
  expect(readFileSync(path.join(folder, "in/a.csv"), "utf8")).toBe(csv(2));
});
