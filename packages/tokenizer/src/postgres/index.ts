export { createPostgresRates, createRateTable } from "./postgres-rates.ts";
export type { PostgresClient, PostgresStoreOptions } from "./postgres-store.ts";
export { createPostgresStore, createVaultTable } from "./postgres-store.ts";
