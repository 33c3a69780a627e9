export { createPostgresRates, createRateTable } from "./postgres-rates.ts";
export type { PostgresStoreOptions } from "./postgres-store.ts";
export { createPostgresStore, createVaultTable } from "./postgres-store.ts";
export type { PostgresClient } from "./run-statement.ts";
