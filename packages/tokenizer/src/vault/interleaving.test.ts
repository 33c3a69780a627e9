import { FieldsealError } from "@fieldseal/core/errors";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../memory/index.ts";
import { digits } from "./digit-format.fixture.ts";
import {
  type ClientPlace,
  createSeededRandom,
  exploreInterleavings,
  type Scenario,
  type World,
} from "./explore-interleavings.fixture.ts";
import { createVault, type IssuedToken, staticKeys, type Vault, type VaultStore } from "./index.ts";
import { createKeyRing } from "./keys.ts";
import { parseIndexRow } from "./rows/index-row.ts";
import { isDestroyed } from "./rows/subject-row.ts";
import { parseTokenRow, stateAt, type TokenState } from "./rows/token-row.ts";
import { readVaultKeys } from "./vault-context.ts";

// FIELDSEAL_SOAK=1 adds faults where they multiply the states most.
const soak = process.env.FIELDSEAL_SOAK !== undefined;
const patience = soak ? 1_800_000 : 120_000;

const keys = staticKeys([{ version: "1", key: createSeededRandom("key")(32) }]);
const ring = createKeyRing(keys);
const scope = { format: digits, tenant: "t" };
const keep = { ...scope, deterministic: true };
const value = "12345678";
const start = 1_000_000;
const ttl = 1000;
const afterTick = start + ttl;

interface MovingPlace {
  store: VaultStore;
  random: ClientPlace["random"];
  now: () => number;
}

/** A vault that goes from run to run with its derived keys, which are dear: store, clock and generator are the run's. */
function createMovingVault(): { vault: Vault; place: MovingPlace } {
  const place: MovingPlace = { store: createMemoryStore(), random: createSeededRandom(""), now: () => start };
  const store = new Proxy(place.store, { get: (_, method) => Reflect.get(place.store, method) as unknown });
  const vault = createVault({ store, keys, random: (size) => place.random(size), now: () => place.now() });
  return { vault, place };
}

type Call = (vault: Vault, note: (token: string) => void) => Promise<unknown>;

interface Claim {
  readonly calls: readonly Call[];
  /** Clocks of the clients beside the true one; 0 unless given. */
  readonly skews?: readonly number[];
  readonly setUp?: (vault: Vault, note: (token: string) => void) => Promise<unknown>;
  readonly faults?: number;
  readonly tick?: boolean;
  /** Tokens that a call may have ended: all of `value`'s, or none. */
  readonly ends?: boolean;
  readonly finally?: (world: World, vault: Vault) => Promise<void>;
}

/** Explores the calls and asserts in every state what must hold of one value's tokens. */
async function explore({
  calls,
  skews = [],
  setUp,
  faults = 0,
  tick = false,
  ends = false,
  ...claim
}: Claim): Promise<number> {
  // Tokens that a call gave to its caller.
  const acknowledged = new Set<string>();
  let before: readonly string[] = [];
  const note = (token: string): void => void acknowledged.add(token);
  const observer = createMovingVault();
  const clients = calls.map(createMovingVault);
  const states = async (world: World): Promise<Map<string, TokenState>> => {
    const derived = await readVaultKeys(world.store, ring);
    const now = world.ticked ? afterTick : start;
    const rows = await world.rows("T#");
    const erased = (await world.rows("S#")).some(({ item }) => isDestroyed(item));
    return new Map(
      rows.map(({ key, item }) => {
        const token = key.slice(2);
        const row = parseTokenRow(item, token, derived);
        return [token, erased && row.subject !== undefined ? "erased" : stateAt(row, now)];
      }),
    );
  };
  const scenario: Scenario = {
    setUp: async (store, random) => {
      const { vault, place } = createMovingVault();
      Object.assign(place, { store, random });
      await vault.lookup(value, scope);
      await setUp?.(vault, note);
      before = [...acknowledged];
    },
    begin() {
      acknowledged.clear();
      before.forEach(note);
    },
    clients: calls.map((call, i) => (at: ClientPlace) => {
      const { vault, place } = clients[i]!;
      const now = (): number => (at.ticked() ? afterTick : start) + (skews[i] ?? 0);
      Object.assign(place, { store: at.store, random: at.random, now });
      return call(vault, note);
    }),
    faults,
    tick,
    async always(world) {
      const alive = [...(await states(world))].filter(([token, state]) => state === "live" && acknowledged.has(token));
      // One live token for a value at any moment.
      expect(alive.length).toBeLessThanOrEqual(1);
      // A row that names a token is never there before the token's row.
      const rows = new Set((await world.rows("T#")).map(({ key }) => key.slice(2)));
      for (const { item } of await world.rows("H#")) expect(rows).toContain(parseIndexRow(item));
    },
    async finally(world) {
      for (const ending of world.endings) {
        if (typeof ending === "object" && "error" in ending) expect(ending.error).toBeInstanceOf(FieldsealError);
      }
      const now = await states(world);
      const { vault, place } = observer;
      const random = createSeededRandom("observer");
      Object.assign(place, { store: world.store, random, now: () => (world.ticked ? afterTick : start) });
      const alive = [...acknowledged].filter((token) => now.get(token) === "live");
      for (const token of alive) expect(await vault.detokenize(token, scope)).toBe(value);
      // What was acknowledged lives until a call or its time ends it.
      if (!ends) expect(alive).toEqual([...acknowledged]);
      if (!world.faulted) {
        const orphans = [...now].filter(([token, state]) => state === "live" && !acknowledged.has(token));
        expect(orphans).toEqual([]);
      }
      await claim.finally?.(world, vault);
    },
  };
  return exploreInterleavings(scenario);
}

const tokenize =
  (options: Parameters<Vault["tokenize"]>[1] = keep): Call =>
  async (vault, note) => {
    const issued: IssuedToken = await vault.tokenize(value, options);
    note(issued.token);
    return issued;
  };
/** Tokenizing again gives the live token, or one that no row ever had. */
async function nextIsLiveOrFresh({ rows }: World, vault: Vault): Promise<void> {
  const known = new Set((await rows("T#")).map(({ key }) => key.slice(2)));
  const found = await vault.lookup(value, scope);
  const { token, created } = await vault.tokenize(value, keep);
  expect(created).toBe(found === undefined);
  if (found === undefined) expect(known).not.toContain(token);
  else expect(token).toBe(found);
  expect(await vault.detokenize(token, scope)).toBe(value);
}

describe("in every interleaving, a deterministic value has one live token", { timeout: patience }, () => {
  it("when two calls tokenize it, with a crash or a lost answer at any step", async () => {
    const count = await explore({ calls: [tokenize(), tokenize()], faults: 1, finally: nextIsLiveOrFresh });
    expect(count).toBeGreaterThan(100);
  });

  it("when two calls tokenize it, with two faults", async () => {
    expect(await explore({ calls: [tokenize(), tokenize()], faults: 2, finally: nextIsLiveOrFresh })).toBeGreaterThan(
      300,
    );
  });

  it("when three calls tokenize it", async () => {
    expect(await explore({ calls: [tokenize(), tokenize(), tokenize()], finally: nextIsLiveOrFresh })).toBeGreaterThan(
      200,
    );
  });

  let old = "";
  const setUp =
    (options: Parameters<Vault["tokenize"]>[1]) =>
    async (vault: Vault, note: (token: string) => void): Promise<void> => {
      old = (await vault.tokenize(value, options)).token;
      note(old);
    };
  const revoke: Call = (vault) => vault.revoke(old, scope);
  const noneReturns = async (world: World, vault: Vault): Promise<void> => {
    if (typeof world.endings[0] === "object" && "result" in world.endings[0]) {
      await expect(vault.detokenize(old, scope)).rejects.toMatchObject({ code: "TOKEN_REVOKED" });
    }
    await nextIsLiveOrFresh(world, vault);
  };

  it("when its token is revoked beside a call that tokenizes it, with a fault at any step", async () => {
    const calls = [revoke, tokenize()];
    expect(await explore({ calls, setUp: setUp(keep), faults: 1, ends: true, finally: noneReturns })).toBeGreaterThan(
      100,
    );
  });

  it("when its token is revoked beside two calls that tokenize it", async () => {
    const calls = [revoke, tokenize(), tokenize()];
    expect(await explore({ calls, setUp: setUp(keep), ends: true, finally: noneReturns })).toBeGreaterThan(300);
  });

  it("when a call revokes what it was given beside another that tokenizes", async () => {
    const tokenizeAndRevoke: Call = async (vault, note) => {
      const { token } = await vault.tokenize(value, keep);
      note(token);
      await vault.revoke(token, scope);
      return token;
    };
    const calls = [tokenizeAndRevoke, tokenize()];
    expect(await explore({ calls, faults: 1, ends: true, finally: nextIsLiveOrFresh })).toBeGreaterThan(200);
  });

  it("when its token expires at any moment beside two calls, with a fault at any step", async () => {
    const calls = [tokenize(), tokenize()];
    const options = { calls, setUp: setUp({ ...keep, ttl }), tick: true, faults: 1, ends: true };
    expect(await explore({ ...options, finally: nextIsLiveOrFresh })).toBeGreaterThan(300);
  });

  it("when the clocks of two processes differ by more than the token's time", async () => {
    const calls = [tokenize({ ...keep, ttl: 10 * ttl }), tokenize({ ...keep, ttl: 10 * ttl })];
    const options = { calls, skews: [2 * ttl, 0], setUp: setUp({ ...keep, ttl }), ends: true, faults: 1 };
    expect(await explore({ ...options, finally: nextIsLiveOrFresh })).toBeGreaterThan(100);
  });

  it("when a sweep passes beside a call that tokenizes it", async () => {
    const calls: Call[] = [(vault) => vault.sweep(), tokenize()];
    const options = { calls, setUp: setUp({ ...keep, ttl }), tick: true, faults: soak ? 1 : 0, ends: true };
    expect(await explore({ ...options, finally: nextIsLiveOrFresh })).toBeGreaterThan(100);
  });
});

describe("in every interleaving, erasing a subject", { timeout: patience }, () => {
  const anns = { ...keep, subject: "ann" };
  const erase: Call = (vault) => vault.eraseSubject("ann", { tenant: "t" });
  const gone = async (world: World, vault: Vault): Promise<void> => {
    const [erased] = world.endings;
    if (erased === "crashed") await vault.eraseSubject("ann", { tenant: "t" });
    const tokens = (await world.rows("T#")).map(({ key }) => key.slice(2));
    for (const token of tokens) expect(await vault.exists(token, scope)).toBe(false);
    for (const one of await vault.detokenizeBatch(tokens, scope)) {
      expect(["SUBJECT_ERASED", "TOKEN_UNKNOWN"]).toContain("error" in one && one.error.code);
    }
    // A call that was killed between its puts leaves rows that the next sweep clears.
    if (world.faulted) await vault.sweep();
    expect(await world.rows("H#")).toEqual([]);
    const states = await vault.stats();
    expect(states.tokens.live).toBe(0);
  };

  it("leaves nothing of a value that is being tokenized, with a fault at any step", async () => {
    expect(await explore({ calls: [erase, tokenize(anns)], faults: 1, ends: true, finally: gone })).toBeGreaterThan(
      100,
    );
  });

  it("leaves nothing of a value that was there, beside a call that asks for it", async () => {
    const setUp = async (vault: Vault, note: (token: string) => void): Promise<void> => {
      note((await vault.tokenize(value, anns)).token);
    };
    expect(
      await explore({ calls: [erase, tokenize(anns)], setUp, faults: 1, ends: true, finally: gone }),
    ).toBeGreaterThan(100);
  });
});
