// The answer to a refused request: RFC 9457 problem details, without any value, never cached.
import type { ErrorCode } from "@fieldseal/core/errors";
import type { CloudFrontResultResponse } from "aws-lambda";

/** HTTP status of each code that the edge answers with. */
export const statusOf: Partial<Record<ErrorCode, number>> = {
  BODY_ENCODING_INVALID: 400,
  BODY_MALFORMED: 400,
  BODY_NOT_EXPOSED: 500,
  BODY_NOT_UTF8: 400,
  BODY_TOO_DEEP: 400,
  BODY_TOO_LARGE: 413,
  BODY_TRUNCATED: 413,
  CHARSET_UNSUPPORTED: 415,
  CONTENT_CODING_UNSUPPORTED: 415,
  CONTEXT_INVALID: 400,
  CONTEXT_MISSING: 400,
  COOKIE_MALFORMED: 400,
  EVENT_INVALID: 500,
  FIELD_IN_QUERY: 400,
  FIELD_NAME_VARIANT: 400,
  FIELD_OVERLAP: 400,
  FIELD_REQUIRED_MISSING: 400,
  FIELD_SHAPE_MISMATCH: 400,
  FILTER_FAILED: 400,
  FOREIGN_ENVELOPE: 400,
  FORM_NOT_PLAUSIBLE: 400,
  HEADERS_TOO_LARGE: 431,
  INTERNAL_ERROR: 500,
  MEDIA_TYPE_MISMATCH: 415,
  MEDIA_TYPE_MISSING: 415,
  MEDIA_TYPE_UNSUPPORTED: 415,
  MEMBER_REPEATED: 400,
  METHOD_NOT_COVERED: 405,
  OUTPUT_TOO_LARGE: 413,
  PATH_AMBIGUOUS: 400,
  RECEIPT_KEY_MISSING: 500,
  ROUTE_UNMATCHED: 403,
  TOKENIZER_FAILED: 500,
  TOKENIZER_MISSING: 500,
  TOO_MANY_FIELDS: 413,
  DIRECT_VALUE_TOO_LONG: 413,
  XML_DTD_REFUSED: 400,
  XML_XINCLUDE_REFUSED: 400,
  URL_TOO_LONG: 414,
};

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  405: "Method Not Allowed",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
};

/** The generated response for a code. */
export function problemResponse(code: ErrorCode): CloudFrontResultResponse {
  const status = statusOf[code] ?? 500;
  const title = reasons[status]!;
  return {
    status: String(status),
    statusDescription: title,
    headers: {
      "cache-control": [{ key: "Cache-Control", value: "no-store" }],
      "content-type": [{ key: "Content-Type", value: "application/problem+json" }],
    },
    bodyEncoding: "text",
    body: problemText(code, status),
  };
}

/** The body of an answer with `status` (RFC 9457 section 3). */
export function problemText(code: ErrorCode, status: number): string {
  return JSON.stringify({ type: `urn:fieldseal:error:${code}`, title: reasons[status], status, code });
}
