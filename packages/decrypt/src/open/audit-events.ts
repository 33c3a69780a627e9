// The audit event of each field, accepted by the sink before plaintext is returned.
import type { Who } from "@fieldseal/core/access";
import type { AuditEvent } from "@fieldseal/core/audit";
import { encodeBase64url } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Reader } from "../options.ts";
import type { FoundField, OpenedField } from "./record.ts";

/** What is told of one field. */
export type FieldEnd = Pick<OpenedField, "found" | "outcome" | "nested"> & { readonly code: string | undefined };

/**
 * Hands the events of a record to the sink, where there is one.
 *
 * @throws {FieldsealError} `AUDIT_UNAVAILABLE` (retryable) where the sink does not accept them.
 */
export async function audit(endsOf: () => readonly FieldEnd[], who: Who, reader: Reader): Promise<void> {
  if (reader.audit === null) return;
  const ends = endsOf();
  if (ends.length === 0) return;
  const time = reader.now().toISOString();
  try {
    await reader.audit.accept(ends.map((end) => eventOf(end, time, who, reader)));
  } catch (cause) {
    if (cause instanceof FieldsealError && cause.code === "AUDIT_UNAVAILABLE") throw cause;
    const message = "the audit sink did not accept the events; nothing is returned";
    throw new FieldsealError("AUDIT_UNAVAILABLE", message, { retryable: true, cause });
  }
}

/** Every field of a record that failed as a whole; those that were denied before are told as that. */
export function allFailed(
  found: readonly FoundField[],
  { code }: FieldsealError,
  isDenied: (found: FoundField) => boolean,
): FieldEnd[] {
  return found.map((one): FieldEnd => {
    if (isDenied(one)) return { found: one, outcome: "denied", nested: false, code: undefined };
    return { found: one, outcome: "failed", nested: false, code };
  });
}

function eventOf({ found, outcome, nested, code }: FieldEnd, time: string, who: Who, reader: Reader): AuditEvent {
  const { value, field, text } = found;
  return {
    time,
    principal: who.principal,
    purpose: who.purpose,
    requestId: who.requestId,
    field,
    kid: value.kid,
    envelope: encodeBase64url(reader.primitives.sha256(text)),
    format: value.format,
    binding: value.binding,
    outcome,
    ...(code === undefined ? {} : { code }),
    ...(nested ? { nested } : {}),
  };
}
