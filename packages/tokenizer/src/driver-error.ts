// What the driver of a database threw, coded and without its text, which may quote rows or a connection string. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/**
 * What does not pass by itself: classes 22 and 54 (values that the database cannot hold), 28 (authorization), 3D (no such
 * database) and 42 (syntax, privileges) of SQLSTATE, and what DynamoDB refuses for its caller's rights or its form.
 */
const lasting =
  /^(?:(?:22|28|3D|42|54)[0-9A-Z]{3}|(?:AccessDenied|UnrecognizedClient|InvalidSignature|Validation|ResourceNotFound)Exception)$/;

/** `code` with what failed, and the driver's short code (SQLSTATE, errno, exception name); a coded error stays as it is. */
export function driverError(
  code: "VAULT_UNAVAILABLE" | "RATE_STORE_UNAVAILABLE",
  what: string,
  error: unknown,
): FieldsealError {
  if (error instanceof FieldsealError) return error;
  const short = driverCode(error);
  const detail = short === undefined ? "" : ` (${short})`;
  return new FieldsealError(code, what + detail, { retryable: short === undefined || !lasting.test(short) });
}

/** The driver's own code, where it is nothing but that. */
function driverCode(error: unknown): string | undefined {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return [code, name].find((text): text is string => typeof text === "string" && /^[A-Za-z0-9_]{2,64}$/.test(text));
}
