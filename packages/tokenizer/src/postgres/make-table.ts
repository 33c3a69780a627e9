// Making a table where there is none. I/O.
import { driverError } from "../driver-error.ts";
import type { PostgresClient } from "./run-statement.ts";
import { quoteTable } from "./table-name.ts";

const missing = ["42P01", "3F000"];

interface Table {
  /** `name` or `schema.name`. */
  readonly table: string;
  readonly columns: string;
  /** The code of what hinders it. */
  readonly code: "VAULT_UNAVAILABLE" | "RATE_STORE_UNAVAILABLE";
}

/**
 * Makes the table; several processes may do so at once. Where it is there already, no right to make tables is needed:
 * `IF NOT EXISTS` alone would ask for it.
 *
 * @throws VAULT_INPUT_INVALID for a table's name, and `code`
 */
export async function makeTable(client: PostgresClient, { table, columns, code }: Table): Promise<void> {
  const name = quoteTable(table);
  const isThere = async (): Promise<boolean> => {
    try {
      await client.query(`SELECT FROM ${name} LIMIT 0`);
      return true;
    } catch (error) {
      if (missing.includes(String((error as { code?: unknown }).code))) return false;
      throw error;
    }
  };
  try {
    if (await isThere()) return;
    await client.query(`CREATE TABLE IF NOT EXISTS ${name} ${columns}`).catch(async (refusal: unknown) => {
      // Another process may have made it at the same time: what counts is that it is there.
      if (!(await isThere())) throw refusal;
    });
  } catch (error) {
    throw driverError(code, "the table could not be made", error);
  }
}
