// Stores of the tests by a description that can be handed to another process. I/O.
import pg from "pg";
import { createPostgresStore, createVaultTable } from "../postgres/index.ts";
import { createSqliteStore } from "../sqlite/index.ts";
import type { VaultStore } from "./store.ts";

export type StorePlace = { readonly sqlite: string } | { readonly postgres: string; readonly table?: string };

/** Opens the store at a place; closing it ends its connections. */
export async function openStore(place: StorePlace): Promise<VaultStore> {
  if ("sqlite" in place) return createSqliteStore({ path: place.sqlite });
  const client = new pg.Pool({ host: place.postgres, user: "postgres", database: "postgres", max: 4 });
  client.on("error", () => {});
  const options = { client, ...(place.table === undefined ? {} : { table: place.table }) };
  await createVaultTable(options);
  return { ...createPostgresStore(options), close: () => client.end() };
}
