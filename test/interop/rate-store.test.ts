import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createMemoryRateStore, createRateLimiter } from "../../packages/core/src/access/index.ts";
import type { RateAlert, RateStore } from "../../packages/decrypt/src/index.ts";
import {
  createPostgresRates,
  createPostgresStore,
  createRateTable,
  createVaultTable,
} from "../../packages/tokenizer/src/postgres/index.ts";
import {
  type PostgresServer,
  postgresPrograms,
  startPostgres,
} from "../../packages/tokenizer/src/vault/start-postgres.fixture.ts";
import { codeOf, decryptorOf, json, pii, sealed } from "./fixtures.ts";
import { sealUnder, wrapRsa } from "./seal-native.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-rates-"));
const open: DatabaseSync[] = [];
afterAll(() => {
  for (const database of open) database.close();
  rmSync(folder, { recursive: true, force: true });
});

const refilled = "min(:burst, rate.tokens + max(0, :now - rate.at) / 1000.0 * :perSecond)";
const sql = `INSERT INTO rate SELECT :principal, :burst - :cost, :now WHERE :cost <= :burst
  ON CONFLICT (principal) DO UPDATE SET tokens = ${refilled} - :cost, at = max(rate.at, :now) WHERE :cost <= ${refilled}`;

/** What one process would have: a connection of its own to a file that all share, and one statement for look and take. */
function connection(file: string): RateStore {
  const database = new DatabaseSync(path.join(folder, file));
  open.push(database);
  database.exec("PRAGMA busy_timeout = 5000; CREATE TABLE IF NOT EXISTS rate (principal PRIMARY KEY, tokens, at)");
  const statement = database.prepare(sql);
  return {
    async take(principal, cost, rate, now) {
      await new Promise((turn) => setImmediate(turn));
      return statement.run({ principal, cost, now, ...rate }).changes === 1;
    },
  };
}

/** The same on a server, as the documentation of `RateStore` has it. */
function pooled(pool: pg.Pool, table: string): RateStore {
  const [cost, burst, perSecond, now] = ["$2", "$3", "$4", "$5"].map((one) => `${one}::double precision`);
  const full = `least(${burst}, ${table}.tokens + greatest(0, ${now} - ${table}.at) / 1000 * ${perSecond})`;
  const text = `INSERT INTO ${table} SELECT $1, ${burst} - ${cost}, ${now} WHERE ${cost} <= ${burst}
    ON CONFLICT (principal) DO UPDATE SET tokens = ${full} - ${cost}, at = greatest(${table}.at, ${now})
    WHERE ${cost} <= ${full}`;
  const columns = "(principal text PRIMARY KEY, tokens double precision, at double precision)";
  const created = pool.query(`CREATE TABLE IF NOT EXISTS ${table} ${columns}`);
  return {
    async take(principal, ...[asked, rate, time]) {
      await created;
      return (await pool.query(text, [principal, asked, rate.burst, rate.perSecond, time])).rowCount === 1;
    },
  };
}
let server: PostgresServer | undefined;
let pool: pg.Pool | undefined;
beforeAll(async () => {
  if (postgresPrograms === undefined) return;
  server = await startPostgres();
  pool = new pg.Pool({ host: server.host, user: "postgres", database: "postgres", max: 8 });
}, 60_000);
afterAll(async () => {
  await pool?.end();
  await server?.stop();
});

let count = 0;
/** Goes by the server's clock, whatever its callers say. */
const withOwnClock = "the table that createRateTable makes";

const stores: Record<string, () => readonly [RateStore, RateStore]> = {
  "this process's memory": () => {
    const store = createMemoryRateStore();
    return [store, store];
  },
  "a file of SQLite, by two connections": () => {
    const file = `rates-${count++}.db`;
    return [connection(file), connection(file)];
  },
  ...(postgresPrograms !== undefined && {
    "a table of PostgreSQL, by a pool of connections": () => {
      const table = `rate_${count++}`;
      const store = pooled(pool!, table);
      return [store, store] as const;
    },
    [withOwnClock]: () => {
      const options = { client: pool!, table: `rate_${count++}` };
      // Several processes start at once; each may find the table there or not.
      const made = Promise.all([createRateTable(options), createRateTable(options), createRateTable(options)]);
      const store = createPostgresRates(options);
      const shared: RateStore = { take: async (...taken) => made.then(() => store.take(...taken)) };
      return [shared, shared] as const;
    },
  }),
};

describe.each(Object.keys(stores))("a store of rates: %s", (name) => {
  const rate = { burst: 20, perSecond: 0.001 };

  it("gives no token twice, to however many that ask at once through either end", async () => {
    const [first, second] = stores[name]!();
    const asked = Array.from({ length: 60 }, (_, n) => (n % 2 === 0 ? first : second).take("a", 1, rate, 0));
    expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(20);
    expect(await first.take("b", 20, rate, 0)).toBe(true);
  });

  it.skipIf(name === withOwnClock)(
    "gives all or none, refills with time up to the burst, never back in time",
    async () => {
      const rate = { burst: 20, perSecond: 2 };
      const [first, second] = stores[name]!();
      expect([await first.take("a", 15, rate, 0), await second.take("a", 6, rate, 0)]).toEqual([true, false]);
      expect([await second.take("a", 5, rate, 0), await first.take("a", 1, rate, 0)]).toEqual([true, false]);
      expect([await first.take("a", 2, rate, 1000), await second.take("a", 1, rate, 0)]).toEqual([true, false]);
      expect([await first.take("a", 21, rate, 1e9), await second.take("a", 20, rate, 1e9)]).toEqual([false, true]);
    },
  );

  it("takes back what a negative cost gives, and has no more than the burst for that", async () => {
    const [first, second] = stores[name]!();
    await first.take("a", 15, rate, 0);
    expect(await second.take("a", -10, rate, 0)).toBe(true);
    expect([await first.take("a", 16, rate, 0), await first.take("a", 15, rate, 0)]).toEqual([false, true]);
    for (const principal of ["a", "new"]) {
      expect(await second.take(principal, -40, rate, 0)).toBe(true);
      expect([await first.take(principal, 21, rate, 0), await first.take(principal, 20, rate, 0)]).toEqual([
        false,
        true,
      ]);
      expect(await first.take(principal, 1, rate, 0)).toBe(false);
    }
  });

  it("limits a principal across two decryptors that share it", async () => {
    const alerts: RateAlert[] = [];
    const [first, second] = stores[name]!().map((store) => {
      const rateLimit = { ...rate, perSecond: 0, store, onAlert: (alert: RateAlert) => alerts.push(alert) };
      return decryptorOf({ rateLimit, now: () => new Date(0) });
    });
    const { ssn } = JSON.parse(await sealed('{"ssn":"1"}')) as { ssn: string };
    const attempts = Array.from({ length: 30 }, (_, n) => {
      return codeOf((n % 2 === 0 ? first : second)!.decryptField(ssn, { field: "ssn" }, { principal: "role:a" }));
    });
    const codes = await Promise.all(attempts);
    expect(codes.filter((code) => code === undefined)).toHaveLength(20);
    expect(codes.filter((code) => code === "RATE_LIMITED")).toHaveLength(10);
    expect(alerts).toEqual(Array(10).fill({ principal: "role:a", cost: 1, time: 0 }));
    expect(await codeOf(second!.decryptField(ssn, { field: "ssn" }, { principal: "role:b" }))).toBeUndefined();
  });
});

describe.runIf(postgresPrograms !== undefined)("the table of PostgreSQL", () => {
  const [past, future] = [0, Date.UTC(2099)];

  it("gives all or none, and refills with the server's time up to the burst", async () => {
    const [store] = stores[withOwnClock]!();
    const rate = { burst: 20, perSecond: 50 };
    expect([await store.take("a", 21, rate, 0), await store.take("a", 20, rate, 0)]).toEqual([false, true]);
    await vi.waitFor(async () => expect(await store.take("a", 10, rate, 0)).toBe(true), 5000);
    await setTimeout(1000);
    expect([await store.take("a", 21, rate, 0), await store.take("a", 20, rate, 0)]).toEqual([false, true]);
  });

  it("gives nothing early to a process whose clock is ahead", async () => {
    const [store] = stores[withOwnClock]!();
    const rate = { burst: 5, perSecond: 0.001 };
    expect([await store.take("a", 5, rate, past), await store.take("a", 1, rate, future)]).toEqual([true, false]);
  });

  it("keeps nothing back after a process whose clock was ahead", async () => {
    const [store] = stores[withOwnClock]!();
    const rate = { burst: 5, perSecond: 50 };
    expect(await store.take("a", 5, rate, future)).toBe(true);
    await vi.waitFor(async () => expect(await store.take("a", 5, rate, Date.now())).toBe(true), 5000);
  });

  it.each(["a\0b", randomBytes(20_000).toString("hex")])(
    "refuses for good a principal that it cannot hold",
    async (principal) => {
      const [store] = stores[withOwnClock]!();
      await expect(store.take(principal, 1, { burst: 5, perSecond: 1 }, 0)).rejects.toMatchObject({
        code: "RATE_STORE_UNAVAILABLE",
        retryable: false,
      });
    },
  );

  it.each(["repeatable read", "serializable"])(
    "counts where transactions are %s unless told otherwise",
    async (level) => {
      const options = `-c default_transaction_isolation=${level.replace(" ", "\\ ")}`;
      const client = new pg.Pool({ host: server!.host, user: "postgres", database: "postgres", max: 8, options });
      const table = `isolated_${count++}`;
      await Promise.all([createRateTable({ client, table }), createVaultTable({ client, table: `${table}_vault` })]);
      const store = createPostgresRates({ client, table });
      const rate = { burst: 20, perSecond: 0.001 };
      const taken = await Promise.all(Array.from({ length: 60 }, () => store.take("a", 1, rate, 0)));
      expect(taken.filter(Boolean)).toHaveLength(20);
      const rows = createPostgresStore({ client, table: `${table}_vault` });
      const entries = [1, 2, 3].map((n) => ({ key: `T#${n}`, item: Uint8Array.of(n) }));
      const put = await Promise.all(Array.from({ length: 30 }, () => rows.putManyIfAbsent(entries)));
      expect(put.flat().filter(Boolean)).toHaveLength(3);
      await client.end();
    },
  );

  it("that cannot be made has a code, and nothing of what the server said", async () => {
    const away = new pg.Pool({ host: server!.host, port: 1, user: "postgres", database: "postgres" });
    const nobody = new pg.Pool({ host: server!.host, user: "canary", database: "postgres" });
    for (const [client, retryable] of [
      [away, true],
      [nobody, false],
    ] as const) {
      const making = [
        ["RATE_STORE_UNAVAILABLE", createRateTable],
        ["VAULT_UNAVAILABLE", createVaultTable],
      ] as const;
      for (const [code, make] of making) {
        const error: unknown = await make({ client }).catch((one: unknown) => one);
        expect(error).toMatchObject({ code, retryable });
        expect(String(error)).not.toMatch(/canary|\.s\.PGSQL/);
      }
      await client.end();
    }
  });

  it("says whether trying again is of use", async () => {
    const rate = { burst: 1, perSecond: 1 };
    const take = (client: pg.Pool): Promise<unknown> =>
      (async () => createPostgresRates({ client, table: "rate_missing" }).take("a", 1, rate, 0))();
    const limiter = createRateLimiter(
      { ...rate, store: createPostgresRates({ client: pool!, table: "rate_missing" }) },
      () => 0,
    );
    await expect(limiter.allow("a", 1)).rejects.toMatchObject({ code: "RATE_STORE_UNAVAILABLE", retryable: false });
    const away = new pg.Pool({ host: server!.host, port: 1, user: "postgres", database: "postgres" });
    await expect(take(away)).rejects.toMatchObject({ code: "RATE_STORE_UNAVAILABLE", retryable: true });
    await away.end();
  });
});

describe("a rate", () => {
  it("opens nothing while its store fails, and says that it may be tried again", async () => {
    const store: RateStore = { take: () => Promise.reject(new Error("away: role:a")) };
    const decryptor = decryptorOf({ rateLimit: { burst: 9, perSecond: 1, store } });
    const body = { bytes: Buffer.from(await sealed('{"ssn":"1"}')), mediaType: json };
    const [result] = await decryptor.decryptBodies([body], { principal: "role:a" });
    expect(result).toMatchObject({ error: { code: "RATE_STORE_UNAVAILABLE", retryable: true } });
  });

  it("is spent by ciphertexts that no key takes, even where less is left than they cost", async () => {
    const rateLimit = { burst: 100, perSecond: 0 };
    const decryptor = decryptorOf({ rateLimit, now: () => new Date(0) });
    const planted = Array.from({ length: 32 }, () => {
      const wrapped = { ...wrapRsa(pii.publicKey), wrapped: Buffer.alloc(256, count++) };
      return { ssn: sealUnder(wrapped, "1", { kid: "pii-1", field: "ssn" }) };
    });
    const who = { principal: "role:a" };
    const body = { bytes: Buffer.from(JSON.stringify(planted)), mediaType: json };
    expect(await codeOf(decryptor.decryptBody(body, who))).toBe("DECRYPTION_FAILED");
    const good = { bytes: Buffer.from(await sealed('{"ssn":"1"}')), mediaType: json };
    expect(await codeOf(decryptor.decryptBody(good, who))).toBe("RATE_LIMITED");
  });
});
