import { randomBytes } from "node:crypto";
import type { FieldsealError } from "@fieldseal/core/errors";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createMemoryStore } from "../../memory/index.ts";
import { createVault, staticKeys, type Vault, type VaultStore } from "../index.ts";
import { memberSeparator } from "../store.ts";
import { failure, keep, keys, root, rowsOf, scope, store, value, vault } from "../vault-and-rows.fixture.ts";
import { readFrames } from "./export-frames.ts";

describe("an export", () => {
  async function collect(from: Vault): Promise<Uint8Array> {
    const chunks = [];
    for await (const chunk of from.exportRows()) chunks.push(chunk);
    return new Uint8Array(Buffer.concat(chunks));
  }
  /** Frames: u32 length || bytes. */
  function split(bytes: Uint8Array): Uint8Array[] {
    const frames = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 4 + new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0);
      frames.push(bytes.slice(at, end));
      at = end;
    }
    return frames;
  }
  const fresh = (at: VaultStore = createMemoryStore()): Vault => createVault({ store: at, keys });

  /** How many there are. */
  const subjects = 2;
  let live: string;
  let revoked: string;
  let erased: string;
  beforeEach(async () => {
    live = (await vault.tokenize(value, { ...keep, subject: "ann", metadata: { a: "b" } })).token;
    revoked = (await vault.tokenize("1234567890123456", keep)).token;
    erased = (await vault.tokenize("999999999999", { ...keep, subject: "bob" })).token;
    await vault.revoke(revoked, scope);
    await vault.eraseSubject("bob", scope);
  });

  it("brings every row into an empty store, tombstones included, in chunks of any size, once and again", async () => {
    const bytes = await collect(vault);
    const target = createMemoryStore();
    const copy = fresh(target);
    for (const size of [bytes.length, 1, 7, 1000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const { written, kept } = await copy.importRows(chunks);
      expect(written).toBe(size === bytes.length ? (await rowsOf(store)).length : 0);
      // Subjects' rows are there twice: before the tokens, and after them.
      expect(written + kept).toBe((await rowsOf(store)).length + subjects);
      expect(await rowsOf(target)).toEqual(await rowsOf(store));
    }
    expect(await copy.detokenize(live, scope)).toBe(value);
    expect((await copy.inspect(live, scope)).metadata).toEqual({ a: "b" });
    expect(await copy.tokenize(value, { ...keep, subject: "ann" })).toMatchObject({ token: live, created: false });
    expect((await failure(copy.detokenize(revoked, scope))).code).toBe("TOKEN_REVOKED");
    expect((await failure(copy.detokenize(erased, scope))).code).toBe("SUBJECT_ERASED");
    expect((await failure(copy.tokenize(value, { ...scope, subject: "bob" }))).code).toBe("SUBJECT_ERASED");
  });

  it("shows no token, value, digest or name of a row", async () => {
    const text = Buffer.from(await collect(vault)).toString("latin1");
    const rows = (await rowsOf(store)).filter(({ key }) => !key.startsWith("M#"));
    const parts = rows.flatMap(({ key }) => key.slice(2).split(memberSeparator));
    for (const part of [...parts, value, "canary"]) expect(text).not.toContain(part);
  });

  it("is refused when it is cut, edited, out of order, doubled, lengthened or another's", async () => {
    const bytes = await collect(vault);
    const frames = split(bytes);
    expect(frames.length).toBeGreaterThan(5);
    const other = createVault({
      store: createMemoryStore(),
      keys: staticKeys([{ version: "1", key: randomBytes(32) }]),
    });
    await other.tokenize(value, keep);
    const flip = (at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
    const spoiled: Uint8Array[][] = [
      [],
      [bytes.subarray(0, -1)],
      frames.slice(0, -1),
      frames.slice(0, 1),
      [...frames.slice(0, 2), ...frames.slice(3)],
      [...frames.slice(0, 2), frames[1]!, ...frames.slice(2)],
      [frames[0]!, frames[2]!, frames[1]!, ...frames.slice(3)],
      [...frames, frames.at(-1)!],
      [...frames, Uint8Array.of(0)],
      [Uint8Array.of(255, 255, 255, 255), ...frames],
      [await collect(other)],
      [frames[0]!, ...split(await collect(vault)).slice(1)],
    ];
    for (const chunks of spoiled) expect((await failure(fresh().importRows(chunks))).code).toBe("VAULT_EXPORT_INVALID");
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (at) => {
        const { code } = await failure(fresh().importRows([flip(at)]));
        expect(["VAULT_EXPORT_INVALID", "VAULT_KEY_UNKNOWN"]).toContain(code);
      }),
      { numRuns: 200 },
    );
  });

  it("from before does not bring back what was revoked or erased since", async () => {
    const before = await collect(vault);
    await vault.revoke(live, scope);
    await vault.eraseSubject("ann", scope);
    const rows = await rowsOf(store);
    await vault.importRows([before]);
    expect((await failure(vault.detokenize(live, scope))).code).toBe("TOKEN_REVOKED");
    expect((await failure(vault.tokenize("1", { ...scope, subject: "ann" }))).code).toBe("SUBJECT_ERASED");
    expect(await rowsOf(store)).toEqual(rows);
    expect(await vault.tokenize(value, keep)).toMatchObject({ created: true });
  });

  it("from afterwards ends in a copy what has ended since", async () => {
    const copy = fresh();
    await copy.importRows([await collect(vault)]);
    await vault.revoke(live, scope);
    const { token } = await vault.tokenize(value, keep);
    await copy.importRows([await collect(vault)]);
    expect((await failure(copy.detokenize(live, scope))).code).toBe("TOKEN_REVOKED");
    expect(await copy.lookup(value, scope)).toBe(token);
  });

  it("from before a rekey, or from after it, changes nothing", async () => {
    const plain = (await vault.tokenize("77777777", keep)).token;
    const before = await collect(vault);
    const old = createMemoryStore();
    await fresh(old).importRows([before]);
    const both = staticKeys([
      { version: "2", key: randomBytes(32) },
      { version: "1", key: root },
    ]);
    const [rotated, copy] = [store, old].map((at) => createVault({ store: at, keys: both }));
    expect(await rotated!.rekey()).toEqual({ tokens: 1, subjects: 1, left: 0, leftRows: [] });
    const rows = await rowsOf(store);
    expect(await rotated!.importRows([before])).toEqual({ written: 0, kept: rows.length + subjects });
    expect(await rowsOf(store)).toEqual(rows);
    expect(await copy!.importRows([await collect(rotated!)])).toEqual({ written: 0, kept: rows.length + subjects });
    for (const one of [rotated!, copy!]) {
      expect(await one.detokenizeBatch([plain, live], scope)).toEqual([{ value: "77777777" }, { value }]);
    }
  });

  it("ends what has ended also where another process seals or deletes the row in the same moment", async () => {
    const plain = (await vault.tokenize("77777777", keep)).token;
    const before = await collect(vault);
    await vault.revoke(plain, scope);
    const after = await collect(vault);
    const target = createMemoryStore();
    await fresh(target).importRows([before]);
    const both = staticKeys([
      { version: "2", key: randomBytes(32) },
      { version: "1", key: root },
    ]);
    const other = createVault({ store: target, keys: both });
    let races = 0;
    const raced: VaultStore = {
      ...target,
      putIfEquals: async (...put) => {
        if (races++ === 0) await other.rekey();
        return target.putIfEquals(...put);
      },
    };
    await createVault({ store: raced, keys: both }).importRows([after]);
    expect(races).toBeGreaterThan(1);
    expect((await failure(other.detokenize(plain, scope))).code).toBe("TOKEN_REVOKED");

    const again = createMemoryStore();
    await fresh(again).importRows([before]);
    const gone: VaultStore = {
      ...again,
      putManyIfAbsent: async (entries) => {
        const put = await again.putManyIfAbsent(entries);
        if (entries[0]!.key.startsWith("H#")) await fresh(again).revoke(plain, scope);
        return put;
      },
    };
    await createVault({ store: gone, keys }).importRows([before]);
    expect((await failure(fresh(again).detokenize(plain, scope))).code).toBe("TOKEN_REVOKED");
    expect(await fresh(again).tokenize("77777777", keep)).toMatchObject({ created: true });
  });

  it("that meets the same subject in a vault in use leaves no token there that cannot be opened", async () => {
    const frames = split(await collect(vault));
    for (const pause of frames.keys()) {
      const copy = fresh();
      const importing = copy.importRows(
        (async function* () {
          for (const [i, frame] of frames.entries()) {
            if (i === pause) await copy.tokenize("555555555555", { ...scope, subject: "ann" });
            yield frame;
          }
        })(),
      );
      const outcome = await importing.catch(({ code }: FieldsealError) => code);
      const opened = await copy.detokenize(live, scope).catch(({ code }: FieldsealError) => code);
      expect([outcome, opened]).toEqual(
        typeof outcome === "string" ? ["VAULT_IMPORT_CONFLICT", "TOKEN_UNKNOWN"] : [outcome, value],
      );
    }
  });

  it("brings the key of a subject that came while it was written", async () => {
    const copy = fresh();
    const tokens: string[] = [];
    const exported = (async function* () {
      for await (const frame of vault.exportRows()) {
        if (tokens.length < 4)
          tokens.push((await vault.tokenize(value, { ...scope, subject: `${tokens.length}` })).token);
        yield frame;
      }
    })();
    await copy.importRows(exported);
    const outcomes = await copy.detokenizeBatch(tokens, scope);
    const codes = outcomes.map((one) => ("error" in one ? one.error.code : one.value));
    expect(codes).toContain(value);
    for (const code of codes) expect([value, "TOKEN_UNKNOWN"]).toContain(code);
  });

  it("writes nothing where the key is missing that the vault was begun with, or is another", async () => {
    const [second, other] = [randomBytes(32), randomBytes(32)];
    const versions = [
      { version: "2", key: second },
      { version: "1", key: root },
    ];
    const bytes = await collect(createVault({ store, keys: staticKeys(versions) }));
    for (const [given, code] of [
      [versions.slice(0, 1), "VAULT_KEY_UNKNOWN"],
      [[versions[0]!, { version: "1", key: other }], "VAULT_KEY_MISMATCH"],
    ] as const) {
      const target = createMemoryStore();
      const importing = createVault({ store: target, keys: staticKeys(given) }).importRows([bytes]);
      expect((await failure(importing)).code).toBe(code);
      expect(await rowsOf(target)).toEqual([]);
    }
  });

  it("carries a row over that says nothing of its token: its value is refused as it was, the others are found", async () => {
    const { token } = await vault.tokenize("77777777", keep);
    const [row] = (await rowsOf(store)).filter(({ item }) => Buffer.from(item).includes(live));
    await store.putIfEquals(row!.key, Uint8Array.of(9), row!.item);
    const target = createMemoryStore();
    const copy = fresh(target);
    await copy.importRows([await collect(vault)]);
    expect(await rowsOf(target)).toEqual(await rowsOf(store));
    expect((await failure(copy.lookup(value, scope))).code).toBe("VAULT_CORRUPT");
    expect(await copy.lookup("77777777", scope)).toBe(token);
  });

  it("is refused where it contradicts the store: one value, two live tokens; or another vault", async () => {
    const target = createMemoryStore();
    const copy = fresh(target);
    await copy.tokenize(value, { ...keep, subject: "ann" });
    expect((await failure(copy.importRows([await collect(vault)]))).code).toBe("VAULT_IMPORT_CONFLICT");
    const rotated = createVault({
      store: createMemoryStore(),
      keys: staticKeys([
        { version: "2", key: randomBytes(32) },
        { version: "1", key: root },
      ]),
    });
    await rotated.tokenize(value, keep);
    expect((await failure(rotated.importRows([await collect(vault)]))).code).toBe("VAULT_IMPORT_CONFLICT");
  });
});

it("reads a frame in small chunks in the time that its bytes take", async () => {
  const frame = (length: number): Uint8Array => {
    const bytes = new Uint8Array(4 + length);
    new DataView(bytes.buffer).setUint32(0, length);
    return bytes;
  };
  function* pieces(): Generator<Uint8Array> {
    for (const bytes of [frame(3), frame(0), frame(8_000_000)]) {
      for (let at = 0; at < bytes.length; at += 128) yield bytes.subarray(at, at + 128);
    }
  }
  const begin = performance.now();
  const lengths = [];
  for await (const one of readFrames(pieces())) lengths.push(one.length);
  expect(lengths).toEqual([3, 0, 8_000_000]);
  // Put together anew with each chunk, it would be 250 GB of copies.
  expect(performance.now() - begin).toBeLessThan(5000);
});
