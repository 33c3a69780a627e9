export type {
  AccessDocument,
  Grant,
  Rate,
  RateAlert,
  RateLimiterOptions,
  RateStore,
  Who,
} from "@fieldseal/core/access";
export { parseAccess } from "@fieldseal/core/access";
export type { AuditEvent, AuditSink } from "@fieldseal/core/audit";
export type { Alg, CloudFrontNativeKey, Context, DirectPair, Format } from "@fieldseal/core/envelope";
export type { ErrorCode } from "@fieldseal/core/errors";
export { FieldsealError } from "@fieldseal/core/errors";
export type { Policy } from "@fieldseal/core/policy";
export type { BodyToDecrypt } from "./body-record.ts";
export type { BodyResult, FieldReport } from "./body-result.ts";
export type { CacheOptions } from "./data-keys/data-key-cache.ts";
export type { Decryptor } from "./decryptor.ts";
export { createDecryptor } from "./decryptor.ts";
export { pemKeys } from "./keys/pem.ts";
export type { CircuitState, KeyCircuit, KeyProvider, UnwrappingKey } from "./keys/provider.ts";
export { keyRing } from "./keys/provider.ts";
export type { PemKey } from "./keys/read-private-key.ts";
export type { DecryptorOptions, OnDenied, OnFieldError } from "./options.ts";
export type { Expect, ExpectedPlace, ExpectedPlaces } from "./placement.ts";
export { parsePolicy } from "./policy.ts";
export type { FieldPlace, TextPlace } from "./text-record.ts";
