import { randomInt } from "node:crypto";
import { luhnCheckDigit } from "@fieldseal/core/identifiers";
import { describe, expect, test } from "vitest";
import { card, make } from "./tokenizer.fixture.ts";

describe("calls of one turn", () => {
  test("fail alone", async () => {
    const tokenizer = make();
    const results = await Promise.allSettled(
      [card, "4111111111111112", card].map((value) => tokenizer.tokenize(value, { format: "card" })),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const odd = { toString: 1 };
    const wrong = [
      undefined,
      { format: 7 },
      { format: "card", subject: "\ud800" },
      { format: odd },
      { format: "card", tenant: odd },
      { format: "card", field: odd, version: Symbol("x") },
    ] as unknown as { format: string }[];
    const mixed = await Promise.allSettled([...wrong, { format: "card" }].map((one) => tokenizer.tokenize(card, one)));
    expect(mixed).toMatchObject([
      { reason: { code: "FORMAT_UNKNOWN" } },
      { reason: { code: "FORMAT_UNKNOWN" } },
      { reason: { code: "CONTEXT_INVALID" } },
      { reason: { code: "FORMAT_UNKNOWN" } },
      { reason: { code: "CONTEXT_INVALID" } },
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
