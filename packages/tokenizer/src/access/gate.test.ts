import { createRateLimiter, type Who } from "@fieldseal/core/access";
import { FieldsealError } from "@fieldseal/core/errors";
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
    const denied = [open("none", who), open("full", {}), open("full", who, "t-2")];
    await Promise.all(denied.map((one) => expect(one).rejects.toMatchObject({ code: "ACCESS_DENIED" })));
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
    const moving = [tokenizer.retokenizeBatch([token], request, who), tokenizer.retokenize(token, request, who)];
    await Promise.all(moving.map((one) => expect(one).rejects.toMatchObject({ code: "ACCESS_DENIED" })));
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

  test("callers that meet in one turn pass or fail by themselves, whoever they are", async () => {
    const limiter = createRateLimiter({ burst: 5, perSecond: 1 }, () => 0);
    const broken = new FieldsealError("RATE_STORE_UNAVAILABLE", "no answer", { retryable: true });
    const limits = {
      burst: limiter.burst,
      allow: async (principal: string, cost: number) => {
        if (principal === "unlucky") throw broken;
        if (principal === "unluckier") throw new Error("no answer");
        return limiter.allow(principal, cost);
      },
    };
    const tokenizer = make({ limits });
    const requests = ["a", "a", "unlucky", "unluckier", "b"].map((principal) => ({ principal }));
    const outcomes = await Promise.all(
      requests.map((caller) =>
        Promise.all(Array.from({ length: 3 }, () => tokenizer.tokenize(card, { format: "card" }, caller))).catch(
          ({ code }: FieldsealError) => code,
        ),
      ),
    );
    expect(outcomes.map((one) => (typeof one === "string" ? one : one.length))).toEqual([
      3,
      "RATE_LIMITED",
      "RATE_STORE_UNAVAILABLE",
      "RATE_STORE_UNAVAILABLE",
      3,
    ]);
  });

  test("a caller who is null is nobody, and fails none of those who meet in that turn", async () => {
    const tokenizer = make({ access: rules("full") });
    const nobody = null as unknown as Who;
    const outcomes = await Promise.allSettled([
      tokenizer.tokenize(card, request, who),
      tokenizer.tokenize(card, request, nobody),
    ]);
    expect(outcomes).toMatchObject([{ status: "fulfilled" }, { reason: { code: "ACCESS_DENIED" } }]);
    await expect(tokenizer.tokenizeBatch([card], request, nobody)).rejects.toMatchObject({ code: "ACCESS_DENIED" });
  });

  test.each(["refuses", "fails"])("what a limiter behind %s has not used up the rate before it", async (ending) => {
    let open = false;
    const behind = {
      allow: () => {
        if (!open && ending === "fails") throw new FieldsealError("RATE_STORE_UNAVAILABLE", "no answer");
        return open;
      },
    };
    const tokenizer = make({ limits: [createRateLimiter({ burst: 5, perSecond: 0.001 }, () => 0), behind] });
    const batch = (): Promise<unknown> => tokenizer.tokenizeBatch(Array<string>(5).fill(card), { format: "card" }, who);
    for (let i = 0; i < 3; i++) {
      const code = ending === "fails" ? "RATE_STORE_UNAVAILABLE" : "RATE_LIMITED";
      await expect(batch()).rejects.toMatchObject({ code });
    }
    open = true;
    await batch();
    await expect(batch()).rejects.toMatchObject({ code: "RATE_LIMITED" });
  });

  test("a batch above what a rate ever allows is not worth a repetition", async () => {
    const tokenizer = make({ limits: createRateLimiter({ burst: 5, perSecond: 1 }, () => 0) });
    const batch = (length: number): Promise<unknown> =>
      tokenizer.tokenizeBatch(Array<string>(length).fill(card), { format: "card" }, who);
    await expect(batch(6)).rejects.toMatchObject({
      code: "RATE_LIMITED",
      retryable: false,
      hint: expect.stringMatching(/smaller/) as string,
    });
    await batch(5);
    await expect(batch(5)).rejects.toMatchObject({ code: "RATE_LIMITED", retryable: true });
  });

  test("many rules are gone through once for a batch", async () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({ principal: `role:other-${i}`, fields: { card: "none" } }));
    const tokenizer = make({
      access: { rules: [...many, ...(rules("full") as { rules: object[] }).rules] } as TokenizerOptions["access"] & {},
    });
    const values = Array<string>(20_000).fill(card);
    await tokenizer.tokenizeBatch([card], request, who);
    const begin = performance.now();
    await tokenizer.tokenizeBatch(values, request, who);
    // Once for each value would be a hundred million rules, which take seconds.
    expect(performance.now() - begin).toBeLessThan(1500);
  });
});
