export type { CloudFrontNativeKey } from "./cloudfront-native.ts";
export type { DirectPair } from "./direct.ts";
export { checkDirectPairs } from "./direct.ts";
export type { FormatSettings } from "./find.ts";
export { findSealed } from "./find.ts";
export { looksSealed } from "./looks-sealed.ts";
export { readNative } from "./native.ts";
export type { Format, FoundValue, SealedValue } from "./sealed-value.ts";
