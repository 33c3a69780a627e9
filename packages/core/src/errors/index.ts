export type { ErrorCode } from "./codes.ts";
export { errorCodes } from "./codes.ts";
export type { ErrorDetails } from "./fieldseal-error.ts";
export { FieldsealError } from "./fieldseal-error.ts";
