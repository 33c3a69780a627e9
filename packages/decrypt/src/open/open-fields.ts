// From admitted fields to opened ones: every field is opened, whatever became of the one before.
import { maskStars } from "@fieldseal/core/access";
import { decryptionFailed } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Reader } from "../options.ts";
import type { AdmittedField, AdmittedRecord } from "./admit.ts";
import { isNested } from "./nested.ts";
import type { OpenedField, SealedRecord } from "./record.ts";
import type { Secrets } from "./secrets.ts";

/** Opens the fields of a record, in order. */
export function openFields<T>(admitted: AdmittedRecord<T>, secrets: Secrets, reader: Reader): OpenedField[] {
  return admitted.fields.map((field) => {
    try {
      return openField(field, admitted, secrets, reader);
    } catch (error) {
      if (!(error instanceof FieldsealError)) throw error;
      return failedField(field, admitted.record, error);
    }
  });
}

/** The error that a record fails with; null where all is well or its fields fail alone. */
export function failureOf<T>({ onFieldError }: SealedRecord<T>, fields: readonly OpenedField[]): FieldsealError | null {
  const errors = fields.flatMap(({ error }) => (error === null ? [] : [error]));
  // What may go well the next time must be tried again, whole: never half a record.
  const retryable = errors.find((error) => error.retryable);
  if (retryable !== undefined) return retryable;
  return onFieldError === "fail" ? (errors[0] ?? null) : null;
}

function openField<T>(
  { found, grant, wrapped, refusal }: AdmittedField,
  { record, contextOf }: AdmittedRecord<T>,
  secrets: Secrets,
  { primitives }: Reader,
): OpenedField {
  if (refusal !== null) throw refusal;
  if (grant === "none" || wrapped === null) {
    const written = record.onDenied === "mask" ? record.writeText(found, maskStars) : null;
    return { found, outcome: "denied", written, error: null, nested: false };
  }
  const secret = secrets.of(wrapped.id, found.value.holds);
  const opened = found.value.open(secret.bytes, contextOf(found.field), primitives);
  if (!secret.genuine) throw decryptionFailed();
  const keepLast = grant === "full" ? null : grant.mask;
  const outcome = keepLast === null ? "opened" : "masked";
  // Written first: only then the value is known to be what its kind says.
  const written = record.write(found, opened, keepLast);
  return { found, outcome, written, error: null, nested: isNested(opened, record.formats) };
}

function failedField<T>({ found }: AdmittedField, record: SealedRecord<T>, error: FieldsealError): OpenedField {
  const written = record.onFieldError === "mark" ? record.writeText(found, `[${error.code}]`) : null;
  return { found, outcome: "failed", written, error, nested: false };
}
