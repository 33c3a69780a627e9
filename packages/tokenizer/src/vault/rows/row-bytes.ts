// Reading rows written as lp(field) lp(field) ..., strictly. Pure.
import { isUtf8 } from "node:buffer";
import { utf8Text } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";

/** Exactly `count` length-prefixed fields that fill `bytes`; throws VAULT_CORRUPT otherwise. */
export function readFields(bytes: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && fields.length < count) {
    if (at + 4 > bytes.length) throw corrupt();
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) throw corrupt();
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  if (at !== bytes.length || fields.length !== count) throw corrupt();
  return fields;
}

/** A field as text; throws VAULT_CORRUPT where it is not UTF-8. */
export function readText(field: Uint8Array): string {
  if (!isUtf8(field)) throw corrupt();
  return utf8Text(field);
}

/** A time in milliseconds as 8 bytes, big-endian. */
export function timeBytes(time: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(time));
  return bytes;
}

/** The inverse of `timeBytes`. */
export function readTime(field: Uint8Array): number {
  if (field.length !== 8) throw corrupt();
  const time = Number(new DataView(field.buffer, field.byteOffset, 8).getBigUint64(0));
  if (!Number.isSafeInteger(time)) throw corrupt();
  return time;
}

/** The error for a row that this vault did not write as it stands. */
export function corrupt(): FieldsealError {
  return new FieldsealError("VAULT_CORRUPT", "a row of the vault is not as it was written");
}
