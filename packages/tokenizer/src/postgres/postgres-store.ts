// A vault's rows in a PostgreSQL table, through the caller's `pg` pool. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { keyBounds, pageOf, type StoreEntry, type VaultStore } from "../vault/store.ts";
import { makeTable } from "./make-table.ts";
import { type PostgresClient, runStatement } from "./run-statement.ts";
import { quoteTable } from "./table-name.ts";

export interface PostgresStoreOptions {
  /** A `pg` Pool; it stays the caller's, who also ends it and listens to its `error` events. */
  readonly client: PostgresClient;
  /** Name of the table, `name` or `schema.name`; `fieldseal_vault` unless given. */
  readonly table?: string;
}

interface Row {
  readonly key: string;
  readonly item: Buffer;
}

const defaultTable = "fieldseal_vault";

/**
 * Makes the table of a vault where there is none; several processes may call it at once. Where it is there already, no
 * right to make tables is needed.
 *
 * @throws VAULT_INPUT_INVALID for a table name, VAULT_UNAVAILABLE
 */
export async function createVaultTable({ client, table = defaultTable }: PostgresStoreOptions): Promise<void> {
  // Keys compare by bytes, whatever the database's own collation is.
  const columns = '(key text COLLATE "C" PRIMARY KEY, item bytea NOT NULL)';
  await makeTable(client, { table, columns, code: "VAULT_UNAVAILABLE" });
}

/**
 * A store in a PostgreSQL table that `createVaultTable` made. Every call is one statement and commits by itself, so the
 * durability is that of the server's `synchronous_commit`, which must be on.
 *
 * @throws VAULT_INPUT_INVALID for a table name
 * @example
 * ```ts
 * import { createPostgresStore, createVaultTable, type PostgresClient } from "@fieldseal/tokenizer/postgres";
 * async function openStore(client: PostgresClient) {
 *   await createVaultTable({ client });
 *   return createPostgresStore({ client }); // client: new pg.Pool(...)
 * }
 * ```
 */
export function createPostgresStore({ client, table = defaultTable }: PostgresStoreOptions): VaultStore {
  const name = quoteTable(table);
  const run = (text: string, values: unknown[]) => runStatement(client, text, values).catch(missingTable);
  const query = async (text: string, values: unknown[]): Promise<Row[]> => (await run(text, values)).rows as Row[];
  const change = async (text: string, values: unknown[]): Promise<boolean> => (await run(text, values)).rowCount === 1;
  const getMany = async (keys: readonly string[]): Promise<(Uint8Array | undefined)[]> => {
    const rows = await query(`SELECT key, item FROM ${name} WHERE key = ANY($1::text[])`, [keys]);
    const found = new Map(rows.map(({ key, item }) => [key, bytes(item)]));
    return keys.map((key) => found.get(key));
  };
  const putManyIfAbsent = async (entries: readonly StoreEntry[]): Promise<boolean[]> => {
    // One order for everyone: two statements that wait for each other's keys crosswise would be a deadlock.
    const sorted = firstOfEachKey(entries).sort((a, b) => (a.key < b.key ? -1 : 1));
    const rows = await query(
      `INSERT INTO ${name} (key, item) SELECT * FROM unnest($1::text[], $2::bytea[]) ON CONFLICT DO NOTHING RETURNING key`,
      [sorted.map(({ key }) => key), sorted.map(({ item }) => Buffer.from(item))],
    );
    const written = new Set(rows.map(({ key }) => key));
    return entries.map(({ key }) => written.delete(key));
  };
  return {
    get: async (key) => (await getMany([key]))[0],
    getMany,
    putIfAbsent: (key, item) =>
      change(`INSERT INTO ${name} (key, item) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [key, Buffer.from(item)]),
    putManyIfAbsent,
    putIfEquals: (key, item, old) =>
      change(`UPDATE ${name} SET item = $2 WHERE key = $1 AND item = $3`, [key, Buffer.from(item), Buffer.from(old)]),
    deleteIfEquals: (key, old) => change(`DELETE FROM ${name} WHERE key = $1 AND item = $2`, [key, Buffer.from(old)]),
    async scan(range, { limit, after }) {
      const { from, to } = keyBounds(range);
      const rows = await query(
        `SELECT key, item FROM ${name} WHERE key ${after === undefined ? ">=" : ">"} $1 AND key < $2 ORDER BY key LIMIT $3`,
        [after ?? from, to, limit],
      );
      const entries = rows.map(({ key, item }) => ({ key, item: bytes(item) }));
      return pageOf(entries, limit);
    },
    close: async () => {},
  };
}

// undefined_table, invalid_schema_name: trying again would not help.
function missingTable(error: unknown): never {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code === "42P01" || code === "3F000") throw new FieldsealError("VAULT_MISSING", "the vault's table is not there");
  throw error;
}

function bytes(item: Buffer): Uint8Array {
  return new Uint8Array(item.buffer, item.byteOffset, item.byteLength);
}

function firstOfEachKey(entries: readonly StoreEntry[]): StoreEntry[] {
  const firsts = new Map<string, StoreEntry>();
  for (const entry of entries) if (!firsts.has(entry.key)) firsts.set(entry.key, entry);
  return [...firsts.values()];
}
