import { randomBytes } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { readSecretFile, staticTokenKeys } from "./index.ts";
import { fetchedTokenKeys } from "./keys/fetched-keys.ts";
import { createMemoryStore } from "./memory/index.ts";
import { card, make, other, secret, ssn } from "./tokenizer.fixture.ts";
import { digits } from "./vault/digit-format.fixture.ts";
import { createVault, keySource, staticKeys } from "./vault/index.ts";

describe("tokens", () => {
  test("are the same in every process: a fixed key, tenant, field and version give a fixed token", async () => {
    const tokenizer = make();
    const request = { tenant: "t-1", field: "customer" };
    const tokens = await tokenizer.tokenizeBatch(
      [card, ssn, "GB82 WEST 1234 5698 7654 32", "ada.lovelace@example.com"],
      ["card", "ssn", "iban", "mail"].map((format) => ({ ...request, format })),
    );
    // Tokens that are stored must never change: a change here needs a new format or key version.
    expect(tokens).toMatchInlineSnapshot(`
      [
        {
          "token": "0725 0822 9675 1111",
          "version": "1",
        },
        {
          "token": "611-62-8689",
          "version": "1",
        },
        {
          "token": "GB56 LBNY 2366 2333 4657 15",
          "version": "1",
        },
        {
          "token": "pal.ygwgnnef@example.com",
          "version": "1",
        },
      ]
    `);
  });

  test("are independent of separators, which each spelling keeps", async () => {
    const tokenizer = make();
    const tokens = await Promise.all(
      [card, card.replaceAll(" ", "-"), card.replaceAll(" ", "")].map((value) =>
        tokenizer.tokenize(value, { format: "card" }),
      ),
    );
    expect(new Set(tokens.map(({ token }) => token.replace(/[ -]/g, ""))).size).toBe(1);
    expect(tokens.map(({ token }) => token.replace(/[0-9]/g, ""))).toEqual(["   ", "---", ""]);
  });

  test("made in mixed batches equal those made one by one, whatever tenants, formats and orders", async () => {
    for (const isolation of ["tweak", "tenant"] as const) {
      const tokenizer = make({ isolation });
      const requests = Array.from({ length: 60 }, (_, i) => ({
        format: ["card", "ssn", "iban", "mail"][i % 4]!,
        tenant: `t-${i % 7}`,
      }));
      const values = requests.map(({ format }) => {
        return { card, ssn, iban: "DE89370400440532013000", mail: `${randomBytes(4).toString("hex")}@example.com` }[
          format
        ]!;
      });
      const together = await tokenizer.tokenizeBatch(values, requests);
      for (const [i, value] of values.entries()) {
        expect(await tokenizer.tokenize(value, requests[i]!)).toEqual(together[i]);
      }
      expect(
        await tokenizer.detokenizeBatch(
          together.map(({ token }) => token),
          requests,
        ),
      ).toEqual(values);
    }
  });

  test("depend on what is kept: values that differ there alone have unrelated tokens", async () => {
    const greek = "αβγδεζηθικλμ";
    const tokenizer = make({
      formats: {
        text: { type: "alphabet", characters: greek, keepFirst: 20, keepLast: 20 },
        template: {
          type: "template",
          parts: [
            { characters: greek, length: 1, keep: true },
            { alphabet: "digits", length: 8 },
          ],
        },
      },
    });
    const values = Array.from(greek, (letter) => `${greek.slice(0, 10).repeat(2)}αααααα${letter}${"βγδ".repeat(6)}α`);
    const tokens = (await tokenizer.tokenizeBatch(values, { format: "text" })).map(({ token }) => token);
    expect(new Set(tokens.map((token) => token.slice(20, 26))).size).toBe(greek.length);
    // Together and alone, although the kept parts are longer than expected.
    for (const [i, value] of values.entries()) {
      expect((await tokenizer.tokenize(value, { format: "text" })).token).toBe(tokens[i]);
    }
    const made = await tokenizer.tokenizeBatch(
      Array.from(greek, (letter) => `${letter}12345678`),
      { format: "template" },
    );
    expect(new Set(made.map(({ token }) => token.slice(1))).size).toBe(greek.length);
  });

  test("of isolated tenants differ from those of tenants that share a key", async () => {
    const request = { format: "card", tenant: "t-1" };
    const [a, b] = await Promise.all([
      make().tokenize(card, request),
      make({ isolation: "tenant" }).tokenize(card, request),
    ]);
    expect(a.token).not.toBe(b.token);
  });

  test("open under their own version only, and an unknown version is refused, not guessed", async () => {
    const tokenizer = make({ keys: { current: "2", versions: { 1: secret, 2: other } } });
    const old = await tokenizer.tokenize(card, { format: "card", version: "1" });
    const now = await tokenizer.tokenize(card, { format: "card" });
    expect([old.version, now.version]).toEqual(["1", "2"]);
    expect(old.token).not.toBe(now.token);
    expect(await tokenizer.detokenize(old.token, { format: "card", version: "1" })).toBe(card);
    await expect(tokenizer.detokenize(old.token, { format: "card", version: "3" })).rejects.toMatchObject({
      code: "KEY_VERSION_UNKNOWN",
    });
  });

  test("move to the current version in bulk", async () => {
    const tokenizer = make({ keys: { current: "2", versions: { 1: secret, 2: other } } });
    const old = await tokenizer.tokenizeBatch([card, card.replaceAll(" ", "")], { format: "card", version: "1" });
    const moved = await tokenizer.retokenizeBatch(
      old.map(({ token }) => token),
      { format: "card", version: "1" },
    );
    expect(moved).toEqual(await tokenizer.tokenizeBatch([card, card.replaceAll(" ", "")], { format: "card" }));
    expect(moved[0]!.version).toBe("2");
  });

  test("move to the current version one by one, each failing alone", async () => {
    const tokenizer = make({ keys: { current: "2", versions: { 1: secret, 2: other } } });
    const { token } = await tokenizer.tokenize(card, { format: "card", version: "1" });
    const moved = await Promise.allSettled(
      [token, card, token].map((one) => tokenizer.retokenize(one, { format: "card", version: "1" })),
    );
    const now = { status: "fulfilled", value: await tokenizer.tokenize(card, { format: "card" }) };
    expect(moved).toMatchObject([now, { reason: { code: "TOKEN_INVALID" } }, now]);
  });

  test("FF1 formats say that they are not authenticated, and how many tokens they have", () => {
    const described = Object.fromEntries(
      make()
        .describe()
        .map((one) => [one.name, one]),
    );
    expect(described.card).toMatchObject({ space: 10_000_000n, authenticated: false, engine: "ff1" });
    expect(described.ssn).toMatchObject({ space: 898n * 99n * 9999n - 9n });
  });
});

describe("dates", () => {
  const tokenizer = make({ formats: { born: { type: "date", engine: "shift", maxDays: 20 } } });
  const shifted = async (value: string, subject: string): Promise<string> =>
    (await tokenizer.tokenize(value, { format: "born", subject })).token;
  const days = (a: string, b: string): number => (Date.parse(a) - Date.parse(b)) / 86_400_000;

  test("move by their subject's shift, never by none, and keep distances within a subject", async () => {
    const shifts = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const token = await shifted("2024-02-28", `s-${i}`);
      const shift = days(token, "2024-02-28");
      expect(Math.abs(shift)).toBeGreaterThan(0);
      expect(Math.abs(shift)).toBeLessThanOrEqual(20);
      shifts.add(shift);
      expect(days(await shifted("2024-03-01", `s-${i}`), token)).toBe(2);
      expect(await tokenizer.detokenize(token, { format: "born", subject: `s-${i}` })).toBe("2024-02-28");
    }
    expect(shifts.size).toBeGreaterThan(30);
  });

  test("stay within the calendar", async () => {
    expect(await shifted("0099-12-31", "s-1")).toMatch(/^0(?:099|100)-/);
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => shifted("9999-12-31", `s-${i}`)));
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "VALUE_STRUCTURE_INVALID" });
    }
    expect(results.some(({ status }) => status === "rejected")).toBe(true);
  });
});

describe("keys", () => {
  test("that are not 32 bytes, or miss the current version, are refused", () => {
    const refusals: [string, () => unknown][] = [
      ["TOKEN_KEY_INVALID", () => staticTokenKeys({ current: "1", versions: { 1: new Uint8Array(31) } })],
      ["TOKEN_KEY_INVALID", () => staticTokenKeys({ current: "a/b", versions: { "a/b": secret } })],
      ["KEY_VERSION_UNKNOWN", () => staticTokenKeys({ current: "2", versions: { 1: secret } })],
      ["FILE_UNREADABLE", () => readSecretFile("no-such-file")],
      ["TOKEN_KEY_INVALID", () => readSecretFile(import.meta.filename)],
    ];
    for (const [code, act] of refusals) expect(act).toThrow(expect.objectContaining({ code }));
  });

  test("are gone after close", async () => {
    const tokenizer = make();
    await tokenizer.tokenize(card, { format: "card" });
    tokenizer.close();
    const after = [tokenizer.tokenize(card, { format: "card" }), tokenizer.detokenizeBatch([card], { format: "card" })];
    for (const one of after) {
      await expect(one).rejects.toMatchObject({ code: "TOKENIZER_CLOSED", retryable: false });
    }
  });

  test.each(["tweak", "tenant"] as const)(
    "leave no key behind that was derived from them, isolated by %s",
    async (isolation) => {
      const tokenizer = make({ isolation });
      await tokenizer.tokenize(card, { format: "card", tenant: "a" });
      const fill = vi.spyOn(Uint8Array.prototype, "fill");
      tokenizer.close();
      const keys = (fill.mock.contexts as Uint8Array[]).filter((bytes) => bytes.length === 32);
      fill.mockRestore();
      // The secret, and what it derives: FF1, tweaks, date shifts, names in the trail.
      expect(keys).toHaveLength(5);
      for (const key of keys) expect(key).toEqual(new Uint8Array(32));
    },
  );

  test("that are gone before the turn is over leave its calls to be tried again", async () => {
    const tokenizer = make();
    const waiting = tokenizer.tokenize(card, { format: "card" });
    tokenizer.close();
    await expect(waiting).rejects.toMatchObject({ code: "TOKENIZER_CLOSED", retryable: true });
  });

  test("that are fetched make no token once the tokenizer is closed, least of all under zeroes", async () => {
    let release = (): void => {};
    const fetched = fetchedTokenKeys({
      current: "1",
      keys: [{ version: "1" }, { version: "2" }],
      fetch: async ({ version }) => {
        if (version === "2") await new Promise<void>((resolve) => (release = resolve));
        return Uint8Array.from(secret);
      },
    });
    const tokenizer = make({ keys: fetched, isolation: "tenant" });
    await tokenizer.tokenizeBatch([card], { format: "card", tenant: "a" });
    const late = [
      tokenizer.tokenizeBatch([card], { format: "card", tenant: "b" }),
      tokenizer.tokenizeBatch([card], { format: "card", tenant: "a", version: "2" }),
    ];
    tokenizer.close();
    release();
    const closed = { code: "TOKENIZER_CLOSED", retryable: true };
    await Promise.all(late.map((one) => expect(one).rejects.toMatchObject(closed)));
  });

  test("that come after close are zeroed as well", async () => {
    const brought = Uint8Array.from(secret);
    const fetched = fetchedTokenKeys({ current: "1", keys: [{ version: "1" }], fetch: async () => brought });
    const opening = fetched.open("1", { tenant: "", format: "card" });
    fetched.close();
    await expect(opening).rejects.toMatchObject({ code: "TOKENIZER_CLOSED", retryable: true });
    expect(brought).toEqual(new Uint8Array(32));
  });

  test("that come after close seal no vault's row under zeroes", async () => {
    let release: (() => void) | null = null;
    const fetched = fetchedTokenKeys({
      current: "2",
      keys: [{ version: "1" }, { version: "2" }],
      fetch: async ({ version }) => {
        if (version === "2") await new Promise<void>((resolve) => (release = resolve));
        return Uint8Array.from(secret);
      },
    });
    const store = createMemoryStore();
    const scope = { format: digits, tenant: "t-1" };
    await createVault({ store, keys: staticKeys([{ version: "1", key: secret }]) }).tokenize("12345678", scope);
    const vault = createVault({ store, keys: keySource(fetched) });
    const late = vault.tokenize("87654321", scope);
    await vi.waitFor(() => expect(release).not.toBeNull());
    fetched.close();
    release!();
    await expect(late).rejects.toMatchObject({ code: "TOKENIZER_CLOSED" });
    expect((await vault.stats()).tokens.live).toBe(1);
  });
});
