export type { Caller, ContextSource, HostOptions } from "../host-reader.ts";
export type { GetDecryptedObject, OpenedObject, S3ReaderOptions } from "./get-object.ts";
export { createGetObject } from "./get-object.ts";
