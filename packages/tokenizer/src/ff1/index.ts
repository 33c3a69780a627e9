export type { Ff1, Ff1Options } from "./ff1.ts";
export { createFf1 } from "./ff1.ts";
export { defaultMaxTlen, domainFloor, maxLength, minLength } from "./limits.ts";
export type { Numerals, SameKind } from "./numeral-arrays.ts";
