export type { Ff1, Ff1Options, Numerals, SameKind } from "./ff1/index.ts";
export { createFf1 } from "./ff1/index.ts";
