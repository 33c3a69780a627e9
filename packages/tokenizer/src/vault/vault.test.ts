import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digits, otherDigits } from "./digit-format.fixture.ts";
import { canonical, given, issue, keep, open, pan, rejects, rows, scope } from "./fresh-vault.fixture.ts";
import { createVault, staticKeys, type VaultFormat } from "./index.ts";

describe("a token", () => {
  it("has the format of its value and opens to its canonical spelling", async () => {
    const issued = await given.vault.tokenize(pan, scope);
    expect(issued).toEqual({ token: expect.stringMatching(/^[0-9]{16}$/) as string, version: "1", created: true });
    expect(issued.token).not.toBe(canonical);
    expect(await given.vault.detokenize(issued.token, scope)).toBe(canonical);
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
          const { token } = await given.vault.tokenize(value, { ...at, ...(subject ? { subject } : {}), metadata });
          expect(await given.vault.detokenize(token, at)).toBe(value);
          expect((await given.vault.inspect(token, at)).metadata).toEqual(metadata);
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
    expect(await given.vault.tokenize(canonical, keep)).toMatchObject({ token, created: false });
    expect(await issue(pan, { ...keep, tenant: "shop-8" })).not.toBe(token);
    expect(await issue(pan, { ...keep, format: otherDigits })).not.toBe(token);
  });

  it("is never the value itself", async () => {
    const values = Array.from({ length: 8 }, (_, i) => `${i}`);
    const issued = await given.vault.tokenizeBatch(values, scope);
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
    await given.vault.tokenizeBatch(
      Array.from({ length: 6000 }, (_, i) => `${i}-`),
      { format: three, tenant: "t" },
    );
    expect([...counts.keys()].sort()).toEqual([0, 1, 2]);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(300);
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
      await given.vault.revoke(token, scope);
    }
    let draws = 0;
    const counted: VaultFormat = {
      ...digits,
      draw: (value, below) => `${draws++ % 2}${digits.draw(value[1]!, below)}`,
    };
    const codes = [];
    for (let i = 0; i < 25; i++) {
      const [one] = await given.vault.tokenizeBatch(["42"], { ...scope, format: counted });
      if ("token" in one!) expect(tokens.has(one.token)).toBe(false);
      else codes.push(one!.error.code);
    }
    expect(codes).not.toEqual([]);
    expect(new Set(codes)).toEqual(new Set(["TOKEN_SPACE_EXHAUSTED"]));
    expect(draws).toBeLessThanOrEqual(25 * 64);
  });

  it("is never the value itself: such a draw is drawn again", async () => {
    const drawn = [canonical, canonical, "5500000000000004"];
    const format: VaultFormat = { ...digits, draw: () => drawn.shift()! };
    expect(await given.vault.tokenize(pan, { ...scope, format })).toMatchObject({ token: "5500000000000004" });
    expect(await rows("T#")).toHaveLength(1);
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
    await given.vault.close();
    await given.vault.close();
    await rejects(given.vault.tokenize(pan, scope), "VAULT_CLOSED");
    await rejects(given.vault.importRows([]), "VAULT_CLOSED");
    await rejects(given.vault.exportRows().next(), "VAULT_CLOSED");
  });

  it("refuses a maxDraws that is no bound", () => {
    for (const maxDraws of [0, 1.5, 10_001]) {
      expect(() => createVault({ ...given, maxDraws })).toThrow(
        expect.objectContaining({ code: "VAULT_INPUT_INVALID" }) as Error,
      );
    }
  });
});
