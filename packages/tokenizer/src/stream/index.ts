export type { Rejection, StreamProgress, TokenizeStreamOptions } from "./tokenize-stream.ts";
export { tokenizeStream } from "./tokenize-stream.ts";
export type { StreamOperation } from "./transform-cells.ts";
