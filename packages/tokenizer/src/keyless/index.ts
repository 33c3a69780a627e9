export type { Coordinates } from "./generalize.ts";
export { ageBand, coarseCoordinates, postcodePrefix } from "./generalize.ts";
export type { NumberBuckets } from "./order.ts";
export { dateBucket, numberBucket, prefixToken } from "./order.ts";
export type { HashOptions, TruncateOptions } from "./redact.ts";
export { hash, mask, truncate } from "./redact.ts";
