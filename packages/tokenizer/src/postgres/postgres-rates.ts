// Rates of principals in a PostgreSQL table that several processes share, through the caller's `pg` pool. I/O.
import type { RateStore } from "@fieldseal/core/access";
import { driverError } from "../driver-error.ts";
import { makeTable } from "./make-table.ts";
import type { PostgresStoreOptions } from "./postgres-store.ts";
import { runStatement } from "./run-statement.ts";
import { quoteTable } from "./table-name.ts";

const defaultTable = "fieldseal_rates";

/**
 * Makes the table of rates where there is none; several processes may call it at once. Where it is there already, no
 * right to make tables is needed.
 *
 * @throws VAULT_INPUT_INVALID for a table name, RATE_STORE_UNAVAILABLE
 */
export async function createRateTable({ client, table = defaultTable }: PostgresStoreOptions): Promise<void> {
  const columns = "(principal text PRIMARY KEY, tokens double precision NOT NULL, at double precision NOT NULL)";
  await makeTable(client, { table, columns, code: "RATE_STORE_UNAVAILABLE" });
}

/**
 * A store of rates in a PostgreSQL table that `createRateTable` made: looking and taking are one statement. Time is the
 * server's: a process whose clock is ahead would fill buckets early, and keep them empty for all others until then. Full
 * buckets stay in the table, one row for each principal.
 *
 * @throws VAULT_INPUT_INVALID for a table name
 * @example
 * ```ts
 * import { createPostgresRates, createRateTable, type PostgresClient } from "@fieldseal/tokenizer/postgres";
 * async function openRates(client: PostgresClient) {
 *   await createRateTable({ client });
 *   return createPostgresRates({ client }); // client: new pg.Pool(...)
 * }
 * ```
 */
export function createPostgresRates({ client, table = defaultTable }: PostgresStoreOptions): RateStore {
  const name = quoteTable(table);
  const [cost, burst, perSecond] = ["$2", "$3", "$4"].map((one) => `${one}::double precision`);
  const now = "(extract(epoch FROM statement_timestamp()) * 1000)::double precision";
  const refilled = `least(${burst}, held.tokens + greatest(0, ${now} - held.at) / 1000 * ${perSecond})`;
  const sql = `INSERT INTO ${name} AS held SELECT $1::text, ${burst} - ${cost}, ${now} WHERE ${cost} <= ${burst}
    ON CONFLICT (principal) DO UPDATE SET tokens = ${refilled} - ${cost}, at = greatest(held.at, ${now})
    WHERE ${cost} <= ${refilled}`;
  return {
    async take(principal, asked, rate) {
      try {
        const { rowCount } = await runStatement(client, sql, [principal, asked, rate.burst, rate.perSecond]);
        return rowCount === 1;
      } catch (error) {
        throw driverError("RATE_STORE_UNAVAILABLE", "PostgreSQL did not count the rate", error);
      }
    },
  };
}
