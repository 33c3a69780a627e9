// Why a table could not be made, without the driver's text, which may repeat a connection string. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/** What does not pass by itself: SQLSTATE's classes of rights, databases and names, and what DynamoDB refuses its caller. */
const lasting =
  /^(?:(?:28|3D|42)[0-9A-Z]{3}|(?:AccessDenied|UnrecognizedClient|InvalidSignature|Validation)Exception)$/;

/** `VAULT_UNAVAILABLE`, or another code, with the driver's short one (SQLSTATE, errno, exception name), where it has one. */
export function tableNotMade(error: unknown, which: "VAULT_UNAVAILABLE" | "RATE_STORE_UNAVAILABLE"): FieldsealError {
  if (error instanceof FieldsealError) return error;
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const short = [code, name].find((text) => typeof text === "string" && /^[A-Za-z0-9_]{2,64}$/.test(text)) ?? "unknown";
  const table = which === "VAULT_UNAVAILABLE" ? "the vault's table" : "the table of rates";
  return new FieldsealError(which, `${table} could not be made (${short})`, {
    retryable: !lasting.test(String(short)),
  });
}
