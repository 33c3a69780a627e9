import { randomBytes } from "node:crypto";
import type { ErrorCode } from "@fieldseal/core/errors";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../memory/index.ts";
import { digits, otherDigits } from "./digit-format.fixture.ts";
import { canonical, given, issue, keep, open, pan, rejects, rows, scope } from "./fresh-vault.fixture.ts";
import { createVault, staticKeys } from "./index.ts";

describe("a token is refused with a code of its own", () => {
  it("when the vault never handed it out", async () => {
    await rejects(given.vault.detokenize("0000", scope), "TOKEN_UNKNOWN");
    for (const text of ["", "a\u0000b", "\ud800", "9".repeat(600)]) {
      await rejects(given.vault.detokenize(text, scope), "TOKEN_UNKNOWN");
    }
  });

  it("when it belongs to another tenant or format, alive or dead", async () => {
    const token = await issue(pan);
    await rejects(given.vault.detokenize(token, { ...scope, tenant: "shop-8" }), "TOKEN_OTHER_TENANT");
    await rejects(given.vault.detokenize(token, { ...scope, format: otherDigits }), "TOKEN_OTHER_FORMAT");
    await rejects(given.vault.revoke(token, { ...scope, tenant: "shop-8" }), "TOKEN_OTHER_TENANT");
    await given.vault.revoke(token, scope);
    await rejects(given.vault.detokenize(token, { ...scope, tenant: "shop-8" }), "TOKEN_OTHER_TENANT");
  });

  it("when it has expired, to the millisecond", async () => {
    const issued = await given.vault.tokenize(pan, { ...scope, ttl: 1000 });
    expect(issued.expiresAt).toBe(given.time + 1000);
    given.time += 999;
    expect(await given.vault.detokenize(issued.token, scope)).toBe(canonical);
    given.time += 1;
    await rejects(given.vault.detokenize(issued.token, scope), "TOKEN_EXPIRED");
    expect(await given.vault.exists(issued.token, scope)).toBe(false);
  });

  it("when it was revoked", async () => {
    const token = await issue(pan, keep);
    expect(await given.vault.revoke(token, scope)).toBe(true);
    expect(await given.vault.revoke(token, scope)).toBe(false);
    await rejects(given.vault.detokenize(token, scope), "TOKEN_REVOKED");
    expect(await given.vault.lookup(pan, scope)).toBeUndefined();
  });

  it("alone in a batch", async () => {
    const token = await issue(pan);
    const revoked = await issue(pan);
    await given.vault.revoke(revoked, scope);
    const outcomes = await given.vault.detokenizeBatch([token, revoked, "00", token], scope);
    expect(outcomes).toMatchObject([
      { value: canonical },
      { error: { code: "TOKEN_REVOKED" } },
      { error: { code: "TOKEN_UNKNOWN" } },
      { value: canonical },
    ]);
  });
});

describe("a batch goes on without", () => {
  it("a value whose token would be too long", async () => {
    const outcomes = await given.vault.tokenizeBatch(["9".repeat(513), pan, "9".repeat(512)], scope);
    expect(outcomes).toMatchObject([{ error: { code: "VALUE_TOO_LONG" } }, { created: true }, { created: true }]);
  });

  it("the tokens of a subject whose row somebody planted", async () => {
    const token = await issue(pan);
    const anns = await issue(pan, { ...scope, subject: "ann" });
    const [{ key, item }] = (await rows("S#")) as [{ key: string; item: Uint8Array }];
    for (const planted of [
      Uint8Array.of(7),
      Uint8Array.from(item, (byte, i) => (i === item.length - 1 ? ~byte : byte)),
    ]) {
      const there = (await given.store.get(key))!;
      await given.store.putIfEquals(key, planted, there);
      expect(await given.vault.detokenizeBatch([anns, token], scope)).toMatchObject([
        { error: { code: "VAULT_CORRUPT" } },
        { value: canonical },
      ]);
      const items = [
        { value: pan, subject: "ann" },
        { value: pan, subject: "bob" },
      ];
      expect(await given.vault.tokenizeBatch(items, scope)).toMatchObject([
        { error: { code: "VAULT_CORRUPT" } },
        { created: true },
      ]);
    }
  });

  it("the tokens of a key version that the source has no more", async () => {
    const [first, second] = ["1", "2"].map((version) => ({ version, key: randomBytes(32) }));
    given.vault = open({ keys: staticKeys([first!]) });
    await given.vault.lookup(pan, scope);
    given.vault = open({ keys: staticKeys([second!, first!]) });
    const old = await issue(pan);
    const third = { version: "3", key: randomBytes(32) };
    given.vault = open({ keys: staticKeys([third, first!]) });
    expect(await given.vault.detokenizeBatch([old, await issue(pan)], scope)).toMatchObject([
      { error: { code: "VAULT_KEY_UNKNOWN" } },
      { value: canonical },
    ]);
  });
});

describe("bad input writes nothing", () => {
  const cases: [string, () => Promise<unknown>, ErrorCode][] = [
    ["a value that its format refuses", () => given.vault.tokenize("12a4", scope), "FF1_NUMERAL_INVALID"],
    ["a value that is no text", () => given.vault.tokenize(7 as unknown as string, scope), "VAULT_INPUT_INVALID"],
    ["an ill-formed value", () => given.vault.tokenize("1\ud800", scope), "VAULT_INPUT_INVALID"],
    ["a long value", () => given.vault.tokenize("1".repeat(16_385), scope), "VAULT_INPUT_INVALID"],
    ["no tenant", () => given.vault.tokenize(pan, { ...scope, tenant: "" }), "VAULT_INPUT_INVALID"],
    ["a long tenant", () => given.vault.tokenize(pan, { ...scope, tenant: "é".repeat(129) }), "VAULT_INPUT_INVALID"],
    ["an ill-formed subject", () => given.vault.tokenize(pan, { ...scope, subject: "\udc00" }), "VAULT_INPUT_INVALID"],
    ["ttl 0", () => given.vault.tokenize(pan, { ...scope, ttl: 0 }), "VAULT_INPUT_INVALID"],
    ["ttl 1.5", () => given.vault.tokenize(pan, { ...scope, ttl: 1.5 }), "VAULT_INPUT_INVALID"],
    ["a metadata key", () => given.vault.tokenize(pan, { ...scope, metadata: { "A b": "" } }), "VAULT_INPUT_INVALID"],
    [
      "long metadata",
      () => given.vault.tokenize(pan, { ...scope, metadata: { a: "x".repeat(5000) } }),
      "VAULT_INPUT_INVALID",
    ],
    [
      "a format's name",
      () => given.vault.tokenize(pan, { ...scope, format: { ...digits, name: "" } }),
      "VAULT_FORMAT_INVALID",
    ],
    [
      "a format that throws without a code",
      () =>
        given.vault.tokenize(pan, { ...scope, format: { ...digits, normalize: (v) => JSON.parse(`{${v}`) as string } }),
      "VAULT_FORMAT_INVALID",
    ],
    [
      "a drawn control character",
      () => given.vault.tokenize(pan, { ...scope, format: { ...digits, draw: () => "\u001f" } }),
      "VAULT_FORMAT_INVALID",
    ],
    [
      "a draw from an impossible range",
      () => given.vault.tokenize(pan, { ...scope, format: { ...digits, draw: (_, below) => `${below(0)}` } }),
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
    const outcomes = await given.vault.tokenizeBatch([pan, "x"], scope);
    expect(outcomes).toMatchObject([{ created: true }, { error: { code: "FF1_NUMERAL_INVALID" } }]);
  });
});

describe("a clock", () => {
  const sealing = (now: () => number): Promise<unknown> =>
    createVault({ store: createMemoryStore(), keys: given.keys, now }).tokenize(pan, { ...keep, ttl: 1000 });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300])("that says %d is refused, before a row has it", (time) =>
    rejects(
      sealing(() => time),
      "VAULT_INPUT_INVALID",
    ),
  );

  it("may count parts of milliseconds", async () => {
    expect(await sealing(() => 1000.75)).toMatchObject({ expiresAt: 2000 });
  });

  it("that is none opens no token, which may have expired", async () => {
    const { token } = await given.vault.tokenize(pan, { ...keep, ttl: 1000 });
    const vault = createVault({ store: given.store, keys: given.keys, now: () => Number.NaN });
    await rejects(vault.detokenize(token, scope), "VAULT_INPUT_INVALID");
  });
});
