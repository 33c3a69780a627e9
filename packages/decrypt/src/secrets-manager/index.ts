export type { StoredKey } from "../keys/stored-keys.ts";
export type { SecretsManagerKeysOptions } from "./secrets-manager-keys.ts";
export { secretsManagerKeys } from "./secrets-manager-keys.ts";
