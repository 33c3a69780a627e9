import { describe, expect, it } from "vitest";
import { digits } from "../digit-format.fixture.ts";
import { given, issue, keep, pan, rejects, rows, scope } from "../fresh-vault.fixture.ts";

describe("erasing a subject", () => {
  const ann = { ...keep, subject: "ann", metadata: { note: "vip" } };

  it("ends all of its tokens, deletes the values' digests, and keeps tombstones", async () => {
    const tokens = [
      await issue(pan, ann),
      await issue("12345678", ann),
      await issue("12345678", { ...ann, deterministic: false }),
    ];
    const bobs = await issue("87654321", { ...keep, subject: "bob" });
    expect(await given.vault.eraseSubject("ann", scope)).toBe(3);
    for (const token of tokens) {
      await rejects(given.vault.detokenize(token, scope), "SUBJECT_ERASED");
      expect(await given.vault.exists(token, scope)).toBe(false);
      expect(await given.vault.inspect(token, scope)).toMatchObject({ state: "erased", metadata: undefined });
    }
    expect(await given.vault.lookup(pan, scope)).toBeUndefined();
    expect(await rows("H#")).toHaveLength(1);
    expect(await rows("U#")).toHaveLength(1);
    expect(await rows("T#")).toHaveLength(4);
    expect(await given.vault.detokenize(bobs, scope)).toBe("87654321");
    expect(await given.vault.eraseSubject("ann", scope)).toBe(0);
  });

  it("leaves a token alone that was another's already when it was drawn for the subject", async () => {
    const draws = ["91", "92", "91", "92", "93"];
    const drawn = { ...scope, format: { ...digits, draw: () => draws.shift()! } };
    const bobs = await issue("11", { ...drawn, subject: "bob" });
    const nobodys = await issue("12", drawn);
    const anns = await issue("13", { ...drawn, subject: "ann" });
    expect(await given.vault.eraseSubject("ann", scope)).toBe(1);
    await rejects(given.vault.detokenize(anns, drawn), "SUBJECT_ERASED");
    expect(await given.vault.detokenize(bobs, drawn)).toBe("11");
    expect(await given.vault.detokenize(nobodys, drawn)).toBe("12");
    expect(await rows("U#")).toHaveLength(1);
  });

  it("ends the other tokens and purges the store where a row was spoiled, and tells of it each time", async () => {
    const tokens = [await issue(pan, ann), await issue("12345678", ann), await issue("87654321", ann)];
    for (const token of tokens.toSorted().slice(0, 1)) {
      const item = (await given.store.get(`T#${token}`))!;
      await given.store.putIfEquals(`T#${token}`, item.with(9, item[9]! ^ 1), item);
    }
    let purged = 0;
    given.store.purge = async () => void purged++;
    for (let i = 0; i < 2; i++) await rejects(given.vault.eraseSubject("ann", scope), "VAULT_CORRUPT");
    expect(purged).toBe(2);
    expect((await given.vault.stats()).tokens).toMatchObject({ live: 0, erased: 2 });
    expect([await rows("U#"), await rows("H#")]).toMatchObject([{ length: 1 }, { length: 1 }]);
  });

  it("closes its name for good, also one that was never seen, and only in its tenant", async () => {
    await given.vault.eraseSubject("ann", scope);
    await rejects(given.vault.tokenize(pan, ann), "SUBJECT_ERASED");
    expect(await given.vault.tokenize(pan, { ...ann, tenant: "shop-8" })).toMatchObject({ created: true });
  });

  it("destroys the key: a copy of the rows from before opens no more beside it", async () => {
    const token = await issue(pan, ann);
    const [copy] = await rows("T#");
    await given.vault.eraseSubject("ann", scope);
    const [tombstone] = await rows("T#");
    await given.store.putIfEquals(copy!.key, copy!.item, tombstone!.item);
    await rejects(given.vault.detokenize(token, scope), "SUBJECT_ERASED");
    expect(await given.vault.exists(token, scope)).toBe(false);
    expect(await given.vault.inspect(token, scope)).toMatchObject({ state: "erased" });
    expect(await given.vault.sweep()).toMatchObject({ erased: 1 });
  });
});
