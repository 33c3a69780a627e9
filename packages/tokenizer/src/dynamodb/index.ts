export { createVaultTable } from "./create-table.ts";
export type { DynamodbStoreOptions } from "./dynamodb-store.ts";
export { createDynamodbStore } from "./dynamodb-store.ts";
