// HTTP status of each failure. What fails after key material was used has one status, whatever the cause (RFC 9110).
import { FieldsealError } from "@fieldseal/core/errors";

/** What a host answers of a failure. */
export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly retryable: boolean;
  /** Whole seconds, at least one, before which trying again is no use. */
  readonly retryAfter: number;
}

const statuses: Readonly<Record<string, number>> = {
  REQUEST_INVALID: 400,
  BODY_MALFORMED: 400,
  BODY_NOT_UTF8: 400,
  BODY_TOO_DEEP: 400,
  FORM_NOT_PLAUSIBLE: 400,
  XML_DTD_REFUSED: 400,
  XML_XINCLUDE_REFUSED: 400,
  MEDIA_TYPE_MISSING: 415,
  MEDIA_TYPE_MISMATCH: 415,
  MEDIA_TYPE_UNSUPPORTED: 415,
  CHARSET_UNSUPPORTED: 415,
  CONTENT_CODING_UNSUPPORTED: 415,
  BODY_TOO_LARGE: 413,
  TOO_MANY_FIELDS: 413,
  UNAUTHENTICATED: 401,
  ACCESS_DENIED: 403,
  CONTEXT_MISSING: 403,
  CONTEXT_INVALID: 403,
  CONTEXT_UNBOUND: 403,
  RESOURCE_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  TOKEN_UNKNOWN: 404,
  TOKEN_OTHER_SUBJECT: 409,
  TOKEN_EXPIRED: 410,
  TOKEN_REVOKED: 410,
  SUBJECT_ERASED: 410,
  TOKEN_OTHER_TENANT: 403,
  FORMAT_UNKNOWN: 400,
  SUBJECT_MISSING: 400,
  BATCH_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  TOO_MANY_REQUESTS: 429,
};
/** What the service itself must be helped with, unless it may pass by itself. */
const ours: readonly string[] = [
  "CONFIG_INVALID",
  "KMS_ACCESS_DENIED",
  "KMS_KEY_UNUSABLE",
  "KMS_ENDPOINT_REFUSED",
  "ENDPOINT_REFUSED",
  "PACKAGE_MISSING",
  "KEY_STORE_UNAVAILABLE",
  "TOKEN_KEY_INVALID",
  "TOKEN_SPACE_EXHAUSTED",
  "TOKENIZER_CLOSED",
  "VAULT_FORMAT_INVALID",
  "VAULT_KEY_INVALID",
  "VAULT_KEY_UNKNOWN",
  "VAULT_KEY_MISMATCH",
  "VAULT_CORRUPT",
  "VAULT_UNAVAILABLE",
  "VAULT_MISSING",
  "VAULT_CLOSED",
  "RATE_STORE_UNAVAILABLE",
];
const ourFault = 500;
const notOpened = 422;
const unavailable = 503;

/** What is told of an error; of one that is none of ours, nothing. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof FieldsealError))
    return { status: 500, code: "INTERNAL_ERROR", retryable: false, retryAfter: 1 };
  const { code, retryable } = error;
  const unlisted = retryable ? unavailable : ours.includes(code) ? ourFault : notOpened;
  const retryAfter = Math.max(1, Math.ceil((error.retryAfter ?? 0) / 1000));
  return { status: statuses[code] ?? unlisted, code, retryable, retryAfter };
}
