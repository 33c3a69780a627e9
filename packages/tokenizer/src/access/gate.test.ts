import { describe, expect, test } from "vitest";
import type { TokenizerAlert, TokenizerOptions } from "../index.ts";
import { card, make } from "../tokenizer.fixture.ts";

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
