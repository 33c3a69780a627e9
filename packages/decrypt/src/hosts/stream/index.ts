export type { Caller, ContextSource, HostOptions } from "../host-reader.ts";
export type { DecryptStreamOptions, StreamSettings } from "./decrypt-stream.ts";
export { decryptStream } from "./decrypt-stream.ts";
export type { DecryptorStreamOptions } from "./decryptor-stream.ts";
export { decryptStreamBy } from "./decryptor-stream.ts";
