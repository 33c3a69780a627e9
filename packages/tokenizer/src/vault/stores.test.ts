import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as dynamodb from "../dynamodb/index.ts";
import { createMemoryStore } from "../memory/index.ts";
import * as postgres from "../postgres/index.ts";
import { createSqliteStore } from "../sqlite/index.ts";
import { digits } from "./digit-format.fixture.ts";
import { createVault, hasVault, staticKeys, type VaultStore } from "./index.ts";
import { scanPages } from "./scan-rows.ts";
import { type PostgresServer, postgresPrograms, startPostgres } from "./start-postgres.fixture.ts";
import { memberSeparator, type ScanRange } from "./store.ts";

interface StoreKind {
  readonly name: string;
  readonly runs: boolean;
  /** Opens the one store of this kind; every call sees the same rows. */
  readonly open: () => Promise<VaultStore>;
  /** After `open`: a store of this kind whose table was never made. */
  readonly withoutTable?: () => VaultStore;
  readonly end: () => Promise<void>;
}

function memoryKind(): StoreKind {
  const store = createMemoryStore();
  return { name: "memory", runs: true, open: async () => store, end: () => store.close() };
}

function sqliteKind(): StoreKind {
  const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-sqlite-"));
  const opened: VaultStore[] = [];
  return {
    name: "SQLite",
    runs: true,
    async open() {
      opened.push(createSqliteStore({ path: path.join(folder, "vault.db") }));
      return opened.at(-1)!;
    },
    async end() {
      for (const store of opened) await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function postgresKind(): StoreKind {
  let server: PostgresServer | undefined;
  const pools: pg.Pool[] = [];
  return {
    name: "PostgreSQL",
    runs: postgresPrograms !== undefined,
    async open() {
      server ??= await startPostgres();
      const client = new pg.Pool({ host: server.host, user: "postgres", database: "postgres", max: 8 });
      client.on("error", () => {});
      pools.push(client);
      await Promise.all(Array.from({ length: 4 }, () => postgres.createVaultTable({ client })));
      return postgres.createPostgresStore({ client });
    },
    withoutTable: () => postgres.createPostgresStore({ client: pools[0]!, table: "none.vault" }),
    async end() {
      for (const pool of pools) await pool.end();
      await server?.stop();
    },
  };
}

function dynamodbKind(): StoreKind {
  const dynalite = createRequire(import.meta.url)("dynalite") as (options: object) => Server;
  const server = dynalite({ createTableMs: 0 });
  let client: DynamoDBClient | undefined;
  return {
    name: "DynamoDB",
    runs: true,
    async open() {
      if (client === undefined) {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const credentials = { accessKeyId: "test", secretAccessKey: "test" };
        client = new DynamoDBClient({ endpoint, region: "us-east-1", credentials });
        await dynamodb.createVaultTable({ client, table: "vault" });
      }
      await dynamodb.createVaultTable({ client, table: "vault" });
      return dynamodb.createDynamodbStore({ client, table: "vault" });
    },
    withoutTable: () => dynamodb.createDynamodbStore({ client: client!, table: "none" }),
    async end() {
      client?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const kinds = [memoryKind(), sqliteKind(), postgresKind(), dynamodbKind()];

for (const kind of kinds) {
  describe.runIf(kind.runs)(`the store in ${kind.name}`, () => {
    let store: VaultStore;
    let second: VaultStore;
    beforeAll(async () => {
      store = await kind.open();
      second = await kind.open();
    });
    afterAll(kind.end);

    const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
    it.runIf(kind.withoutTable !== undefined)("says so where its table is not there, whatever is asked", async () => {
      const empty = kind.withoutTable!();
      const item = Uint8Array.of(1);
      for (const work of [
        () => empty.get("X#1"),
        () => empty.getMany(["X#1", "X#2"]),
        () => empty.putIfAbsent("X#1", item),
        () => empty.putManyIfAbsent([{ key: "X#1", item }]),
        () => empty.putIfEquals("X#1", item, item),
        () => empty.deleteIfEquals("X#1", item),
        () => empty.scan({ prefix: "X#" }, { limit: 1 }),
        () => hasVault(empty),
      ]) {
        await expect(work()).rejects.toMatchObject({ code: "VAULT_MISSING", retryable: false });
      }
    });

    let count = 0;
    const freshKey = (): string => `X#${count++}-${randomBytes(6).toString("hex")}`;
    const all = async (range: ScanRange, limit: number): Promise<Map<string, Uint8Array>> => {
      const found = new Map<string, Uint8Array>();
      let after: string | undefined;
      do {
        const page = await store.scan(range, { limit, ...(after === undefined ? {} : { after }) });
        expect(page.entries.length).toBeLessThanOrEqual(limit);
        for (const { key, item } of page.entries) {
          expect(found.has(key)).toBe(false);
          found.set(key, item);
        }
        after = page.next;
      } while (after !== undefined);
      return found;
    };

    it("gives back the bytes that were put, seen by everyone who has the store open", async () => {
      const key = freshKey();
      const item = Uint8Array.from({ length: 256 }, (_, i) => i);
      expect(await store.get(key)).toBeUndefined();
      expect(await store.putIfAbsent(key, item)).toBe(true);
      const read = await second.get(key);
      expect(Buffer.compare(read!, item)).toBe(0);
      expect(read).toBeInstanceOf(Uint8Array);
    });

    it("puts where no row is, and then leaves the row as it is", async () => {
      const key = freshKey();
      expect(await store.putIfAbsent(key, bytes("first"))).toBe(true);
      expect(await second.putIfAbsent(key, bytes("second"))).toBe(false);
      expect(await store.get(key)).toEqual(bytes("first"));
    });

    it("lets exactly one of many at once win a key", async () => {
      const key = freshKey();
      const tries = Array.from({ length: 40 }, (_, i) => (i % 2 ? store : second).putIfAbsent(key, bytes(`${i}`)));
      const won = await Promise.all(tries);
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await store.get(key)).toEqual(bytes(`${won.indexOf(true)}`));
    });

    it("lets exactly one of many batches at once win each key, in whatever order they name them", async () => {
      const keys = Array.from({ length: 300 }, freshKey);
      const orders = [keys, keys.toReversed(), keys.toSorted(), [...keys.slice(150), ...keys.slice(0, 150)]];
      const batches = await Promise.all(
        orders.map((order, i) =>
          (i % 2 ? store : second).putManyIfAbsent(order.map((key) => ({ key, item: bytes(`${i}`) }))),
        ),
      );
      const rows = await store.getMany(keys);
      for (const [k, key] of keys.entries()) {
        const winners = orders.flatMap((order, i) => (batches[i]![order.indexOf(key)] ? [i] : []));
        expect(winners).toHaveLength(1);
        expect(rows[k]).toEqual(bytes(`${winners[0]}`));
      }
    });

    it("puts each entry of a batch by itself; of equal keys the first counts", async () => {
      const [a, b, c] = [freshKey(), freshKey(), freshKey()];
      await store.putIfAbsent(b, bytes("old"));
      const entries = [
        { key: a, item: bytes("a1") },
        { key: b, item: bytes("b1") },
        { key: a, item: bytes("a2") },
        { key: c, item: bytes("c1") },
      ];
      expect(await store.putManyIfAbsent(entries)).toEqual([true, false, false, true]);
      expect(await store.getMany([a, b, c])).toEqual([bytes("a1"), bytes("old"), bytes("c1")]);
      expect(await store.putManyIfAbsent([])).toEqual([]);
    });

    it("reads many rows in their order, missing and repeated ones too", async () => {
      const keys = Array.from({ length: 620 }, freshKey);
      await store.putManyIfAbsent(keys.map((key) => ({ key, item: bytes(key) })));
      const asked = [keys[3]!, freshKey(), ...keys.toReversed(), keys[3]!];
      const rows = await second.getMany(asked);
      const expected = asked.map((key, i) => (i === 1 ? undefined : bytes(key)));
      expect(rows).toEqual(expected);
      expect(await store.getMany([])).toEqual([]);
    });

    it("replaces a row only if it holds exactly the old bytes", async () => {
      const key = freshKey();
      expect(await store.putIfEquals(key, bytes("new"), bytes(""))).toBe(false);
      expect(await store.get(key)).toBeUndefined();
      await store.putIfAbsent(key, bytes("old"));
      expect(await store.putIfEquals(key, bytes("new"), bytes("ol"))).toBe(false);
      expect(await store.putIfEquals(key, bytes("new"), bytes("oldd"))).toBe(false);
      expect(await store.putIfEquals(key, bytes("new"), bytes("old"))).toBe(true);
      expect(await store.get(key)).toEqual(bytes("new"));
      const tries = Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? store : second).putIfEquals(key, bytes(`${i}`), bytes("new")),
      );
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    });

    it("deletes a row only if it holds exactly the old bytes", async () => {
      const key = freshKey();
      expect(await store.deleteIfEquals(key, bytes(""))).toBe(false);
      await store.putIfAbsent(key, bytes("row"));
      expect(await store.deleteIfEquals(key, bytes("ro"))).toBe(false);
      expect(await store.get(key)).toEqual(bytes("row"));
      expect(await store.deleteIfEquals(key, bytes("row"))).toBe(true);
      expect(await store.get(key)).toBeUndefined();
      expect(await store.putIfAbsent(key, bytes("again"))).toBe(true);
    });

    it("keeps keys apart that differ in case, white space, normalisation or wildcards", async () => {
      const names = [
        "a",
        "A",
        "a ",
        " a",
        "á",
        "a\u0301",
        "%",
        "_",
        "'",
        '"',
        "\\",
        "#",
        "a#b",
        "\u{1f600}",
        "ß",
        "ss",
      ];
      const keys = names.map((name) => `Y#${name}`);
      const entries = keys.map((key) => ({ key, item: bytes(key) }));
      expect(await store.putManyIfAbsent(entries)).toEqual(keys.map(() => true));
      expect(await store.getMany(keys)).toEqual(keys.map(bytes));
      expect(new Set((await all({ prefix: "Y#" }, 100)).keys())).toEqual(new Set(keys));
    });

    it("scans the rows of a prefix, each once, whatever the page's size, while rows are deleted", async () => {
      const keys = Array.from({ length: 45 }, (_, i) => `Z#${i}`);
      const beside = ["Y#near", "[#near", `Z${memberSeparator}near`];
      await store.putManyIfAbsent([...keys, ...beside].map((key) => ({ key, item: bytes(key) })));
      for (const limit of [40, 45, 1000]) {
        expect(new Set((await all({ prefix: "Z#" }, limit)).keys())).toEqual(new Set(keys));
      }
      const seen: string[] = [];
      for await (const page of scanPages(
        { ...store, scan: (range) => store.scan(range, { limit: 40 }) },
        { prefix: "Z#" },
      )) {
        for (const { key, item } of page) {
          seen.push(key);
          await store.deleteIfEquals(key, item);
        }
        break;
      }
      expect(new Set((await all({ prefix: "Z#" }, 100)).keys())).toEqual(
        new Set(keys.filter((key) => !seen.includes(key))),
      );
    });

    it("scans the members of one group", async () => {
      const member = (group: string, name: string): string => `${group}${memberSeparator}${name}`;
      const names = ["a", "b b", "#", "-", "ü%", "z".repeat(200)];
      const keys = names.map((name) => member("W#one", name));
      const others = [member("W#one1", "a"), member("W#on", "a"), "W#one", member("W#One", "a")];
      await store.putManyIfAbsent([...keys, ...others].map((key) => ({ key, item: bytes("1") })));
      for (const limit of [1, 2, 100]) {
        expect(new Set((await all({ group: "W#one" }, limit)).keys())).toEqual(new Set(keys));
      }
      expect(await all({ group: "W#none" }, 10)).toEqual(new Map());
      expect((await all({ prefix: "W#" }, 100)).size).toBe(keys.length + others.length);
    });

    it("carries a vault: two processes' worth of calls at once give one token for each value", async () => {
      const keys = staticKeys([{ version: "1", key: randomBytes(32) }]);
      const [one, two] = [store, second].map((at) => createVault({ store: { ...at, close: async () => {} }, keys }));
      const scope = { format: digits, tenant: "t" };
      const values = Array.from({ length: 60 }, (_, i) => `${10_000_000 + i}`);
      const options = { ...scope, deterministic: true, subject: "ann" };
      expect(await hasVault(store)).toBe(false);
      const [a, b] = await Promise.all([
        one!.tokenizeBatch(values, options),
        two!.tokenizeBatch(values.toReversed(), options),
      ]);
      expect(await hasVault(second)).toBe(true);
      const tokens = a.map((issued) => ("token" in issued ? issued.token : issued.error.code));
      expect(b.toReversed().map((issued) => ("token" in issued ? issued.token : ""))).toEqual(tokens);
      const created = [...a, ...b].filter((issued) => "created" in issued && issued.created);
      expect(created).toHaveLength(values.length);
      const opened = await two!.detokenizeBatch(tokens, scope);
      expect(opened).toEqual(values.map((value) => ({ value })));
      const target = createVault({ store: createMemoryStore(), keys });
      await target.importRows(one!.exportRows());
      expect(await target.detokenizeBatch(tokens, scope)).toEqual(opened);
      expect(await one!.revoke(tokens[0]!, scope)).toBe(true);
      expect(await two!.eraseSubject("ann", scope)).toBe(values.length - 1);
      expect((await one!.stats()).tokens).toMatchObject({ live: 0, revoked: 1, erased: values.length - 1 });
    });
  });
}
