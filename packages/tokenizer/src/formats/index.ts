export type * from "./declaration.ts";
export type { Engine, FormatDescription } from "./format.ts";
export type { Distinguishability } from "./pan.ts";
export type { Formats } from "./parse.ts";
export { parseFormats } from "./parse.ts";
