export type { Pkcs12File } from "./pkcs12-keys.ts";
export { pkcs12Keys } from "./pkcs12-keys.ts";
