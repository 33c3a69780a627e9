import { randomBytes, randomInt } from "node:crypto";
import { FieldsealError } from "@fieldseal/core/errors";
import { luhnCheckDigit } from "@fieldseal/core/identifiers";
import { describe, expect, test } from "vitest";
import type { AuditEvent, TokenizerAlert, TokenizerOptions, TokenVault } from "./index.ts";
import { createTokenizer, readSecretFile, staticTokenKeys } from "./index.ts";

const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
const other = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
const keys = { current: "1", versions: { 1: secret } };
const formats = {
  card: { type: "pan", keepLast: 4 },
  ssn: { type: "us-ssn" },
  iban: { type: "iban" },
  mail: { type: "email" },
} as const;
const card = "4111 1111 1111 1111";
const ssn = "536-90-4399";

const make = (options: Partial<TokenizerOptions> = {}): ReturnType<typeof createTokenizer> =>
  createTokenizer({ keys, formats, ...options });

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

describe("calls of one turn", () => {
  test("fail alone", async () => {
    const tokenizer = make();
    const results = await Promise.allSettled(
      [card, "4111111111111112", card].map((value) => tokenizer.tokenize(value, { format: "card" })),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const wrong = [undefined, { format: 7 }, { format: "card", subject: "\ud800" }] as unknown as { format: string }[];
    const mixed = await Promise.allSettled([...wrong, { format: "card" }].map((one) => tokenizer.tokenize(card, one)));
    expect(mixed).toMatchObject([
      { reason: { code: "FORMAT_UNKNOWN" } },
      { reason: { code: "FORMAT_UNKNOWN" } },
      { reason: { code: "CONTEXT_INVALID" } },
      { status: "fulfilled" },
    ]);
    await expect(tokenizer.tokenize(card, { format: "none" })).rejects.toMatchObject({ code: "FORMAT_UNKNOWN" });
    await expect(tokenizer.tokenize(card, { format: "card", tenant: "a\nb" })).rejects.toMatchObject({
      code: "CONTEXT_INVALID",
    });
  });

  test("a batch fails whole, and names the value by its index", async () => {
    await expect(make().tokenizeBatch([card, "4111111111111112"], { format: "card" })).rejects.toMatchObject({
      code: "VALUE_CHECKSUM_INVALID",
      pointer: "/1",
    });
  });
});

describe("access", () => {
  const rules = (grant: "full" | "none" | { mask: number }): NonNullable<TokenizerOptions["access"]> => ({
    rules: [{ principal: "role:support", context: { tenant: { claim: "tenant" } }, fields: { card: grant } }],
  });
  const who = { principal: "role:support", claims: { tenant: "t-1" } };
  const request = { format: "card", tenant: "t-1" };

  test("shows as much as the rules say, to whom they name, in the tenant that they bind", async () => {
    const { token } = await make().tokenize(card, request);
    const open = (grant: Parameters<typeof rules>[0], caller: object, tenant = "t-1"): Promise<string> =>
      make({ access: rules(grant) }).detokenize(token, { ...request, tenant }, caller);
    expect(await open("full", who)).toBe(card);
    expect(await open({ mask: 4 }, who)).toBe("****1111");
    for (const denied of [open("none", who), open("full", {}), open("full", who, "t-2")]) {
      await expect(denied).rejects.toMatchObject({ code: "ACCESS_DENIED" });
    }
  });

  test("tokenizing needs the whole field: a mask lets nobody search values by trying", async () => {
    expect((await make({ access: rules("full") }).tokenize(card, request, who)).version).toBe("1");
    for (const grant of ["none", { mask: 4 }] as const) {
      await expect(make({ access: rules(grant) }).tokenize(card, request, who)).rejects.toMatchObject({
        code: "ACCESS_DENIED",
      });
    }
  });

  test("whoever sees a mask cannot move tokens to another version", async () => {
    const access = { tokenize: rules("full"), detokenize: rules({ mask: 4 }) } as NonNullable<
      TokenizerOptions["access"]
    >;
    const tokenizer = make({ access });
    const { token } = await tokenizer.tokenize(card, request, who);
    expect(await tokenizer.detokenize(token, request, who)).toBe("****1111");
    await expect(tokenizer.retokenizeBatch([token], request, who)).rejects.toMatchObject({ code: "ACCESS_DENIED" });
  });

  test("writers need not be readers", async () => {
    const tokenizer = make({
      access: { tokenize: rules("full") as { rules: [] }, detokenize: rules("none") as { rules: [] } },
    });
    const { token } = await tokenizer.tokenize(card, request, who);
    await expect(tokenizer.detokenize(token, request, who)).rejects.toMatchObject({ code: "ACCESS_DENIED" });
  });

  test("limits count values of both operations, and every refusal is told", async () => {
    const alerts: TokenizerAlert[] = [];
    let left = 5;
    const limits = {
      allow: (principal: string, cost: number) => {
        expect(principal).toBe("role:support");
        if (cost > left) return false;
        left -= cost;
        return true;
      },
    };
    const tokenizer = make({ limits, onAlert: (alert) => alerts.push(alert) });
    const [first] = await tokenizer.tokenizeBatch([card, card, card], request, who);
    await tokenizer.detokenize(first!.token, request, who);
    await expect(tokenizer.detokenizeBatch([first!.token, first!.token], request, who)).rejects.toMatchObject({
      code: "RATE_LIMITED",
      retryable: true,
    });
    expect(alerts).toEqual([
      { operation: "detokenize", code: "RATE_LIMITED", principal: "role:support", field: "card", count: 2 },
    ]);
  });
});

describe("audit", () => {
  test("has an event for each value before anything is returned, without value or token", async () => {
    const events: AuditEvent[] = [];
    const audit = { accept: (some: readonly object[]) => void events.push(...(some as AuditEvent[])) };
    const tokenizer = make({ audit, now: () => new Date(0) });
    const who = { principal: "role:shop", purpose: "order" };
    const { token } = await tokenizer.tokenize(card, { format: "card", field: "order-card" }, who);
    await tokenizer.detokenize(token, { format: "card", field: "order-card" }, who);
    await tokenizer.tokenize("4111111111111112", { format: "card" }, who).catch(() => {});
    expect(events).toMatchObject([
      {
        action: "tokenize",
        outcome: "opened",
        field: "order-card",
        kid: "card/1",
        ...who,
        time: "1970-01-01T00:00:00.000Z",
      },
      { action: "detokenize", outcome: "opened", field: "order-card", kid: "card/1" },
      { action: "tokenize", outcome: "failed", field: "card", code: "VALUE_CHECKSUM_INVALID" },
    ]);
    expect(events[0]!.envelope).toBe(events[1]!.envelope);
    const written = JSON.stringify(events);
    for (const text of [card, token, "4111111111111112"]) expect(written).not.toContain(text);
  });

  test("a sink that does not accept keeps everything back", async () => {
    const tokenizer = make({ audit: { accept: () => Promise.reject(new Error("full")) } });
    await expect(tokenizer.tokenize(card, { format: "card" })).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
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

describe("a vault", () => {
  /** Keeps tokens in two maps, as far as the tokenizer needs it. */
  function mapVault(): TokenVault & { readonly values: Map<string, string> } {
    const values = new Map<string, string>();
    const tokens = new Map<string, string>();
    return {
      values,
      tokenizeBatch: async (items, { format, tenant }) =>
        items.map(({ value }) => {
          const normal = format.normalize(value);
          const known = tokens.get(tenant + normal);
          if (known !== undefined) return { token: known };
          const token = format.draw(normal, (n) => randomInt(n));
          tokens.set(tenant + normal, token);
          values.set(tenant + token, normal);
          return { token };
        }),
      detokenizeBatch: async (some, { tenant }) =>
        some.map((token) => {
          const value = values.get(tenant + token);
          return value === undefined ? { error: new FieldsealError("TOKEN_INVALID", "unknown") } : { value };
        }),
    };
  }

  test("serves vault formats, whose spellings share a token and keep their separators", async () => {
    const vault = mapVault();
    const tokenizer = make({ vault, formats: { card: { type: "pan", engine: "vault", keepFirst: 6, keepLast: 4 } } });
    const spaced = await tokenizer.tokenize(card, { format: "card", tenant: "t" });
    const bare = await tokenizer.tokenize(card.replaceAll(" ", ""), { format: "card", tenant: "t" });
    expect(spaced.version).toBe("vault");
    expect(spaced.token).toMatch(/^4111 11[0-9]{2} [0-9]{4} 1111$/);
    expect(spaced.token.replaceAll(" ", "")).toBe(bare.token);
    expect(await tokenizer.detokenize(spaced.token, { format: "card", tenant: "t", version: "vault" })).toBe(card);
    const mixed = await tokenizer.tokenizeBatch(
      [card, card, card],
      [{ tenant: "t" }, { tenant: "u" }, {}].map((one) => ({ format: "card", ...one })),
    );
    expect(mixed[0]).toEqual(spaced);
    expect(Array.from(vault.values.keys(), (name) => name[0])).toEqual(["t", "u", "\u0000"]);
    await expect(tokenizer.detokenize(spaced.token, { format: "card", tenant: "v" })).rejects.toMatchObject({
      code: "TOKEN_INVALID",
    });
  });

  test("takes what is too short for FF1 where the format says so, both ways", async () => {
    const vault = mapVault();
    const tokenizer = make({ vault, formats: { pin: { type: "digits", onShort: "vault" } } });
    const made = await tokenizer.tokenizeBatch(["123", "123456"], { format: "pin" });
    expect(made.map(({ version }) => version)).toEqual(["vault", "1"]);
    expect(vault.values.size).toBe(1);
    expect(
      await tokenizer.detokenizeBatch(
        made.map(({ token }) => token),
        { format: "pin" },
      ),
    ).toEqual(["123", "123456"]);
  });

  test("is written nothing when one value of a batch is bad", async () => {
    const vault = mapVault();
    const tokenizer = make({ vault, formats: { card: { type: "pan", engine: "vault" } } });
    await expect(tokenizer.tokenizeBatch([card, "4111111111111112"], { format: "card" })).rejects.toMatchObject({
      code: "VALUE_CHECKSUM_INVALID",
    });
    expect(vault.values.size).toBe(0);
  });

  test("that fails does not fail the FF1 calls of the same turn", async () => {
    const down = async (): Promise<never> => {
      throw new FieldsealError("KMS_UNAVAILABLE", "down", { retryable: true });
    };
    const vault = { tokenizeBatch: down, detokenizeBatch: down };
    const tokenizer = make({ vault, formats: { pin: { type: "digits", onShort: "vault" } } });
    const results = await Promise.allSettled(
      ["123", "123456"].map((value) => tokenizer.tokenize(value, { format: "pin" })),
    );
    expect(results).toMatchObject([{ reason: { code: "KMS_UNAVAILABLE" } }, { value: { version: "1" } }]);
  });

  test("is asked for at load", () => {
    expect(() => make({ formats: { card: { type: "pan", engine: "vault" } } })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", pointer: "/card" }),
    );
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
    await expect(tokenizer.tokenize(card, { format: "card" })).rejects.toMatchObject({ code: "TOKENIZER_CLOSED" });
  });
});

test("64 concurrent calls cost less than 64 batches of one", async () => {
  const tokenizer = make();
  const values = Array.from({ length: 64 }, () => {
    const payload = String(randomInt(4e14, 5e14));
    return payload + luhnCheckDigit(payload);
  });
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const contenders = [
    () => Promise.all(values.map((value) => tokenizer.tokenize(value, { format: "card" }))),
    async () => {
      for (const value of values) await tokenizer.tokenizeBatch([value], { format: "card" });
    },
  ];
  for (let round = 0; round < 40; round++) {
    for (const [i, act] of contenders.entries()) {
      const begin = process.hrtime.bigint();
      await act();
      best[i] = Math.min(best[i]!, Number(process.hrtime.bigint() - begin));
    }
  }
  expect(best[1]! / best[0]!).toBeGreaterThan(2);
});
