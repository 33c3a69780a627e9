export type { ConfiguredKeysOptions } from "./configured-keys.ts";
export { configuredTokenKeys } from "./configured-keys.ts";
export type { GenerateTokenKeyOptions, KmsTokenKeysOptions, WrappedTokenKey } from "./kms-token-keys.ts";
export { generateTokenKey, kmsTokenKeys } from "./kms-token-keys.ts";
