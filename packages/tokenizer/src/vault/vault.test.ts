import { randomBytes } from "node:crypto";
import type { ErrorCode } from "@fieldseal/core/errors";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createMemoryStore } from "../memory/index.ts";
import { digits, otherDigits } from "./digit-format.fixture.ts";
import { createVault, type KeySource, staticKeys, type Vault, type VaultFormat, type VaultStore } from "./index.ts";
import { scanPages } from "./scan-rows.ts";

const scope = { format: digits, tenant: "shop-7" };
const keep = { ...scope, deterministic: true };
const pan = "4111 1111 1111 1111";
const canonical = "4111111111111111";

let keys: KeySource;
let store: VaultStore;
let vault: Vault;
let time: number;
const open = (options: { keys?: KeySource; store?: VaultStore } = {}): Vault =>
  createVault({ store, keys, now: () => time, ...options });

beforeEach(() => {
  keys = staticKeys([{ version: "1", key: randomBytes(32) }]);
  store = createMemoryStore();
  time = 1_800_000_000_000;
  vault = open();
});

async function rows(prefix: string): Promise<{ key: string; item: Uint8Array }[]> {
  const all = [];
  for await (const page of scanPages(store, { prefix })) all.push(...page);
  return all;
}
const rejects = (work: Promise<unknown>, code: ErrorCode): Promise<void> =>
  expect(work).rejects.toMatchObject({ name: "FieldsealError", code });
const issue = async (value: string, options: Parameters<Vault["tokenize"]>[1] = scope): Promise<string> =>
  (await vault.tokenize(value, options)).token;

describe("a token", () => {
  it("has the format of its value and opens to its canonical spelling", async () => {
    const issued = await vault.tokenize(pan, scope);
    expect(issued).toEqual({ token: expect.stringMatching(/^[0-9]{16}$/) as string, version: "1", created: true });
    expect(issued.token).not.toBe(canonical);
    expect(await vault.detokenize(issued.token, scope)).toBe(canonical);
  });

  it("opens to its value, for every value, tenant, subject and metadata", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^[0-9]{8,20}$/),
        fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }),
        fc.option(fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }), { nil: undefined }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ maxLength: 20 }), { maxKeys: 4 }),
        async (value, tenant, subject, metadata) => {
          const at = { format: digits, tenant };
          const { token } = await vault.tokenize(value, { ...at, ...(subject ? { subject } : {}), metadata });
          expect(await vault.detokenize(token, at)).toBe(value);
          expect((await vault.inspect(token, at)).metadata).toEqual(metadata);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("is another one each time, unless it is deterministic", async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => issue(pan)));
    expect(new Set(tokens).size).toBe(50);
    const kept = await Promise.all(Array.from({ length: 50 }, () => issue(pan, keep)));
    expect(new Set(kept).size).toBe(1);
    expect(tokens).not.toContain(kept[0]);
  });

  it("of a deterministic value is one for all spellings, and another for each tenant and format", async () => {
    const token = await issue(pan, keep);
    expect(await vault.tokenize(canonical, keep)).toMatchObject({ token, created: false });
    expect(await issue(pan, { ...keep, tenant: "shop-8" })).not.toBe(token);
    expect(await issue(pan, { ...keep, format: otherDigits })).not.toBe(token);
  });

  it("is never the value itself", async () => {
    const values = Array.from({ length: 8 }, (_, i) => `${i}`);
    const issued = await vault.tokenizeBatch(values, scope);
    for (const [i, one] of issued.entries()) expect("token" in one && one.token).not.toBe(values[i]);
  });

  it("is drawn uniformly", async () => {
    const counts = new Map<number, number>();
    const three: VaultFormat = {
      name: "three",
      normalize: (value) => value,
      draw: (value, below) => {
        const n = below(3);
        counts.set(n, (counts.get(n) ?? 0) + 1);
        return value + below(2 ** 40);
      },
    };
    await vault.tokenizeBatch(
      Array.from({ length: 6000 }, (_, i) => `${i}-`),
      { format: three, tenant: "t" },
    );
    expect([...counts.keys()].sort()).toEqual([0, 1, 2]);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(300);
  });
});

describe("a token is refused with a code of its own", () => {
  it("when the vault never handed it out", async () => {
    await rejects(vault.detokenize("0000", scope), "TOKEN_UNKNOWN");
    for (const text of ["", "a\u0000b", "\ud800", "9".repeat(600)]) {
      await rejects(vault.detokenize(text, scope), "TOKEN_UNKNOWN");
    }
  });

  it("when it belongs to another tenant or format, alive or dead", async () => {
    const token = await issue(pan);
    await rejects(vault.detokenize(token, { ...scope, tenant: "shop-8" }), "TOKEN_OTHER_TENANT");
    await rejects(vault.detokenize(token, { ...scope, format: otherDigits }), "TOKEN_OTHER_FORMAT");
    await rejects(vault.revoke(token, { ...scope, tenant: "shop-8" }), "TOKEN_OTHER_TENANT");
    await vault.revoke(token, scope);
    await rejects(vault.detokenize(token, { ...scope, tenant: "shop-8" }), "TOKEN_OTHER_TENANT");
  });

  it("when it has expired, to the millisecond", async () => {
    const issued = await vault.tokenize(pan, { ...scope, ttl: 1000 });
    expect(issued.expiresAt).toBe(time + 1000);
    time += 999;
    expect(await vault.detokenize(issued.token, scope)).toBe(canonical);
    time += 1;
    await rejects(vault.detokenize(issued.token, scope), "TOKEN_EXPIRED");
    expect(await vault.exists(issued.token, scope)).toBe(false);
  });

  it("when it was revoked", async () => {
    const token = await issue(pan, keep);
    expect(await vault.revoke(token, scope)).toBe(true);
    expect(await vault.revoke(token, scope)).toBe(false);
    await rejects(vault.detokenize(token, scope), "TOKEN_REVOKED");
    expect(await vault.lookup(pan, scope)).toBeUndefined();
  });

  it("alone in a batch", async () => {
    const token = await issue(pan);
    const revoked = await issue(pan);
    await vault.revoke(revoked, scope);
    const outcomes = await vault.detokenizeBatch([token, revoked, "00", token], scope);
    expect(outcomes).toMatchObject([
      { value: canonical },
      { error: { code: "TOKEN_REVOKED" } },
      { error: { code: "TOKEN_UNKNOWN" } },
      { value: canonical },
    ]);
  });
});

describe("a deterministic value", () => {
  it.each([
    ["was revoked", async (token: string) => void (await vault.revoke(token, scope))],
    [
      "has expired",
      async () => {
        time += 1000;
      },
    ],
    [
      "has expired and been swept",
      async () => {
        time += 1000;
        await vault.sweep();
      },
    ],
  ])("gets a new token when its token %s, and the old one stays dead", async (_, end) => {
    const old = await issue(pan, { ...keep, ttl: 1000 });
    await end(old);
    const token = await issue(pan, keep);
    expect(token).not.toBe(old);
    expect(await vault.lookup(pan, scope)).toBe(token);
    expect(await vault.exists(old, scope)).toBe(false);
    time -= 5000; // A clock that is behind must not bring it back either.
    expect(await vault.exists(old, scope)).toBe(false);
  });

  it("keeps the time to live and the metadata of its first token", async () => {
    const first = await vault.tokenize(pan, { ...keep, ttl: 1000, metadata: { source: "a" } });
    expect(await vault.tokenize(pan, { ...keep, ttl: 9000, metadata: { source: "b" } })).toEqual({
      ...first,
      created: false,
    });
    expect((await vault.inspect(first.token, scope)).metadata).toEqual({ source: "a" });
  });

  it("is found without being made, and nothing is written", async () => {
    expect(await vault.lookup(pan, scope)).toBeUndefined();
    expect(await rows("T#")).toEqual([]);
    const token = await issue(pan, keep);
    expect(await vault.lookup(canonical, scope)).toBe(token);
    expect(await vault.lookup(pan, { ...scope, tenant: "shop-8" })).toBeUndefined();
  });

  it("has one token within a batch, marked as created once", async () => {
    const outcomes = await vault.tokenizeBatch([pan, "12345678", canonical, pan], keep);
    expect(outcomes.map((one) => "created" in one && one.created)).toEqual([true, true, false, false]);
    expect(new Set(outcomes.map((one) => "token" in one && one.token)).size).toBe(2);
    expect(await rows("T#")).toHaveLength(2);
  });

  it("of another subject is refused, since erasing one would take it from the other", async () => {
    await issue(pan, { ...keep, subject: "ann" });
    await rejects(vault.tokenize(pan, { ...keep, subject: "bob" }), "TOKEN_OTHER_SUBJECT");
    await rejects(vault.tokenize(pan, keep), "TOKEN_OTHER_SUBJECT");
    const outcomes = await vault.tokenizeBatch(
      [
        { value: "12345678", subject: "ann" },
        { value: "12345678", subject: "bob" },
      ],
      keep,
    );
    expect(outcomes).toMatchObject([{ created: true }, { error: { code: "TOKEN_OTHER_SUBJECT" } }]);
    await vault.eraseSubject("ann", scope);
    expect(await vault.tokenize(pan, { ...keep, subject: "bob" })).toMatchObject({ created: true });
  });
});

describe("bad input writes nothing", () => {
  const cases: [string, () => Promise<unknown>, ErrorCode][] = [
    ["a value that its format refuses", () => vault.tokenize("12a4", scope), "FF1_NUMERAL_INVALID"],
    ["a value that is no text", () => vault.tokenize(7 as unknown as string, scope), "VAULT_INPUT_INVALID"],
    ["an ill-formed value", () => vault.tokenize("1\ud800", scope), "VAULT_INPUT_INVALID"],
    ["a long value", () => vault.tokenize("1".repeat(16_385), scope), "VAULT_INPUT_INVALID"],
    ["no tenant", () => vault.tokenize(pan, { ...scope, tenant: "" }), "VAULT_INPUT_INVALID"],
    ["a long tenant", () => vault.tokenize(pan, { ...scope, tenant: "é".repeat(129) }), "VAULT_INPUT_INVALID"],
    ["an ill-formed subject", () => vault.tokenize(pan, { ...scope, subject: "\udc00" }), "VAULT_INPUT_INVALID"],
    ["ttl 0", () => vault.tokenize(pan, { ...scope, ttl: 0 }), "VAULT_INPUT_INVALID"],
    ["ttl 1.5", () => vault.tokenize(pan, { ...scope, ttl: 1.5 }), "VAULT_INPUT_INVALID"],
    ["a metadata key", () => vault.tokenize(pan, { ...scope, metadata: { "A b": "" } }), "VAULT_INPUT_INVALID"],
    [
      "long metadata",
      () => vault.tokenize(pan, { ...scope, metadata: { a: "x".repeat(5000) } }),
      "VAULT_INPUT_INVALID",
    ],
    [
      "a format's name",
      () => vault.tokenize(pan, { ...scope, format: { ...digits, name: "" } }),
      "VAULT_FORMAT_INVALID",
    ],
    [
      "a format that throws without a code",
      () => vault.tokenize(pan, { ...scope, format: { ...digits, normalize: (v) => JSON.parse(`{${v}`) as string } }),
      "VAULT_FORMAT_INVALID",
    ],
    [
      "a drawn control character",
      () => vault.tokenize(pan, { ...scope, format: { ...digits, draw: () => "\u001f" } }),
      "VAULT_FORMAT_INVALID",
    ],
    [
      "a draw from an impossible range",
      () => vault.tokenize(pan, { ...scope, format: { ...digits, draw: (_, below) => `${below(0)}` } }),
      "VAULT_FORMAT_INVALID",
    ],
  ];
  it.each(cases)("%s", async (_, work, code) => {
    await rejects(work(), code);
    expect(await rows("T#")).toEqual([]);
    expect(await rows("H#")).toEqual([]);
    expect(await rows("S#")).toEqual([]);
  });

  it("in a batch only for itself", async () => {
    const outcomes = await vault.tokenizeBatch([pan, "x"], scope);
    expect(outcomes).toMatchObject([{ created: true }, { error: { code: "FF1_NUMERAL_INVALID" } }]);
  });
});

describe("a format with few tokens", () => {
  it("is exhausted after a bounded number of draws, and tombstones keep their tokens", async () => {
    const tokens = new Set<string>();
    // Two digits: 100 tokens, one of which is the value.
    for (let i = 0; i < 60; i++) {
      const token = await issue("42");
      expect(tokens).not.toContain(token);
      tokens.add(token);
      await vault.revoke(token, scope);
    }
    let draws = 0;
    const counted: VaultFormat = {
      ...digits,
      draw: (value, below) => `${draws++ % 2}${digits.draw(value[1]!, below)}`,
    };
    const codes = [];
    for (let i = 0; i < 25; i++) {
      const [one] = await vault.tokenizeBatch(["42"], { ...scope, format: counted });
      if ("token" in one!) expect(tokens.has(one.token)).toBe(false);
      else codes.push(one!.error.code);
    }
    expect(codes).not.toEqual([]);
    expect(new Set(codes)).toEqual(new Set(["TOKEN_SPACE_EXHAUSTED"]));
    expect(draws).toBeLessThanOrEqual(25 * 64);
  });
});

describe("erasing a subject", () => {
  const ann = { ...keep, subject: "ann", metadata: { note: "vip" } };

  it("ends all of its tokens, deletes the values' digests, and keeps tombstones", async () => {
    const tokens = [
      await issue(pan, ann),
      await issue("12345678", ann),
      await issue("12345678", { ...ann, deterministic: false }),
    ];
    const bobs = await issue("87654321", { ...keep, subject: "bob" });
    expect(await vault.eraseSubject("ann", scope)).toBe(3);
    for (const token of tokens) {
      await rejects(vault.detokenize(token, scope), "SUBJECT_ERASED");
      expect(await vault.exists(token, scope)).toBe(false);
      expect(await vault.inspect(token, scope)).toMatchObject({ state: "erased", metadata: undefined });
    }
    expect(await vault.lookup(pan, scope)).toBeUndefined();
    expect(await rows("H#")).toHaveLength(1);
    expect(await rows("U#")).toHaveLength(1);
    expect(await rows("T#")).toHaveLength(4);
    expect(await vault.detokenize(bobs, scope)).toBe("87654321");
    expect(await vault.eraseSubject("ann", scope)).toBe(0);
  });

  it("closes its name for good, also one that was never seen, and only in its tenant", async () => {
    await vault.eraseSubject("ann", scope);
    await rejects(vault.tokenize(pan, ann), "SUBJECT_ERASED");
    expect(await vault.tokenize(pan, { ...ann, tenant: "shop-8" })).toMatchObject({ created: true });
  });

  it("destroys the key: a copy of the rows from before opens no more beside it", async () => {
    const token = await issue(pan, ann);
    const [copy] = await rows("T#");
    await vault.eraseSubject("ann", scope);
    const [tombstone] = await rows("T#");
    await store.putIfEquals(copy!.key, copy!.item, tombstone!.item);
    await rejects(vault.detokenize(token, scope), "SUBJECT_ERASED");
    expect(await vault.exists(token, scope)).toBe(false);
    expect(await vault.inspect(token, scope)).toMatchObject({ state: "erased" });
    expect(await vault.sweep()).toMatchObject({ erased: 1 });
  });
});

describe("upkeep", () => {
  it("sweeps expired tokens into tombstones and counts what there is", async () => {
    await vault.tokenizeBatch(["11112222", "33334444"], { ...keep, ttl: 10 });
    const live = await issue(pan, { ...keep, subject: "ann" });
    await vault.revoke(await issue("55556666"), scope);
    time += 10;
    expect((await vault.stats()).tokens).toMatchObject({ live: 1, expired: 2, revoked: 1 });
    expect(await vault.sweep()).toEqual({ expired: 2, erased: 0, finished: 0, corrupt: 0 });
    expect(await vault.sweep()).toEqual({ expired: 0, erased: 0, finished: 0, corrupt: 0 });
    expect(await rows("H#")).toHaveLength(1);
    expect(await vault.stats()).toEqual({
      tokens: { live: 1, lost: 0, revoked: 1, expired: 2, erased: 0 },
      liveByFormat: { digits: 1 },
      deterministic: 1,
      subjects: { live: 1, erased: 0 },
      corrupt: 0,
    });
    expect(await vault.exists(live, scope)).toBe(true);
  });

  it("counts what this vault did", async () => {
    const token = await issue(pan, keep);
    await issue(pan, keep);
    await vault.detokenize(token, scope);
    await rejects(vault.detokenize("1", scope), "TOKEN_UNKNOWN");
    await vault.revoke(token, scope);
    expect(vault.counters()).toEqual({
      created: 1,
      found: 1,
      opened: 1,
      revoked: 1,
      erased: 0,
      refused: { TOKEN_UNKNOWN: 1 },
    });
  });

  it("seals again under a new key version, and tokens stay", async () => {
    const [one, two] = [randomBytes(32), randomBytes(32)];
    store = createMemoryStore();
    vault = open({ keys: staticKeys([{ version: "1", key: one }]) });
    const token = await issue(pan, keep);
    const anns = await issue("12345678", { ...keep, subject: "ann", metadata: { a: "b" } });
    const rotated = staticKeys([
      { version: "2", key: two },
      { version: "1", key: one },
    ]);
    vault = open({ keys: rotated });
    expect(await vault.tokenize(pan, keep)).toMatchObject({ token, created: false, version: "1" });
    expect(await vault.tokenize("9999", scope)).toMatchObject({ version: "2" });
    expect(await vault.rekey()).toEqual({ tokens: 1, subjects: 1 });
    expect(await vault.rekey()).toEqual({ tokens: 0, subjects: 0 });
    expect(await vault.tokenize(pan, keep)).toMatchObject({ token, created: false, version: "2" });
    expect(await vault.detokenize(token, scope)).toBe(canonical);
    expect(await vault.detokenize(anns, scope)).toBe("12345678");
    expect((await vault.inspect(anns, scope)).metadata).toEqual({ a: "b" });
  });
});

describe("keys", () => {
  it("of another root are refused, so that no value gets a second token", async () => {
    await issue(pan, keep);
    const other = open({ keys: staticKeys([{ version: "1", key: randomBytes(32) }]) });
    await rejects(other.tokenize(pan, keep), "VAULT_KEY_MISMATCH");
    const unknown = open({ keys: staticKeys([{ version: "2", key: randomBytes(32) }]) });
    await rejects(unknown.tokenize(pan, keep), "VAULT_KEY_UNKNOWN");
  });

  it("are 32 bytes, of a version with a proper name, each once", () => {
    const key = randomBytes(32);
    const bad = [
      [],
      [{ version: "1", key: randomBytes(16) }],
      [{ version: "", key }],
      [
        { version: "1", key },
        { version: "1", key },
      ],
    ];
    for (const list of bad) {
      expect(() => staticKeys(list)).toThrow(expect.objectContaining({ code: "VAULT_KEY_INVALID" }) as Error);
    }
  });
});

describe("the vault", () => {
  it("refuses work after close", async () => {
    await vault.close();
    await vault.close();
    await rejects(vault.tokenize(pan, scope), "VAULT_CLOSED");
    await rejects(vault.importRows([]), "VAULT_CLOSED");
    await rejects(vault.exportRows().next(), "VAULT_CLOSED");
  });

  it("refuses a maxDraws that is no bound", () => {
    for (const maxDraws of [0, 1.5, 10_001]) {
      expect(() => createVault({ store, keys, maxDraws })).toThrow(
        expect.objectContaining({ code: "VAULT_INPUT_INVALID" }) as Error,
      );
    }
  });
});
