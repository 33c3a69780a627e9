export type { SecretsManagerTokenKeysOptions, StoredTokenKey } from "./secrets-manager-keys.ts";
export { secretsManagerTokenKeys } from "./secrets-manager-keys.ts";
