export type { Rejection, TokenizeStreamOptions } from "./tokenize-stream.ts";
export { tokenizeStream } from "./tokenize-stream.ts";
