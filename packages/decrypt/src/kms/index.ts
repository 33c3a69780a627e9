export type { BreakerOptions } from "./circuit-breaker.ts";
export type { KmsCalls } from "./count-calls.ts";
export type { KmsCheckpointsOptions } from "./kms-checkpoints.ts";
export { kmsCheckpoints } from "./kms-checkpoints.ts";
export type { KmsKey, KmsKeyProvider, KmsKeysOptions, KmsReplica } from "./kms-keys.ts";
export { kmsKeys } from "./kms-keys.ts";
export { kmsReachable } from "./kms-reachable.ts";
