export type { GenerateTokenKeyOptions, KmsTokenKeysOptions, WrappedTokenKey } from "./kms-token-keys.ts";
export { generateTokenKey, kmsTokenKeys } from "./kms-token-keys.ts";
