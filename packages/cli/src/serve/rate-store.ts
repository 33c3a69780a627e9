// The store of rates that the processes of a service share: a table in PostgreSQL. I/O.
import type { RateStore } from "@fieldseal/core/access";
import { type Place, readObject } from "@fieldseal/core/config";
import { type PostgresPlace, readPostgresPlace } from "@fieldseal/tokenizer";
import { createPostgresRates, createRateTable } from "@fieldseal/tokenizer/postgres";
import { openPool } from "../tokens/open-postgres.ts";

/** The section `rateStore`. */
export interface RateStoreConfig {
  readonly postgres: PostgresPlace;
}

export interface OpenedRates {
  readonly store: RateStore;
  /** Resolves where the database answers. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** @throws {FieldsealError} `CONFIG_INVALID` with the JSON Pointer of what is wrong. */
export function readRateStore(place: Place): RateStoreConfig {
  const { required } = readObject(place, ["postgres"]);
  return { postgres: readPostgresPlace(required("postgres"), "fieldseal_rates") };
}

/**
 * Opens the store, and makes its table where there is none; `folder` is where the configuration's files are.
 *
 * @throws {FieldsealError} `PACKAGE_MISSING`, `CONFIG_INVALID`, `FILE_UNREADABLE`, `ENDPOINT_REFUSED`,
 * `RATE_STORE_UNAVAILABLE`.
 */
export async function openRates({ postgres }: RateStoreConfig, folder: string): Promise<OpenedRates> {
  const client = await openPool(postgres, folder);
  const options = { client, table: postgres.table };
  try {
    await createRateTable(options);
  } catch (error) {
    await client.end();
    throw error;
  }
  return {
    store: createPostgresRates(options),
    check: async () => void (await client.query("SELECT 1")),
    close: () => client.end(),
  };
}
