import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryStore } from "../memory/index.ts";
import { digits } from "./digit-format.fixture.ts";
import { createVault, staticKeys, type Vault, type VaultStore } from "./index.ts";
import { openStore, type StorePlace } from "./open-store.fixture.ts";
import { startWriter } from "./run-writer.fixture.ts";
import { type PostgresServer, postgresPrograms, startPostgres } from "./start-postgres.fixture.ts";
import type { Acknowledged } from "./write-tokens.fixture.ts";

// FIELDSEAL_SOAK=1 runs the long forms.
const soak = process.env.FIELDSEAL_SOAK !== undefined;
const rounds = soak ? 200 : 10;
const sharedValues = soak ? 10_000 : 2000;
const patience = soak ? 1_800_000 : 180_000;

const scope = { format: digits, tenant: "t" };
const key = randomBytes(32).toString("hex");
const keys = staticKeys([{ version: "1", key: Buffer.from(key, "hex") }]);

async function withVault<T>(place: StorePlace, work: (vault: Vault) => Promise<T>): Promise<T> {
  const vault = createVault({ store: await openStore(place), keys });
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}

/** Every acknowledged token opens to its value, no two are equal, and a deterministic value still has its token. */
async function checkAcknowledged(vault: Vault, lines: readonly Acknowledged[]): Promise<void> {
  const tokens = lines.map(({ token }) => token);
  expect(new Set(tokens).size).toBe(tokens.length);
  const opened = await vault.detokenizeBatch(tokens, scope);
  expect(opened).toEqual(lines.map(({ value }) => ({ value })));
  const kept = lines.filter(({ deterministic }) => deterministic);
  const again = await vault.tokenizeBatch(
    kept.map(({ value }) => value),
    { ...scope, deterministic: true },
  );
  expect(again.map((one) => "token" in one && one.token)).toEqual(kept.map(({ token }) => token));
  expect(again.every((one) => "created" in one && !one.created)).toBe(true);
}

/** Starts a writer, kills it (and what `kill` kills) in mid-write; what it had acknowledged. */
async function writeAndKill(place: StorePlace, round: number, kill?: () => Promise<void>): Promise<Acknowledged[]> {
  const writer = startWriter({ place, key, from: round * 1_000_000 });
  await writer.reached(1 + (randomBytes(1)[0]! % 60));
  if (kill === undefined) writer.kill();
  else await kill();
  await writer.ended;
  expect(writer.acknowledged.length).toBeGreaterThan(0);
  return writer.acknowledged;
}

/** Several processes at once, each with its values. */
async function runWriters(place: StorePlace, work: readonly (readonly string[])[]): Promise<Acknowledged[][]> {
  const writers = work.map((values) => startWriter({ place, key, values }));
  expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(work.map(() => 0));
  return writers.map(({ acknowledged }) => acknowledged);
}

const valuesFrom = (start: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => String(start + i).padStart(16, "0"));
const tokenOf = (lines: readonly Acknowledged[]): Map<string, string> =>
  new Map(lines.map(({ value, token }) => [value, token]));

async function checkSharedValues(place: StorePlace): Promise<void> {
  const values = valuesFrom(7_000_000_000, sharedValues);
  const [one, two] = await runWriters(place, [values, values.toReversed()]);
  expect(one).toHaveLength(values.length);
  expect(tokenOf(two!)).toEqual(tokenOf(one!));
  expect(new Set(tokenOf(one!).values()).size).toBe(values.length);
  await withVault(place, async (vault) => {
    await checkAcknowledged(vault, one!);
    const { tokens, deterministic } = await vault.stats();
    // The losers of a race are tombstones: as many tokens live as there are values.
    expect({ live: tokens.live, deterministic }).toEqual({ live: values.length, deterministic: values.length });
  });
}

async function checkEightProcesses(place: StorePlace): Promise<void> {
  const shared = valuesFrom(8_000_000_000, 50);
  const work = Array.from({ length: 8 }, (_, i) => [...valuesFrom(9_000_000_000 + i * 1000, 50), ...shared]);
  const all = await runWriters(place, work);
  const first = tokenOf(all[0]!);
  for (const lines of all) {
    expect(lines).toHaveLength(100);
    for (const value of shared) expect(tokenOf(lines).get(value)).toBe(first.get(value));
  }
  const unique = new Map(all.flatMap((lines) => [...tokenOf(lines)]));
  expect(unique.size).toBe(450);
  await withVault(place, (vault) =>
    checkAcknowledged(
      vault,
      [...unique].map(([value, token]) => ({ value, token, deterministic: true })),
    ),
  );
}

describe("a vault in SQLite", () => {
  let folder: string;
  const place = (name: string): StorePlace => ({ sqlite: path.join(folder, name) });
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "fieldseal-faults-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    "opens again after each kill -9 in mid-write, with every acknowledged token and none twice",
    async () => {
      const lines: Acknowledged[] = [];
      for (let round = 0; round < rounds; round++) {
        lines.push(...(await writeAndKill(place("kill.db"), round)));
        await withVault(place("kill.db"), (vault) => checkAcknowledged(vault, lines));
      }
    },
    patience,
  );

  it(
    "gives one token to each value that two processes tokenize at once",
    () => checkSharedValues(place("two.db")),
    patience,
  );

  it(
    "serves eight processes on one file that none of them had made",
    () => checkEightProcesses(place("eight.db")),
    patience,
  );
});

describe.runIf(postgresPrograms !== undefined)("a vault in PostgreSQL", () => {
  let server: PostgresServer;
  const place = (table: string): StorePlace => ({ postgres: server.host, table });
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  it(
    "keeps every acknowledged token and gives none twice when the client or the server is killed in mid-write",
    async () => {
      const lines: Acknowledged[] = [];
      for (let round = 0; round < rounds; round++) {
        const killServer = round % 3 === 0;
        lines.push(...(await writeAndKill(place("killed"), round, killServer ? server.crash : undefined)));
        if (killServer) await server.restart();
        await withVault(place("killed"), (vault) => checkAcknowledged(vault, lines));
      }
    },
    patience,
  );

  it(
    "gives one token to each value that two processes tokenize at once",
    () => checkSharedValues(place("two")),
    patience,
  );

  it("serves eight processes on one table", () => checkEightProcesses(place("eight")), patience);

  it("is unavailable, and says that it can be tried again, while its server is away", async () => {
    await withVault(place("away"), async (vault) => {
      const { token } = await vault.tokenize("12345678", scope);
      await server.crash();
      const unavailable = { code: "VAULT_UNAVAILABLE", retryable: true };
      await expect(vault.tokenize("12345678", scope)).rejects.toMatchObject(unavailable);
      await expect(vault.detokenize(token, scope)).rejects.toMatchObject(unavailable);
      await server.restart();
      expect(await vault.detokenize(token, scope)).toBe("12345678");
    });
  });
});

it("closed in the midst of a call, writes nothing under its zeroed keys and takes no row for corrupt", async () => {
  const rows = createMemoryStore();
  const written: string[] = [];
  let act = (): void => {};
  // As a pool or a client does, the store outlives the vault.
  const store: VaultStore = {
    ...rows,
    getMany: async (asked) => {
      const found = await rows.getMany(asked);
      act();
      return found;
    },
    putManyIfAbsent: (entries) => {
      written.push(...entries.map(({ key: name }) => name));
      return rows.putManyIfAbsent(entries);
    },
    close: async () => {},
  };
  const [first, second, third] = Array.from({ length: 3 }, () => createVault({ store, keys }));
  const { token } = await first!.tokenize("4111111111111111", { ...scope, deterministic: true });
  const before = written.length;
  for (const [vault, work] of [
    [second!, () => second!.tokenize("5500005555555559", { ...scope, deterministic: true })],
    [third!, () => third!.detokenize(token, scope)],
  ] as const) {
    act = () => void vault.close();
    await expect(work()).rejects.toMatchObject({ code: "VAULT_CLOSED", retryable: true });
  }
  expect(written).toHaveLength(before);
  act = () => {};
  expect(await first!.detokenize(token, scope)).toBe("4111111111111111");
});
