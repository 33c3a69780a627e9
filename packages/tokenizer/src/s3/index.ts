export type { S3StoreOptions } from "./s3-store.ts";
export { createS3Store } from "./s3-store.ts";
