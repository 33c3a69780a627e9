export type { StoredKey } from "../keys/stored-keys.ts";
export type { ParameterStoreKeysOptions } from "./parameter-store-keys.ts";
export { parameterStoreKeys } from "./parameter-store-keys.ts";
