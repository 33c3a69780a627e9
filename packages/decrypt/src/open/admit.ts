// Everything that is decided before a key is touched: placement, context, access, keys, lengths, pins, numbers.
import { type Grant, grantsOf, refuseUnboundContext, type Who } from "@fieldseal/core/access";
import { bytesEqual, concat, concatLengthPrefixed, encodeBase64url, utf8Bytes } from "@fieldseal/core/bytes";
import { type Context, encodeContext, type SealedValue } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { WrappedKey } from "../data-keys/data-key-source.ts";
import type { UnwrappingKey } from "../keys/provider.ts";
import type { Reader } from "../options.ts";
import { misplaced } from "../placement.ts";
import type { FoundField, SealedRecord } from "./record.ts";

/** A field and what was decided of it; `wrapped` is null where it is denied or refused. */
export interface AdmittedField {
  readonly found: FoundField;
  readonly grant: Grant;
  readonly wrapped: WrappedKey | null;
  readonly refusal: FieldsealError | null;
}

export interface AdmittedRecord<T> {
  readonly record: SealedRecord<T>;
  /** Canonical bytes of the context that values of a field are bound to. */
  readonly contextOf: (field: string) => Uint8Array;
  readonly fields: readonly AdmittedField[];
  /** Distinct wrapped keys by `dataKeyId`. */
  readonly wrapped: ReadonlyMap<string, WrappedKey>;
}

/** What the caller sees of fields that are bound to a context. */
export type GrantsFor = (context: Context) => (field: string) => Grant;

/** The grants of one call: its records share their context, and the rules are gone through once for each. */
export function createGrants(who: Who, { access, requireBoundContext }: Reader): GrantsFor {
  const known = new Map<Context, (field: string) => Grant>();
  return (context) => {
    if (access === null) return () => "full";
    const grants = known.get(context) ?? grantsOf(access, { who, context, requireBoundContext });
    known.set(context, grants);
    return grants;
  };
}

/**
 * Decides what will be opened of a record.
 *
 * @throws {FieldsealError} `CONTEXT_INVALID`, `CONTEXT_UNBOUND`, `DATA_KEY_UNEXPECTED`, `TOO_MANY_DATA_KEYS`; and where
 * the record fails with its fields `ENVELOPE_MISPLACED`, `KEY_UNKNOWN`, `ENVELOPE_ALG_MISMATCH`, `ENVELOPE_MALFORMED`.
 */
export function admit<T>(record: SealedRecord<T>, grantsFor: GrantsFor, reader: Reader): AdmittedRecord<T> {
  const contextOf = contextsOf(record);
  if (reader.access !== null && reader.requireBoundContext) refuseUnboundContext(reader.access, record.context);
  const grants = grantsFor(record.context);
  const known = new Map<UnwrappingKey, WrappedKey>();
  const wrapped = new Map<string, WrappedKey>();
  const fields = record.found.map((found) => {
    const field = admitField(found, { grants, known, reader });
    if (field.wrapped !== null) {
      known.set(field.wrapped.key, field.wrapped);
      wrapped.set(field.wrapped.id, field.wrapped);
    }
    return field;
  });
  const refusal = fields.find((field) => field.refusal !== null)?.refusal;
  if (refusal != null && record.onFieldError === "fail") throw refusal;
  refuseUnpinned(fields, record, reader);
  if (wrapped.size > record.maxDataKeys) refuseTooManyDataKeys(fields, record);
  return { record, contextOf, fields, wrapped };
}

/** @throws {FieldsealError} `CONTEXT_INVALID` at once, whatever is asked for. */
function contextsOf<T>({ context, boundKeys }: SealedRecord<T>): (field: string) => Uint8Array {
  const isContext = typeof context === "object" && context !== null && !Array.isArray(context);
  if (!isContext || !Object.values(context).every((value) => typeof value === "string")) {
    throw new FieldsealError("CONTEXT_INVALID", "a context must have texts by key");
  }
  const whole = encodeContext(context);
  if (boundKeys.size === 0) return () => whole;
  const known = new Map<string, Uint8Array>();
  return (field) => {
    const keys = boundKeys.get(field);
    if (keys === undefined) return whole;
    const part = Object.entries(context).filter(([key]) => keys.includes(key));
    const bytes = known.get(field) ?? encodeContext(Object.fromEntries(part));
    known.set(field, bytes);
    return bytes;
  };
}

interface Asked {
  readonly grants: (field: string) => Grant;
  /** The last wrapped key of the record under each key. */
  readonly known: ReadonlyMap<UnwrappingKey, WrappedKey>;
  readonly reader: Reader;
}

function admitField(found: FoundField, { grants, known, reader }: Asked): AdmittedField {
  const { field } = found;
  const grant = grants(field);
  if (found.misplaced) return { found, grant, wrapped: null, refusal: misplaced(field, found.start) };
  if (grant === "none") return { found, grant, wrapped: null, refusal: null };
  try {
    return { found, grant, wrapped: wrappedKeyOf(found.value, known, reader), refusal: null };
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error;
    return { found, grant, wrapped: null, refusal: error };
  }
}

function wrappedKeyOf(value: SealedValue, known: Asked["known"], reader: Reader): WrappedKey {
  const key = unwrappingKeyOf(value, reader);
  const keep = value.holds !== "value";
  // The fields of a request share a data key: most have that of the one before, and no digest is computed.
  const last = known.get(key);
  if (last !== undefined && last.keep === keep && isSame(last.bytes, value.wrapped)) return last;
  return { id: dataKeyId(key, value.wrapped, reader), key, bytes: value.wrapped, keep };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || bytesEqual(a, b);
}

function unwrappingKeyOf({ kid, alg, wrapped, format }: SealedValue, reader: Reader): UnwrappingKey {
  const key = reader.keys.find(kid);
  // A key of CloudFront's messages serves nothing else: what it unwraps is no data key of ours.
  const isForeign = reader.cloudfrontNative.some((native) => native.kid === kid);
  if (key === undefined || isForeign !== (format === "cloudfront-native")) {
    throw new FieldsealError("KEY_UNKNOWN", `the key ring has no key "${kid}" for this format`, {
      kid,
      hint: "the ring needs every key under which values may still be sealed, also after a rotation",
    });
  }
  if (key.alg !== alg) {
    const message = `a sealed value has another algorithm than its key "${kid}"`;
    throw new FieldsealError("ENVELOPE_ALG_MISMATCH", message, { kid });
  }
  if (key.wrappedLength !== undefined && key.wrappedLength !== wrapped.length) {
    const message = `the wrapped key of a sealed value has not the length of "${kid}"`;
    throw new FieldsealError("ENVELOPE_MALFORMED", message, { kid });
  }
  return key;
}

/** SHA-256(lp(alg, kid, key ARN, wrapped)) in base64url: what a data key is known by; holds no secret. */
function dataKeyId(key: UnwrappingKey, wrapped: Uint8Array, { primitives }: Reader): string {
  const names = namesOf.get(key) ?? concatLengthPrefixed([key.alg, key.kid, key.id].map(utf8Bytes));
  namesOf.set(key, names);
  return encodeBase64url(primitives.sha256(concat([names, concatLengthPrefixed([wrapped])])));
}

/** lp(alg, kid, key ARN) of keys. */
const namesOf = new WeakMap<UnwrappingKey, Uint8Array>();

/** Counted only where the whole has that many: a part never has more. */
function refuseTooManyDataKeys(fields: readonly AdmittedField[], { maxDataKeys }: { maxDataKeys: number }): void {
  const ofPart = new Map<number | undefined, Set<string>>();
  for (const { found, wrapped } of fields) {
    if (wrapped === null) continue;
    const ids = ofPart.get(found.part) ?? new Set();
    ofPart.set(found.part, ids.add(wrapped.id));
    if (ids.size > maxDataKeys) {
      const message = `a record holds values under more than ${maxDataKeys} data keys`;
      throw new FieldsealError("TOO_MANY_DATA_KEYS", message, { offset: found.start });
    }
  }
}

type Pinned = Pick<SealedRecord<unknown>, "pins" | "pinned">;

function refuseUnpinned(fields: readonly AdmittedField[], { pins, pinned }: Pinned, { primitives }: Reader): void {
  const { expectDataKeys, sameDataKey } = pins;
  if (expectDataKeys === undefined && !sameDataKey) return;
  const seen = new Map<string, string>();
  for (const { found } of fields) {
    const { kid, wrapped } = found.value;
    const digest = encodeBase64url(primitives.sha256(wrapped));
    const place = pinned === "part" ? `${found.part} ${kid}` : kid;
    const first = seen.get(place) ?? digest;
    seen.set(place, first);
    const expected = expectDataKeys !== undefined && Object.hasOwn(expectDataKeys, kid) ? expectDataKeys[kid]! : [];
    const isPinned = expectDataKeys === undefined || [expected].flat().includes(digest);
    if (!isPinned || (sameDataKey && first !== digest)) {
      const message = "a sealed value has another data key than the record's";
      throw new FieldsealError("DATA_KEY_UNEXPECTED", message, { field: found.field, kid });
    }
  }
}
