import { randomInt } from "node:crypto";
import { FieldsealError } from "@fieldseal/core/errors";
import { describe, expect, test } from "vitest";
import type { TokenVault } from "./index.ts";
import { card, make } from "./tokenizer.fixture.ts";

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

  test("is asked for several tenants at a time, and for no more than eight", async () => {
    const vault = mapVault();
    let now = 0;
    let most = 0;
    const slow: TokenVault = {
      ...vault,
      tokenizeBatch: async (items, options) => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 5));
        now--;
        return vault.tokenizeBatch(items, options);
      },
    };
    const tokenizer = make({ vault: slow, formats: { card: { type: "pan", engine: "vault" } } });
    const requests = Array.from({ length: 50 }, (_, i) => ({ format: "card", tenant: `t-${i % 25}` }));
    const made = await tokenizer.tokenizeBatch(Array<string>(50).fill(card), requests);
    expect(most).toBe(8);
    expect(made.slice(0, 25)).toEqual(made.slice(25));
    expect(
      await tokenizer.detokenizeBatch(
        made.map(({ token }) => token),
        requests,
      ),
    ).toEqual(Array(50).fill(card));
  });

  test("takes phone numbers of four national digits, and describes as many tokens as those have", async () => {
    const tokenizer = make({ vault: mapVault(), formats: { phone: { type: "phone", engine: "vault" } } });
    expect(tokenizer.describe()).toMatchObject([{ space: 1000n }]);
    const { token } = await tokenizer.tokenize("+49 0123", { format: "phone" });
    expect(token).toMatch(/^\+49 0[0-9]{3}$/);
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
