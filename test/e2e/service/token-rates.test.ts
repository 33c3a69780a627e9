import type { TokenKeys } from "@fieldseal/tokenizer";
import { describe, expect, it } from "vitest";
import { type Answer, card, claims, context, post, refused, start } from "./token-service.ts";

describe("a principal", () => {
  const batch = (length: number) => ({ items: Array.from({ length }, () => ({ value: card, format: "card" })) });
  const codes = ({ json }: Answer): string[] =>
    json.results.map((one: { error?: { code: string } }) => one.error?.code ?? "made");

  it("has a rate, for both directions together, of its own", async () => {
    let time = Date.parse("2026-11-21T00:00:00Z");
    const started = await start({
      access: { rules: [{ principal: "*", context, fields: { "*": "full" } }] },
      tokenLimits: { burst: 5, perSecond: 1, perDay: 1000, maxBatchItems: 5 },
      now: () => new Date(time),
    });
    expect(codes(await post(started, "tokenize-batch", batch(4)))).toEqual(Array(4).fill("made"));
    const { json } = await post(started, "tokenize", { value: card, format: "card" });
    const limited = await post(started, "detokenize", { ...json, format: "card" });
    expect(limited).toEqual(refused(429, "RATE_LIMITED"));
    expect(limited.headers.get("retry-after")).toBe("1");
    expect(limited.json.retryable).toBe(true);
    expect(codes(await post(started, "tokenize-batch", batch(2)))).toEqual(Array(2).fill("RATE_LIMITED"));
    const other = { payload: { ...claims, role: "other" } };
    expect((await post(started, "tokenize", { value: card, format: "card" }, other)).status).toBe(200);
    time += 1000;
    expect((await post(started, "detokenize", { ...json, format: "card" })).status).toBe(200);
  });

  it("has a budget for the day behind the rate", async () => {
    let time = Date.parse("2026-11-21T00:00:00Z");
    const tokenLimits = { burst: 5, perSecond: 1000, perDay: 10, maxBatchItems: 5 };
    const started = await start({ tokenLimits, now: () => new Date(time) });
    for (let i = 0; i < 2; i++) {
      expect(codes(await post(started, "tokenize-batch", batch(5)))).toEqual(Array(5).fill("made"));
      time += 1000;
    }
    expect(codes(await post(started, "tokenize-batch", batch(1)))).toEqual(["RATE_LIMITED"]);
    time += 86_400_000 / 10;
    expect(codes(await post(started, "tokenize-batch", batch(1)))).toEqual(["made"]);
  });

  it("has no more requests under way than one may", async () => {
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const slow: TokenKeys = {
      current: "1",
      open: async () => {
        asked.resolve();
        await held.promise;
        return { secret: new Uint8Array(32) };
      },
      close: () => {},
    };
    const started = await start({ keys: slow }, { limits: { maxConcurrentPerPrincipal: 1 } });
    const request = { value: card, format: "card" };
    const first = post(started, "tokenize", request);
    // The second is sent when the first has its place, and nothing waits for ever: a service that is held never closes.
    await asked.promise;
    const deadline = setTimeout(held.resolve, 10_000);
    expect(await post(started, "tokenize", request)).toEqual(refused(429, "TOO_MANY_REQUESTS"));
    clearTimeout(deadline);
    held.resolve();
    expect((await first).status).toBe(200);
  });
});
