export type { PrincipalClaim } from "../claims.ts";
export type { Caller, ContextSource, HostOptions } from "../host-reader.ts";
export type { BatchRecord, BatchResult } from "../operations.ts";
export type { LambdaIdentity } from "./identity.ts";
export type { LambdaDecryptHandler, LambdaOptions } from "./lambda-handler.ts";
export { createLambdaHandler } from "./lambda-handler.ts";
