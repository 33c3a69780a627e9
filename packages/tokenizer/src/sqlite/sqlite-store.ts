// A vault's rows in one SQLite file, durable on return; several processes may share the file. I/O.
import { closeSync, existsSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { FieldsealError } from "@fieldseal/core/errors";
import { keyBounds, pageOf, type VaultStore } from "../vault/store.ts";

export interface SqliteStoreOptions {
  /** File of the database, made with mode 0600 where there is none. */
  readonly path: string;
  /** Milliseconds to wait for another process's write; 10,000 unless given. */
  readonly busyTimeout?: number;
}

const ownerOnly = 0o600;
// Bound parameters of one statement: far below SQLite's limit, and one statement text for all full batches.
const getBatch = 500;

/**
 * A store in an SQLite file: write-ahead log, synced at every commit, freed pages overwritten.
 * Each call works on the calling thread until the write is durable.
 *
 * @throws VAULT_UNAVAILABLE when the file cannot be opened, VAULT_CORRUPT when it is no SQLite database
 * @example
 * ```ts
 * import { createSqliteStore } from "@fieldseal/tokenizer/sqlite";
 * const store = createSqliteStore({ path: "vault.db" });
 * ```
 */
export function createSqliteStore({ path, busyTimeout = 10_000 }: SqliteStoreOptions): VaultStore {
  const { database, select, selectMany, insert, update, remove, first, following } = coded(() =>
    // SQLite takes some relative names for a place in memory.
    prepared(openDatabase(resolve(path), busyTimeout)),
  );
  const changed = ({ changes }: { changes: number | bigint }): boolean => Number(changes) === 1;

  /** One transaction, one sync; the write lock is taken at once, since a read lock could not always grow into it. */
  const inTransaction = <T>(work: () => T): T => {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  };
  const run = async <T>(work: () => T): Promise<T> => coded(work);

  return {
    get: (key) => run(() => select.get(key)?.item as Uint8Array | undefined),
    getMany: (keys) =>
      run(() => {
        if (keys.length === 1) return [select.get(keys[0]!)?.item as Uint8Array | undefined];
        const found = new Map<string, Uint8Array>();
        for (let at = 0; at < keys.length; at += getBatch) {
          const batch = keys.slice(at, at + getBatch);
          const padded = [...batch, ...Array<null>(getBatch - batch.length).fill(null)];
          for (const row of selectMany.all(...padded)) found.set(row.key as string, row.item as Uint8Array);
        }
        return keys.map((key) => found.get(key));
      }),
    putIfAbsent: (key, item) => run(() => changed(insert.run(key, item))),
    putManyIfAbsent: (entries) =>
      run(() => inTransaction(() => entries.map(({ key, item }) => changed(insert.run(key, item))))),
    putIfEquals: (key, item, old) => run(() => changed(update.run(item, key, old))),
    deleteIfEquals: (key, old) => run(() => changed(remove.run(key, old))),
    scan: (range, { limit, after }) =>
      run(() => {
        const { from, to } = keyBounds(range);
        const rows = after === undefined ? first.all(from, to, limit) : following.all(after, to, limit);
        const entries = rows.map((row) => ({ key: row.key as string, item: row.item as Uint8Array }));
        return pageOf(entries, limit);
      }),
    // The log may still hold what `secure_delete` has overwritten in the database.
    purge: () => run(() => database.exec("PRAGMA wal_checkpoint(TRUNCATE)")),
    close: () => run(() => database.isOpen && database.close()).then(() => undefined),
  };
}

/** The database and its statements; a table of that name that is not a vault's has none of them, and is closed. */
function prepared(database: DatabaseSync) {
  try {
    return {
      database,
      select: database.prepare("SELECT item FROM vault WHERE key = ?"),
      selectMany: database.prepare(
        `SELECT key, item FROM vault WHERE key IN (${Array(getBatch).fill("?").join(", ")})`,
      ),
      insert: database.prepare("INSERT INTO vault (key, item) VALUES (?, ?) ON CONFLICT DO NOTHING"),
      update: database.prepare("UPDATE vault SET item = ? WHERE key = ? AND item = ?"),
      remove: database.prepare("DELETE FROM vault WHERE key = ? AND item = ?"),
      first: database.prepare("SELECT key, item FROM vault WHERE key >= ? AND key < ? ORDER BY key LIMIT ?"),
      following: database.prepare("SELECT key, item FROM vault WHERE key > ? AND key < ? ORDER BY key LIMIT ?"),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

function openDatabase(path: string, busyTimeout: number): DatabaseSync {
  // SQLite would make the file readable to others; its log and index files take the mode of the file.
  // One that is there is left alone: closing any descriptor of it would end the locks of this process's other stores.
  if (!existsSync(path)) closeSync(openSync(path, "a", ownerOnly));
  const database = new DatabaseSync(path, { timeout: busyTimeout });
  try {
    database.exec("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL");
    withRetries(() => database.exec("PRAGMA journal_mode = WAL"), busyTimeout);
    database.exec("CREATE TABLE IF NOT EXISTS vault (key TEXT PRIMARY KEY, item BLOB NOT NULL) STRICT, WITHOUT ROWID");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Several processes that open a new file at once meet SQLITE_BUSY here without SQLite's own waiting. */
function withRetries(work: () => void, timeout: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; ; waited += 10) {
    try {
      work();
      return;
    } catch (error) {
      if (resultCode(error) !== sqliteBusy || waited >= timeout) throw error;
      Atomics.wait(pause, 0, 0, 10);
    }
  }
}

// Primary result codes, https://www.sqlite.org/rescode.html
const sqliteBusy = 5;
const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;
/** What passes by itself, or by room on the disk: busy, locked, no memory, read or write failed, full, locks in disorder. */
const passing: readonly (number | undefined)[] = [sqliteBusy, 6, 7, 10, 13, 15];

function resultCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === "number" ? errcode & 0xff : undefined;
}

/** SQLite's errors by code and without their text. */
function coded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = resultCode(error);
    if (code === sqliteCorrupt || code === sqliteNotADatabase) {
      throw new FieldsealError("VAULT_CORRUPT", `the file is not an intact SQLite database (result code ${code})`);
    }
    // Of a folder that is missing the system tells, before SQLite is asked.
    const { code: errno } = error as NodeJS.ErrnoException;
    const detail = code === undefined ? errno : `result code ${code}`;
    throw new FieldsealError("VAULT_UNAVAILABLE", `SQLite failed${detail === undefined ? "" : ` (${detail})`}`, {
      retryable: passing.includes(code),
    });
  }
}
