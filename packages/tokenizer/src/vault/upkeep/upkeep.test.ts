import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { canonical, given, issue, keep, open, pan, rejects, rows, scope } from "../fresh-vault.fixture.ts";
import { staticKeys } from "../index.ts";

describe("upkeep", () => {
  it("sweeps expired tokens into tombstones and counts what there is", async () => {
    await given.vault.tokenizeBatch(["11112222", "33334444"], { ...keep, ttl: 10 });
    const live = await issue(pan, { ...keep, subject: "ann" });
    await given.vault.revoke(await issue("55556666"), scope);
    given.time += 10;
    expect((await given.vault.stats()).tokens).toMatchObject({ live: 1, expired: 2, revoked: 1 });
    expect(await given.vault.sweep()).toEqual({ expired: 2, erased: 0, finished: 0, corrupt: 0 });
    expect(await given.vault.sweep()).toEqual({ expired: 0, erased: 0, finished: 0, corrupt: 0 });
    expect(await rows("H#")).toHaveLength(1);
    expect(await given.vault.stats()).toEqual({
      tokens: { live: 1, lost: 0, revoked: 1, expired: 2, erased: 0 },
      liveByFormat: { digits: 1 },
      deterministic: 1,
      subjects: { live: 1, erased: 0 },
      corrupt: 0,
    });
    expect(await given.vault.exists(live, scope)).toBe(true);
  });

  it("counts what this vault did", async () => {
    const token = await issue(pan, keep);
    await issue(pan, keep);
    await given.vault.detokenize(token, scope);
    await rejects(given.vault.detokenize("1", scope), "TOKEN_UNKNOWN");
    await given.vault.revoke(token, scope);
    expect(given.vault.counters()).toEqual({
      created: 1,
      found: 1,
      opened: 1,
      revoked: 1,
      erased: 0,
      refused: { TOKEN_UNKNOWN: 1 },
    });
  });

  it("seals again under a new key version, and tokens stay", async () => {
    const [one, two] = [randomBytes(32), randomBytes(32)];
    given.vault = open({ keys: staticKeys([{ version: "1", key: one }]) });
    const token = await issue(pan, keep);
    const anns = await issue("12345678", { ...keep, subject: "ann", metadata: { a: "b" } });
    const rotated = staticKeys([
      { version: "2", key: two },
      { version: "1", key: one },
    ]);
    given.vault = open({ keys: rotated });
    expect(await given.vault.tokenize(pan, keep)).toMatchObject({ token, created: false, version: "1" });
    expect(await given.vault.tokenize("9999", scope)).toMatchObject({ version: "2" });
    expect(await given.vault.rekey()).toEqual({ tokens: 1, subjects: 1, left: 0, leftRows: [] });
    expect(await given.vault.rekey()).toEqual({ tokens: 0, subjects: 0, left: 0, leftRows: [] });
    expect(await given.vault.tokenize(pan, keep)).toMatchObject({ token, created: false, version: "2" });
    expect(await given.vault.detokenize(token, scope)).toBe(canonical);
    expect(await given.vault.detokenize(anns, scope)).toBe("12345678");
    expect((await given.vault.inspect(anns, scope)).metadata).toEqual({ a: "b" });
  });

  it("seals the others again where rows were planted or edited, and tells of those", async () => {
    const [one, two] = [randomBytes(32), randomBytes(32)];
    given.vault = open({ keys: staticKeys([{ version: "1", key: one }]) });
    const [edited, token] = [await issue("11112222"), await issue(pan)];
    const anns = await issue("12345678", { ...scope, subject: "ann" });
    const item = (await given.store.get(`T#${edited}`))!;
    await given.store.putIfEquals(`T#${edited}`, item.with(5, item[5]! ^ 1), item);
    const [ann] = await rows("S#");
    // Before all others in the order of the store, and after them.
    const relabelled = Uint8Array.from(ann!.item).with(6, 0x39);
    for (const name of ["!", "~"]) {
      await given.store.putIfAbsent(`T#${name}`, item);
      await given.store.putIfAbsent(`S#${name}`, new Uint8Array(0));
      await given.store.putIfAbsent(`S#${name}9`, relabelled);
    }
    given.vault = open({
      keys: staticKeys([
        { version: "2", key: two },
        { version: "1", key: one },
      ]),
    });
    const report = await given.vault.rekey();
    expect(report).toMatchObject({ tokens: 1, subjects: 1, left: 7 });
    const digest = (key: string): string => createHash("sha256").update(key).digest("base64url");
    const named = (key: string, code: string): object => ({
      kind: key.startsWith("T#") ? "token" : "subject",
      digest: digest(key),
      code,
    });
    const corrupt = ["T#!", "T#~", `T#${edited}`, "S#!", "S#~"].map((key) => named(key, "VAULT_CORRUPT"));
    const unknown = ["S#!9", "S#~9"].map((key) => named(key, "VAULT_KEY_UNKNOWN"));
    expect(report.leftRows).toHaveLength(7);
    expect(report.leftRows).toEqual(expect.arrayContaining([...corrupt, ...unknown]));
    expect(await given.vault.detokenize(token, scope)).toBe(canonical);
    expect(await given.vault.detokenize(anns, scope)).toBe("12345678");
  });
});
