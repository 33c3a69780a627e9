import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../memory/index.ts";
import { digits } from "./digit-format.fixture.ts";
import { createVault, type RandomBytes, staticKeys } from "./index.ts";
import { createKeyRing } from "./keys.ts";
import { parseTokenRow } from "./rows/token-row.ts";
import type { StoreEntry } from "./store.ts";
import { failure, keep, keys, root, rowsOf, scope, store, value, vault } from "./vault-and-rows.fixture.ts";
import { readVaultKeys } from "./vault-context.ts";

async function row(prefix: string): Promise<StoreEntry> {
  return (await store.scan({ prefix }, { limit: 1 })).entries[0]!;
}

describe("a row that was edited in the store is refused", () => {
  it("whichever bit of a token's row it is", async () => {
    const { token } = await vault.tokenize(value, { ...keep, ttl: 1e9, metadata: { a: "b" } });
    const { key, item } = await row("T#");
    let last = item;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: item.length * 8 - 1 }), async (bit) => {
        const edited = item.slice();
        edited[bit >> 3]! ^= 1 << (bit & 7);
        expect(await store.putIfEquals(key, edited, last)).toBe(true);
        last = edited;
        expect((await failure(vault.detokenize(token, scope))).code).toBe("VAULT_CORRUPT");
        expect((await failure(vault.tokenize(value, keep))).code).toBe("VAULT_CORRUPT");
        expect((await failure(vault.inspect(token, scope))).code).toBe("VAULT_CORRUPT");
        expect((await vault.stats()).corrupt).toBe(1);
      }),
      { numRuns: 200 },
    );
    for (const short of [new Uint8Array(0), item.slice(0, 10), item.slice(0, -1)]) {
      await store.putIfEquals(key, short, last);
      last = short;
      expect((await failure(vault.detokenize(token, scope))).code).toBe("VAULT_CORRUPT");
    }
  });

  it("when it is another token's row", async () => {
    const one = await vault.tokenize(value, scope);
    const first = await row("T#");
    const two = await vault.tokenize("1234567890123456", scope);
    const second = (await store.get(`T#${two.token}`))!;
    await store.putIfEquals(first.key, second, first.item);
    expect((await failure(vault.detokenize(one.token, scope))).code).toBe("VAULT_CORRUPT");
    expect(await vault.detokenize(two.token, scope)).toBe("1234567890123456");
  });

  it("when a value's row names the token of another value", async () => {
    await vault.tokenize(value, keep);
    const { key, item } = await row("H#");
    const { token } = await vault.tokenize("1234567890123456", keep);
    await store.putIfEquals(key, new Uint8Array([1, ...Buffer.from(token)]), item);
    expect((await failure(vault.tokenize(value, keep))).code).toBe("VAULT_CORRUPT");
    expect((await failure(vault.lookup(value, scope))).code).toBe("VAULT_CORRUPT");
    const [one, two] = await vault.tokenizeBatch([value, "999999999999"], keep);
    expect(one).toMatchObject({ error: { code: "VAULT_CORRUPT" } });
    expect(two).toMatchObject({ created: true });
  });

  it("when a value's row names a token that is not there", async () => {
    await vault.tokenize(value, keep);
    const { key, item } = await row("H#");
    await store.putIfEquals(key, new Uint8Array([1, 0x31]), item);
    expect((await failure(vault.tokenize(value, keep))).code).toBe("VAULT_CORRUPT");
  });

  it("when a subject's key is another subject's", async () => {
    const { token } = await vault.tokenize(value, { ...scope, subject: "ann" });
    const anns = await row("S#");
    await vault.tokenize(value, { ...scope, subject: "bob" });
    const bobs = (await rowsOf(store)).find(({ key }) => key.startsWith("S#") && key !== anns.key)!;
    await store.putIfEquals(anns.key, bobs.item, anns.item);
    expect((await failure(vault.detokenize(token, scope))).code).toBe("VAULT_CORRUPT");
  });
});

describe("rows hold", () => {
  it("no value, tenant, subject or metadata in clear, and no plain digest of them", async () => {
    const { token } = await vault.tokenize(value, {
      ...keep,
      subject: "canary-ann",
      metadata: { note: "canary-note" },
    });
    const text = (await rowsOf(store))
      .map(({ key, item }) => `${key} ${Buffer.from(item).toString("latin1")} ${Buffer.from(item).toString("hex")}`)
      .join("\n");
    expect(text).toContain(token);
    for (const canary of [value, "canary", Buffer.from(root).toString("latin1")]) expect(text).not.toContain(canary);
  });

  it("different bytes for equal values, in every part that is sealed", async () => {
    await vault.tokenizeBatch([value, value], { ...scope, metadata: { a: "b" } });
    const derived = await readVaultKeys(store, createKeyRing(keys));
    const { entries } = await store.scan({ prefix: "T#" }, { limit: 2 });
    const [one, two] = entries.map(({ key, item }) => parseTokenRow(item, key.slice(2), derived));
    for (const part of ["sealed", "metadata"] as const) {
      const pieces = (sealed: Uint8Array): string[] =>
        Array.from({ length: sealed.length - 3 }, (_, i) => Buffer.from(sealed.subarray(i, i + 4)).toString("hex"));
      expect(one![part].length).toBe(two![part].length);
      // By chance in one of a million runs: four equal bytes.
      expect(pieces(one![part]).filter((piece, i) => pieces(two![part])[i] === piece)).toEqual([]);
    }
  });
});

describe("errors tell", () => {
  it("no value, token, key, tenant, subject or metadata, in any part of them", async () => {
    const { token } = await vault.tokenize(value, {
      ...keep,
      subject: "canary-ann",
      metadata: { note: "canary-note" },
    });
    const broken = createMemoryStore();
    const failing = new Proxy(broken, {
      get:
        () =>
        async (...args: unknown[]) => {
          throw Object.assign(new Error(`driver: ${inspect(args)} ${value}`), { code: `E ${value}`, detail: token });
        },
    });
    const quoting = { ...digits, normalize: (text: string): string => JSON.parse(`{"${text}`) as string };
    const errors = await Promise.all(
      [
        vault.detokenize(token, { ...scope, tenant: "canary-other" }),
        vault.detokenize(`${token}1`, scope),
        vault.tokenize(value, { ...keep, subject: "canary-bob" }),
        vault.tokenize(`${value}x`, scope),
        vault.tokenize(value, { ...scope, format: quoting }),
        vault.tokenize(value, { ...scope, metadata: { "canary-KEY": "" } }),
        vault.tokenize(value, { ...scope, tenant: "canary".repeat(100) }),
        createVault({ store: failing, keys }).tokenize(value, keep),
        createVault({ store, keys: staticKeys([{ version: "canary-2", key: root }]) }).detokenize(token, scope),
      ].map(failure),
    );
    for (const error of errors) {
      const text = `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)} ${error.stack}`;
      for (const canary of [value, token, "canary", root.toString("hex")]) expect(text).not.toContain(canary);
    }
    expect(errors.map(({ code }) => code)).toContain("VAULT_UNAVAILABLE");
  });

  it("the short code of a driver, and that the call can be repeated", async () => {
    const failing = { ...store, get: () => Promise.reject(Object.assign(new Error("text"), { code: "ECONNRESET" })) };
    const error = await failure(createVault({ store: failing, keys }).detokenize("1", scope));
    expect(error).toMatchObject({ code: "VAULT_UNAVAILABLE", retryable: true });
    expect(error.message).toContain("ECONNRESET");
  });

  it.each([
    [{ code: "42501" }, false],
    [{ code: "28P01" }, false],
    [{ name: "AccessDeniedException" }, false],
    [{ code: "57P01" }, true],
    [{ code: "40P01" }, true],
    [{ name: "ProvisionedThroughputExceededException" }, true],
  ])("the driver's %j, and whether it passes by itself", async (driver, retryable) => {
    const failing = { ...store, get: () => Promise.reject(Object.assign(new Error("text"), driver)) };
    const error = await failure(createVault({ store: failing, keys }).detokenize("1", scope));
    expect(error).toMatchObject({ code: "VAULT_UNAVAILABLE", retryable });
  });

  it("of a store that was away at the first call, nothing at the next", async () => {
    let away = true;
    const flaky = { ...store, get: (key: string) => (away ? Promise.reject(new Error("away")) : store.get(key)) };
    const later = createVault({ store: flaky, keys });
    expect((await failure(later.tokenize(value, scope))).code).toBe("VAULT_UNAVAILABLE");
    away = false;
    expect(await later.tokenize(value, scope)).toMatchObject({ created: true });
  });
});

describe("keys in memory", () => {
  it("are zero after close, and the root stays its owner's", async () => {
    const ring = createKeyRing(keys);
    const { keys: derived } = await ring.current();
    const all = Object.values(derived);
    expect(new Set(all.map((key) => Buffer.from(key).toString("hex"))).size).toBe(7);
    for (const key of all) expect(key.some((byte) => byte !== 0)).toBe(true);
    ring.close();
    for (const key of all) expect(key.every((byte) => byte === 0)).toBe(true);
    expect(root.some((byte) => byte !== 0)).toBe(true);
  });

  it("come in no two blocks of randomness: each call draws its own and leaves none behind", async () => {
    const blocks: Uint8Array[] = [];
    const random: RandomBytes = (size) => {
      const block = new Uint8Array(randomBytes(size));
      blocks.push(block);
      return block;
    };
    const counted = createVault({ store, keys, random });
    await counted.tokenize(value, scope);
    const first = blocks.length;
    await counted.tokenize(value, scope);
    expect(first).toBe(1);
    expect(blocks).toHaveLength(2);
  });
});
