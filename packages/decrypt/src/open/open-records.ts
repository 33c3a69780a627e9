// The reader's pipeline for the records of one call: decide, unwrap each data key once, open, write, tell the audit sink.
import type { RateLimiter, Who } from "@fieldseal/core/access";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Reader } from "../options.ts";
import { type AdmittedRecord, admit, createGrants, type GrantsFor } from "./admit.ts";
import { allFailed, audit } from "./audit-events.ts";
import { failureOf, openFields } from "./open-fields.ts";
import type { FoundField, OpenedField, SealedRecord } from "./record.ts";
import { type NeededKey, type Secrets, unwrapAll } from "./secrets.ts";

/** A record that was opened. */
export interface OpenedRecord<T> {
  readonly result: T;
  readonly fields: readonly OpenedField[];
}

const defaultMaxCalls = 1000;
const callsPerRecord = 2;
/** What a refused ciphertext costs a principal, in fields: planted ones are dearer than genuine ones. */
const refusalCost = 10;

/** Opens records, in order; each fails alone. A record that could not even be read comes as its error. */
export async function openRecords<T>(
  records: readonly (SealedRecord<T> | FieldsealError)[],
  who: Who,
  reader: Reader,
): Promise<(OpenedRecord<T> | FieldsealError)[]> {
  const admitted: (AdmittedRecord<T> | FieldsealError)[] = [];
  const grantsFor = createGrants(who, reader);
  for (const record of records)
    admitted.push(record instanceof FieldsealError ? record : await decide(record, { grantsFor, who, reader }));
  const affordable = withinBudget(admitted, reader);
  const secrets = await unwrapAll(distinctKeys(affordable), reader);
  try {
    await chargeRefusals(secrets, who, reader);
    // Side by side: an audit trail takes the events of all records at once, and is not waited for once for each.
    const asked = { secrets, who, reader };
    return await Promise.all(affordable.map((one, index) => openRecord(records[index]!, one, asked)));
  } finally {
    secrets.release();
  }
}

async function decide<T>(
  record: SealedRecord<T>,
  { grantsFor, who, reader }: { readonly grantsFor: GrantsFor; readonly who: Who; readonly reader: Reader },
): Promise<AdmittedRecord<T> | FieldsealError> {
  try {
    const admitted = admit(record, grantsFor, reader);
    const cost = admitted.fields.filter(({ wrapped }) => wrapped !== null).length;
    const { limiter } = reader;
    if (cost > 0 && limiter !== null && !(await limiter.allow(who.principal ?? "", cost))) throw limited(cost, limiter);
    return admitted;
  } catch (error) {
    if (error instanceof FieldsealError) return error;
    throw error;
  }
}

/** What even a full bucket does not hold will never pass: whoever tries a batch again until it does would try for ever. */
function limited(cost: number, { burst }: RateLimiter): FieldsealError {
  if (cost <= burst) {
    const message = "the principal has opened as many fields as its rate allows";
    return new FieldsealError("RATE_LIMITED", message, { retryable: true });
  }
  return new FieldsealError("RATE_LIMITED", `one record has more than the ${burst} fields that a rate allows at once`, {
    hint: 'raise the rate\'s "burst", or open less at once',
  });
}

/**
 * Refuses what would ask for more data keys than one call may. Records with the fewest are served first, so that one
 * that was stuffed with planted envelopes fails before its neighbours do.
 */
function withinBudget<T>(
  admitted: readonly (AdmittedRecord<T> | FieldsealError)[],
  { dataKeys, maxKmsCallsPerCall }: Reader,
): (AdmittedRecord<T> | FieldsealError)[] {
  const max = maxKmsCallsPerCall ?? Math.max(defaultMaxCalls, callsPerRecord * admitted.length);
  const out = [...admitted];
  const paid = new Set<string>();
  const keysOf = (one: AdmittedRecord<T> | FieldsealError): string[] => {
    return one instanceof FieldsealError ? [] : [...one.wrapped.keys()].filter((id) => dataKeys.needsCall(id));
  };
  const order = admitted
    .map((one, index) => ({ index, keys: keysOf(one) }))
    .sort((a, b) => a.keys.length - b.keys.length);
  for (const { index, keys } of order) {
    const unpaid = keys.filter((id) => !paid.has(id));
    if (paid.size + unpaid.length > max) {
      out[index] = new FieldsealError("TOO_MANY_KMS_CALLS", `the call would ask for more than ${max} data keys`);
    } else {
      for (const id of unpaid) paid.add(id);
    }
  }
  return out;
}

function distinctKeys<T>(admitted: readonly (AdmittedRecord<T> | FieldsealError)[]): NeededKey[] {
  const distinct = new Map<string, NeededKey>();
  for (const one of admitted) {
    if (one instanceof FieldsealError) continue;
    for (const [id, wrapped] of one.wrapped) {
      distinct.set(id, { wrapped, records: (distinct.get(id)?.records ?? 0) + 1 });
    }
  }
  return [...distinct.values()];
}

/**
 * One by one, as a bucket gives all or none. A fine must not lapse because it is more than what is left: then all that
 * is left is taken.
 */
async function chargeRefusals({ refused }: Secrets, who: Who, { limiter }: Reader): Promise<void> {
  if (limiter === null) return;
  const pay = (cost: number): Promise<boolean> => limiter.allow(who.principal ?? "", cost);
  for (let i = 0; i < refused; i++) {
    if (await pay(refusalCost)) continue;
    for (let left = 1; left < refusalCost && (await pay(1)); ) left++;
    return;
  }
}

interface Asked {
  readonly secrets: Secrets;
  readonly who: Who;
  readonly reader: Reader;
}

async function openRecord<T>(
  record: SealedRecord<T> | FieldsealError,
  admitted: AdmittedRecord<T> | FieldsealError,
  { secrets, who, reader }: Asked,
): Promise<OpenedRecord<T> | FieldsealError> {
  if (record instanceof FieldsealError) return record;
  try {
    try {
      if (admitted instanceof FieldsealError) throw admitted;
      const fields = openFields(admitted, secrets, reader);
      const failure = failureOf(admitted.record, fields);
      if (failure !== null) throw failure;
      const result = admitted.record.assemble(fields);
      await audit(() => fields.map((field) => ({ ...field, code: field.error?.code })), who, reader);
      return { result, fields };
    } catch (error) {
      if (!(error instanceof FieldsealError) || error.code === "AUDIT_UNAVAILABLE") throw error;
      await audit(() => allFailed(record.found, error, deniedIn(admitted)), who, reader);
      return error;
    }
  } catch (error) {
    if (error instanceof FieldsealError) return error;
    throw error;
  }
}

function deniedIn<T>(admitted: AdmittedRecord<T> | FieldsealError): (found: FoundField) => boolean {
  const fields = admitted instanceof FieldsealError ? [] : admitted.fields;
  const denied = new Set(
    fields.filter(({ grant, refusal }) => grant === "none" && refusal === null).map((f) => f.found),
  );
  return (found) => denied.has(found);
}
