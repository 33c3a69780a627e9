import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { digits } from "../vault/digit-format.fixture.ts";
import { createVault, staticKeys } from "../vault/index.ts";
import { createSqliteStore } from "./index.ts";

describe("the SQLite file", () => {
  const inFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
    const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-sqlite-"));
    try {
      await work(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const contents = (folder: string): string =>
    readdirSync(folder)
      .map((name) => readFileSync(path.join(folder, name), "latin1"))
      .join("\n");

  it("is a file whatever it is called: names that SQLite takes for a place in memory keep nothing", () =>
    inFolder(async (folder) => {
      const before = process.cwd();
      process.chdir(folder);
      try {
        for (const name of [":memory:", "file:vault.db?mode=memory"]) {
          const store = createSqliteStore({ path: name });
          await store.putIfAbsent("X#1", Uint8Array.of(1));
          await store.close();
          const again = createSqliteStore({ path: path.join(folder, name) });
          expect(await again.get("X#1")).toEqual(Uint8Array.of(1));
          await again.close();
        }
      } finally {
        process.chdir(before);
      }
    }));

  it("is its owner's alone", () =>
    inFolder(async (folder) => {
      const store = createSqliteStore({ path: path.join(folder, "vault.db") });
      await store.putIfAbsent("X#1", Uint8Array.of(1));
      const modes = readdirSync(folder).map((name) => statSync(path.join(folder, name)).mode & 0o777);
      expect(modes.length).toBeGreaterThan(1);
      expect(new Set(modes)).toEqual(new Set([0o600]));
      await store.close();
    }));

  it("holds no trace of an erased subject's key, nor of a value in clear at any time", () =>
    inFolder(async (folder) => {
      const store = createSqliteStore({ path: path.join(folder, "vault.db") });
      const keys = staticKeys([{ version: "1", key: randomBytes(32) }]);
      const vault = createVault({ store, keys });
      const scope = { format: digits, tenant: "canary-tenant" };
      const value = "7316420958137246";
      // Neighbours: in a page that is nearly empty the row's old place would be taken by the new one.
      for (let i = 0; i < 40; i++) await vault.tokenize("12345678", { ...scope, subject: `other-${i}` });
      const { entries } = await store.scan({ prefix: "S#" }, { limit: 100 });
      const before = new Set(entries.map(({ key }) => key));
      await vault.tokenize(value, {
        ...scope,
        deterministic: true,
        subject: "canary-ann",
        metadata: { n: "canary-note" },
      });
      const after = await store.scan({ prefix: "S#" }, { limit: 100 });
      const anns = after.entries.find(({ key }) => !before.has(key))!;
      const wrapped = Buffer.from(anns.item.slice(-40)).toString("latin1");
      expect(contents(folder)).toContain(wrapped);
      for (const canary of [value, "canary"]) expect(contents(folder)).not.toContain(canary);
      await vault.eraseSubject("canary-ann", scope);
      expect(contents(folder)).not.toContain(wrapped);
      await vault.close();
    }));

  it.runIf(existsSync("/proc/locks"))("keeps its locks when the process opens it once more", () =>
    inFolder(async (folder) => {
      const file = path.join(folder, "vault.db");
      const store = createSqliteStore({ path: file });
      await store.putIfAbsent("X#1", Uint8Array.of(1));
      const inode = `:${statSync(file).ino} `;
      const locks = (): number => readFileSync("/proc/locks", "utf8").split(inode).length - 1;
      expect(locks()).toBeGreaterThan(0);
      const before = locks();
      const second = createSqliteStore({ path: file });
      expect(locks()).toBe(before);
      await second.close();
      await store.close();
    }),
  );

  it.runIf(existsSync("/bin/bash"))("without room for more fails for the moment, and keeps what it had", () =>
    inFolder(async (folder) => {
      const file = path.join(folder, "vault.db");
      const script = `
        const { createSqliteStore } = await import(${JSON.stringify(path.join(import.meta.dirname, "index.ts"))});
        const store = createSqliteStore({ path: ${JSON.stringify(file)} });
        let count = 0;
        const fill = async () => {
          for (;; count++) await store.putIfAbsent("X#" + count, new Uint8Array(4096));
        };
        await fill().catch(({ code, retryable }) => console.log(JSON.stringify({ code, retryable, count })));`;
      // A file of at most 200 blocks of 1,024 bytes; the signal is ignored, so that the write fails.
      const limited = `trap "" XFSZ; ulimit -f 200; exec "$0" --conditions=fieldseal-source --input-type=module -e "$1"`;
      const output = execFileSync("/bin/bash", ["-c", limited, process.execPath, script], { encoding: "utf8" });
      const { count, ...error } = JSON.parse(output) as { count: number };
      expect(error).toEqual({ code: "VAULT_UNAVAILABLE", retryable: true });
      const store = createSqliteStore({ path: file });
      const keys = Array.from({ length: count + 1 }, (_, i) => `X#${i}`);
      const rows = await store.getMany(keys);
      expect(count).toBeGreaterThan(5);
      expect(rows.slice(0, count).every((row) => row?.length === 4096)).toBe(true);
      await store.close();
    }),
  );

  it("that is no database is refused as corrupt, and one that cannot be opened as unavailable", () =>
    inFolder(async (folder) => {
      const file = path.join(folder, "text.db");
      writeFileSync(file, "x".repeat(5000));
      const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;
      expect(() => createSqliteStore({ path: file })).toThrow(code("VAULT_CORRUPT"));
      expect(() => createSqliteStore({ path: folder })).toThrow(code("VAULT_UNAVAILABLE"));
      const nowhere = path.join(folder, "none", "vault.db");
      expect(() => createSqliteStore({ path: nowhere })).toThrow("SQLite failed (ENOENT)");
    }));

  it("with a table of that name that is not a vault's is refused with a code", () =>
    inFolder(async (folder) => {
      const file = path.join(folder, "other.db");
      const other = new DatabaseSync(file);
      other.exec("CREATE TABLE vault (name TEXT, door TEXT)");
      other.close();
      expect(() => createSqliteStore({ path: file })).toThrow(
        expect.objectContaining({ code: "VAULT_UNAVAILABLE", retryable: false }),
      );
    }));
});
