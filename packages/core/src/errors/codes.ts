// Every error code of Fieldseal, by the room that raises it. docs/errors.md has a row for each (held by a test).

const bodyCodes = [
  "BODY_MALFORMED",
  "BODY_NOT_UTF8",
  "BODY_TOO_DEEP",
  "BODY_TOO_LARGE",
  "TOO_MANY_FIELDS",
  "MEDIA_TYPE_MISSING",
  "MEDIA_TYPE_MISMATCH",
  "MEDIA_TYPE_UNSUPPORTED",
  "CHARSET_UNSUPPORTED",
  "FORM_NOT_PLAUSIBLE",
  "XML_DTD_REFUSED",
  "XML_XINCLUDE_REFUSED",
] as const;

const policyCodes = [
  "POLICY_INVALID",
  "POLICY_UNSUPPORTED",
  "SELECTOR_INVALID",
  "PUBLIC_KEY_INVALID",
  "PUBLIC_KEY_WEAK",
  "FINGERPRINT_MISMATCH",
] as const;

const edgeCodes = [
  "EVENT_INVALID",
  "BODY_NOT_EXPOSED",
  "BODY_TRUNCATED",
  "BODY_ENCODING_INVALID",
  "CONTENT_CODING_UNSUPPORTED",
  "PATH_AMBIGUOUS",
  "METHOD_NOT_COVERED",
  "ROUTE_UNMATCHED",
  "FIELD_REQUIRED_MISSING",
  "FIELD_NAME_VARIANT",
  "FIELD_SHAPE_MISMATCH",
  "FIELD_OVERLAP",
  "FILTER_FAILED",
  "MEMBER_REPEATED",
  "FIELD_IN_QUERY",
  "COOKIE_MALFORMED",
  "FOREIGN_ENVELOPE",
  "OUTPUT_TOO_LARGE",
  "URL_TOO_LONG",
  "HEADERS_TOO_LARGE",
  "RECEIPT_KEY_MISSING",
  "CONTEXT_MISSING",
  "CONTEXT_INVALID",
  "TOKENIZER_MISSING",
  "TOKENIZER_FAILED",
  "DIRECT_VALUE_TOO_LONG",
  "INTERNAL_ERROR",
] as const;

const guardCodes = [
  "ORIGIN_SECRET_MISMATCH",
  "RECEIPT_MISSING",
  "RECEIPT_INVALID",
  "RECEIPT_EXPIRED",
  "FIELD_NOT_SEALED",
] as const;

const readerCodes = [
  "ENVELOPE_MALFORMED",
  "ENVELOPE_VERSION_UNSUPPORTED",
  "ENVELOPE_ALG_MISMATCH",
  "ENVELOPE_MISPLACED",
  "DATA_KEY_UNEXPECTED",
  "KEY_UNKNOWN",
  "PRIVATE_KEY_INVALID",
  "DECRYPTION_FAILED",
  "ACCESS_DENIED",
  "ACCESS_INVALID",
  "CONTEXT_UNBOUND",
  "RATE_LIMITED",
  "RATE_STORE_UNAVAILABLE",
  "AUDIT_UNAVAILABLE",
  "TOO_MANY_DATA_KEYS",
  "TOO_MANY_KMS_CALLS",
  "DECRYPTOR_CLOSED",
  "KMS_UNAVAILABLE",
  "KMS_ACCESS_DENIED",
  "KMS_KEY_UNUSABLE",
  "KMS_ENDPOINT_REFUSED",
  "ENDPOINT_REFUSED",
  "KEY_STORE_UNAVAILABLE",
] as const;

const tokenizerCodes = [
  "FF1_KEY_INVALID",
  "FF1_RADIX_INVALID",
  "FF1_NUMERAL_INVALID",
  "FF1_DOMAIN_TOO_SMALL",
  "FF1_LENGTH_INVALID",
  "FF1_TWEAK_INVALID",
  "VALUE_CHARACTER_INVALID",
  "VALUE_TOO_SHORT",
  "VALUE_TOO_LONG",
  "VALUE_CHECKSUM_INVALID",
  "VALUE_STRUCTURE_INVALID",
  "TOKEN_INVALID",
  "FORMAT_UNKNOWN",
  "KEY_VERSION_UNKNOWN",
  "TOKEN_KEY_INVALID",
  "SUBJECT_MISSING",
  "RECORD_INVALID",
  "TOKENIZER_CLOSED",
] as const;

const objectCodes = [
  "ITEM_INVALID",
  "ITEMS_FAILED",
  "OBJECT_UNKNOWN",
  "OBJECT_CHANGED",
  "OBJECT_STORE_REFUSED",
  "OBJECT_STORE_UNAVAILABLE",
] as const;

const hostCodes = [
  "UNAUTHENTICATED",
  "KEY_SET_UNAVAILABLE",
  "REQUEST_INVALID",
  "BATCH_TOO_LARGE",
  "REQUEST_TIMEOUT",
  "RESOURCE_UNKNOWN",
  "METHOD_NOT_ALLOWED",
  "TOO_MANY_REQUESTS",
  "SERVICE_BUSY",
  "NOT_READY",
] as const;

const vaultCodes = [
  "TOKEN_UNKNOWN",
  "TOKEN_EXPIRED",
  "TOKEN_REVOKED",
  "TOKEN_OTHER_TENANT",
  "TOKEN_OTHER_FORMAT",
  "TOKEN_OTHER_SUBJECT",
  "TOKEN_SPACE_EXHAUSTED",
  "SUBJECT_ERASED",
  "VAULT_INPUT_INVALID",
  "VAULT_FORMAT_INVALID",
  "VAULT_KEY_INVALID",
  "VAULT_KEY_UNKNOWN",
  "VAULT_KEY_MISMATCH",
  "VAULT_CORRUPT",
  "VAULT_UNAVAILABLE",
  "VAULT_CLOSED",
  "VAULT_MISSING",
  "VAULT_EXISTS",
  "VAULT_EXPORT_INVALID",
  "VAULT_IMPORT_CONFLICT",
] as const;

const commandCodes = [
  "USAGE_INVALID",
  "FILE_UNREADABLE",
  "FILE_UNWRITABLE",
  "FILE_EXISTS",
  "CONFIG_INVALID",
  "PACKAGE_MISSING",
  "POLICY_WARNED",
  "COVERAGE_REDUCED",
  "KEY_REPLACED",
  "SECRET_KEY_REFUSED",
  "DEVELOPMENT_KEY_REFUSED",
  "AUDIT_BROKEN",
  "KMS_KEY_MISMATCH",
  "DEPLOYMENT_UNSOUND",
] as const;

/** The `code` of every error that Fieldseal throws; see docs/errors.md for cause and remedy. */
export type ErrorCode =
  | (typeof bodyCodes)[number]
  | (typeof policyCodes)[number]
  | (typeof edgeCodes)[number]
  | (typeof guardCodes)[number]
  | (typeof readerCodes)[number]
  | (typeof tokenizerCodes)[number]
  | (typeof objectCodes)[number]
  | (typeof vaultCodes)[number]
  | (typeof hostCodes)[number]
  | (typeof commandCodes)[number];

/** Every code, each once. */
export const errorCodes: readonly ErrorCode[] = [
  ...bodyCodes,
  ...policyCodes,
  ...edgeCodes,
  ...guardCodes,
  ...readerCodes,
  ...tokenizerCodes,
  ...objectCodes,
  ...vaultCodes,
  ...hostCodes,
  ...commandCodes,
];
