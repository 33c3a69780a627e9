export type { KmsKey, KmsKeysOptions } from "./kms-keys.ts";
export { kmsKeys } from "./kms-keys.ts";
