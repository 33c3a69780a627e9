// From found envelopes to opened values: access first, then keys, then one audit event each, then plaintext.
import { type Access, type Grant, grantOf, type Who } from "@fieldseal/core/access";
import type { AuditEvent, AuditSink } from "@fieldseal/core/audit";
import { encodeBase64url } from "@fieldseal/core/bytes";
import { type Context, type Envelope, encodeContext, type OpenedValue, openEnvelope } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { KeyProvider } from "./keys/provider.ts";
import { openPrimitives } from "./primitives.ts";
import { dataKeyId, unwrapAll, unwrappingKeyOf } from "./unwrap.ts";

export interface OpenOptions {
  readonly keys: KeyProvider;
  /** Null: everybody in this process sees everything. */
  readonly access: Access | null;
  readonly audit: AuditSink | null;
  readonly now: () => Date;
}

export interface EnvelopeText {
  readonly envelope: Envelope;
  readonly text: Uint8Array;
}

/** An envelope that was opened, and how much of it may be shown; null where nothing may be. */
export type Opening = { readonly value: OpenedValue; readonly keepLast: number | null } | null;

/**
 * Opens envelopes, in order. Those that `who` may see nothing of are not touched.
 *
 * @throws {FieldsealError} `KEY_UNKNOWN`, `ENVELOPE_ALG_MISMATCH`, `ENVELOPE_MALFORMED`, `CONTEXT_INVALID` before any
 * key is used; then `DECRYPTION_FAILED` or the codes of KMS; `AUDIT_UNAVAILABLE` where the audit sink does not accept.
 */
export async function openEnvelopes(
  found: readonly EnvelopeText[],
  context: Context,
  who: Who,
  { keys, access, audit, now }: OpenOptions,
): Promise<Opening[]> {
  const contextBytes = encodeContext(context);
  const grants = found.map(({ envelope }): Grant => {
    return access === null ? "full" : grantOf(access, who, envelope.field, context);
  });
  const event = (index: number, outcome: AuditEvent["outcome"], code?: string): AuditEvent => ({
    time: now().toISOString(),
    principal: who.principal,
    purpose: who.purpose,
    requestId: who.requestId,
    field: found[index]!.envelope.field,
    kid: found[index]!.envelope.kid,
    envelope: encodeBase64url(openPrimitives.sha256(found[index]!.text)),
    format: "native",
    binding: "field",
    outcome,
    ...(code === undefined ? {} : { code }),
  });
  try {
    const allowed = found.filter((_, index) => grants[index] !== "none");
    const dataKeys = await unwrapAll(
      allowed.map(({ envelope }) => envelope),
      keys,
    );
    const openings = found.map(({ envelope }, index): Opening => {
      const grant = grants[index]!;
      if (grant === "none") return null;
      const dataKey = dataKeys.get(dataKeyId(unwrappingKeyOf(envelope, keys), envelope.wrapped))!;
      const value = openEnvelope(envelope, dataKey, contextBytes, openPrimitives);
      return { value, keepLast: grant === "full" ? null : grant.mask };
    });
    for (const dataKey of dataKeys.values()) dataKey.fill(0);
    await record(
      audit,
      grants.map((grant, index) => event(index, outcomeOf(grant))),
    );
    return openings;
  } catch (error) {
    if (error instanceof FieldsealError && error.code !== "AUDIT_UNAVAILABLE") {
      await record(
        audit,
        grants.map((grant, index) => {
          return grant === "none" ? event(index, "denied") : event(index, "failed", error.code);
        }),
      );
    }
    throw error;
  }
}

function outcomeOf(grant: Grant): AuditEvent["outcome"] {
  if (grant === "none") return "denied";
  return grant === "full" ? "opened" : "masked";
}

async function record(audit: AuditSink | null, events: readonly AuditEvent[]): Promise<void> {
  if (audit === null || events.length === 0) return;
  try {
    await audit.accept(events);
  } catch (cause) {
    const message = "the audit sink did not accept the events; nothing is returned";
    throw new FieldsealError("AUDIT_UNAVAILABLE", message, { retryable: true, cause });
  }
}
