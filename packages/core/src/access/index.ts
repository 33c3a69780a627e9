export type { Access, AccessDocument, Grant, Who } from "./access.ts";
export { grantOf, parseAccess } from "./access.ts";
export { mask } from "./mask.ts";
