import { describe, expect, it } from "vitest";
import { canonical, given, issue, keep, pan, rejects, rows, scope } from "./fresh-vault.fixture.ts";

describe("a deterministic value", () => {
  it.each([
    ["was revoked", async (token: string) => void (await given.vault.revoke(token, scope))],
    [
      "has expired",
      async () => {
        given.time += 1000;
      },
    ],
    [
      "has expired and been swept",
      async () => {
        given.time += 1000;
        await given.vault.sweep();
      },
    ],
  ])("gets a new token when its token %s, and the old one stays dead", async (_, end) => {
    const old = await issue(pan, { ...keep, ttl: 1000 });
    await end(old);
    const token = await issue(pan, keep);
    expect(token).not.toBe(old);
    expect(await given.vault.lookup(pan, scope)).toBe(token);
    expect(await given.vault.exists(old, scope)).toBe(false);
    given.time -= 5000; // A clock that is behind must not bring it back either.
    expect(await given.vault.exists(old, scope)).toBe(false);
  });

  it("keeps the time to live and the metadata of its first token", async () => {
    const first = await given.vault.tokenize(pan, { ...keep, ttl: 1000, metadata: { source: "a" } });
    expect(await given.vault.tokenize(pan, { ...keep, ttl: 9000, metadata: { source: "b" } })).toEqual({
      ...first,
      created: false,
    });
    expect((await given.vault.inspect(first.token, scope)).metadata).toEqual({ source: "a" });
  });

  it("is found without being made, and nothing is written", async () => {
    expect(await given.vault.lookup(pan, scope)).toBeUndefined();
    expect(await rows("T#")).toEqual([]);
    const token = await issue(pan, keep);
    expect(await given.vault.lookup(canonical, scope)).toBe(token);
    expect(await given.vault.lookup(pan, { ...scope, tenant: "shop-8" })).toBeUndefined();
  });

  it("has one token within a batch, marked as created once", async () => {
    const outcomes = await given.vault.tokenizeBatch([pan, "12345678", canonical, pan], keep);
    expect(outcomes.map((one) => "created" in one && one.created)).toEqual([true, true, false, false]);
    expect(new Set(outcomes.map((one) => "token" in one && one.token)).size).toBe(2);
    expect(await rows("T#")).toHaveLength(2);
  });

  it("of another subject is refused, since erasing one would take it from the other", async () => {
    await issue(pan, { ...keep, subject: "ann" });
    await rejects(given.vault.tokenize(pan, { ...keep, subject: "bob" }), "TOKEN_OTHER_SUBJECT");
    await rejects(given.vault.tokenize(pan, keep), "TOKEN_OTHER_SUBJECT");
    const outcomes = await given.vault.tokenizeBatch(
      [
        { value: "12345678", subject: "ann" },
        { value: "12345678", subject: "bob" },
      ],
      keep,
    );
    expect(outcomes).toMatchObject([{ created: true }, { error: { code: "TOKEN_OTHER_SUBJECT" } }]);
    await given.vault.eraseSubject("ann", scope);
    expect(await given.vault.tokenize(pan, { ...keep, subject: "bob" })).toMatchObject({ created: true });
  });

  it("is given within a batch to those who may have it, whoever was refused before them", async () => {
    const old = await issue(pan, { ...keep, subject: "ann" });
    const [bob, ann] = await given.vault.tokenizeBatch(
      [
        { value: pan, subject: "bob" },
        { value: pan, subject: "ann" },
      ],
      keep,
    );
    expect([bob, ann]).toMatchObject([{ error: { code: "TOKEN_OTHER_SUBJECT" } }, { token: old, created: false }]);
    await given.vault.eraseSubject("cleo", scope);
    const later = await given.vault.tokenizeBatch(
      ["cleo", "dora", "dora"].map((subject) => ({ value: "12345678", subject })),
      keep,
    );
    expect(later).toMatchObject([{ error: { code: "SUBJECT_ERASED" } }, { created: true }, { created: false }]);
  });
});
