export type { Context } from "@fieldseal/core/envelope";
export type { ErrorCode } from "@fieldseal/core/errors";
export { FieldsealError } from "@fieldseal/core/errors";
export type { FilterEngine, Policy, PolicyDocument, PolicyOptions } from "@fieldseal/core/policy";
export type { OriginRequestHandler, OriginRequestOptions, RefusalEvent } from "./cloudfront/origin-request.ts";
export { createOriginRequestHandler } from "./cloudfront/origin-request.ts";
export type { BodyToEncrypt, BodyTokenizer, EncryptOptions } from "./encrypt-body.ts";
export { encryptBody, encryptBodySync } from "./encrypt-body.ts";
export { definePolicy, parsePolicy } from "./policy.ts";
