// Why a vault's table could not be made, without the driver's text, which may repeat a connection string. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/** What does not pass by itself: SQLSTATE's classes of rights, databases and names, and what DynamoDB refuses its caller. */
const lasting =
  /^(?:(?:28|3D|42)[0-9A-Z]{3}|(?:AccessDenied|UnrecognizedClient|InvalidSignature|Validation)Exception)$/;

/** `VAULT_UNAVAILABLE` with the driver's short code (SQLSTATE, errno, exception name), where it has one. */
export function tableNotMade(error: unknown): FieldsealError {
  if (error instanceof FieldsealError) return error;
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const short = [code, name].find((text) => typeof text === "string" && /^[A-Za-z0-9_]{2,64}$/.test(text)) ?? "unknown";
  return new FieldsealError("VAULT_UNAVAILABLE", `the vault's table could not be made (${short})`, {
    retryable: !lasting.test(String(short)),
  });
}
