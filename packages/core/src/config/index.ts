export { canonicalJson } from "./canonical-json.ts";
export { checkArrays, checkChoice, checkFlag, checkFunctions, checkObjects, checkTexts } from "./choices.ts";
export type { Endpoint, EndpointClient } from "./endpoint.ts";
export { endpointOf, isLoopback, isSafeEndpoint, isUnsafeEndpoint } from "./endpoint.ts";
export { type Named, refuseUnknownNames } from "./known-names.ts";
export { nearestName } from "./nearest-name.ts";
export type { Place, Properties, StringSyntax } from "./reader.ts";
export {
  readArray,
  readBoolean,
  readEntries,
  readInteger,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "./reader.ts";
export { readAt } from "./relocate.ts";
