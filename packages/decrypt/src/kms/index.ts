export type { KmsCalls } from "./count-calls.ts";
export type { KmsKey, KmsKeyProvider, KmsKeysOptions, KmsReplica } from "./kms-keys.ts";
export { kmsKeys } from "./kms-keys.ts";
