// The audit trail of tokens: one event for each value, accepted by the sink before anything is returned.
import { type Grant, mask, type Who } from "@fieldseal/core/access";
import type { AuditEvent, AuditSink } from "@fieldseal/core/audit";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Operation } from "./gate.ts";

/** What happened to one value. */
export interface Happening {
  readonly operation: Operation;
  readonly who: Who;
  readonly field: string;
  readonly format: string;
  readonly version: string;
  /** Stands for the token; empty where there is none. */
  readonly tokenName: string;
  readonly grant: Grant;
  readonly error: FieldsealError | null;
}

/**
 * Hands the events to the sink.
 *
 * @throws {FieldsealError} `AUDIT_UNAVAILABLE`
 */
export async function record(sink: AuditSink, happenings: readonly Happening[], time: Date): Promise<void> {
  const events = happenings.map((one): AuditEvent => {
    const { operation, who, field, format, version, tokenName, error } = one;
    return {
      time: time.toISOString(),
      principal: who.principal,
      purpose: who.purpose,
      field,
      requestId: who.requestId,
      // `kid` names format and key version, `envelope` is a keyed digest of the token.
      kid: `${format}/${version}`,
      envelope: tokenName,
      format: "token",
      binding: "none",
      outcome: outcomeOf(one),
      action: operation,
      ...(error === null ? {} : { code: error.code }),
    };
  });
  try {
    await sink.accept(events);
  } catch (cause) {
    throw new FieldsealError("AUDIT_UNAVAILABLE", "the audit sink did not accept the events", {
      retryable: true,
      cause,
    });
  }
}

/** What a caller sees of a value under a grant. */
export function shown(value: string, grant: Grant): string {
  return typeof grant === "object" ? mask(value, grant.mask) : value;
}

function outcomeOf({ error, grant }: Happening): AuditEvent["outcome"] {
  if (error !== null) return error.code === "ACCESS_DENIED" ? "denied" : "failed";
  return typeof grant === "object" ? "masked" : "opened";
}
