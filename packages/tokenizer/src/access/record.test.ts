import { describe, expect, test } from "vitest";
import type { AuditEvent } from "../index.ts";
import { card, make } from "../tokenizer.fixture.ts";

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
