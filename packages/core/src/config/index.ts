export { canonicalJson } from "./canonical-json.ts";
export { checkArrays, checkChoice, checkFlag, checkFunctions, checkObjects, checkTexts } from "./choices.ts";
export type { Endpoint, EndpointClient } from "./endpoint.ts";
export { endpointOf, isLoopback, isSafeEndpoint, isUnsafeEndpoint } from "./endpoint.ts";
export { exactlyOne } from "./exactly-one.ts";
export { type Named, refuseUnknownNames } from "./known-names.ts";
export { nearestName } from "./nearest-name.ts";
export { readIntegers } from "./read-integers.ts";
export type { Place, Properties, StringSyntax } from "./reader.ts";
export {
  filled,
  readArray,
  readBoolean,
  readChoice,
  readEntries,
  readInteger,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "./reader.ts";
export { readAt } from "./relocate.ts";
