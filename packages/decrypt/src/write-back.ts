// How an opened value is written into a container: the table of docs/wire-format.md. Pure.

import { mask } from "@fieldseal/core/access";
import { type Codec, codecOf, spell, tokenOf } from "@fieldseal/core/body";
import { utf8Text } from "@fieldseal/core/bytes";
import { decryptionFailed, type OpenedValue } from "@fieldseal/core/envelope";

/** A whole value or a part of one, and the byte in front of it. */
export interface PlaceInBody {
  readonly place: "value" | "text";
  readonly before: number | undefined;
}

/**
 * The bytes that stand for an opened value in a container; of a masked one, its masked text.
 *
 * @throws {FieldsealError} `DECRYPTION_FAILED` where the value is not what its kind says or the container cannot hold
 * it: plaintext is client input.
 */
export function writeBack(
  opened: OpenedValue,
  container: Codec,
  { place, before }: PlaceInBody,
  keepLast: number | null,
): Uint8Array {
  if (keepLast === null && place === "value") {
    if (opened.kind === container.grammar && container.isValue(opened.value, before)) return opened.value;
    const respelled = asOtherJson(opened, container);
    if (respelled !== null) return respelled;
  }
  const text = textOf(opened);
  if (text === null) throw decryptionFailed();
  return writeText(keepLast === null ? text : mask(text, keepLast), container, place);
}

/** A JSON token for JSON in a string, or the reverse; null for anything else. */
function asOtherJson({ kind, value }: OpenedValue, { grammar }: Codec): Uint8Array | null {
  const isInString = kind === "json" && grammar === "json-in-string";
  if (!isInString && !(kind === "json-in-string" && grammar === "json")) return null;
  if (codecOf(kind)?.isValue(value) !== true) return null;
  return isInString ? spell(value) : tokenOf(value);
}

/**
 * Text of our own, in the place of a value.
 *
 * @throws {FieldsealError} `DECRYPTION_FAILED` where the container cannot hold it.
 */
export function writeText(text: string, container: Codec, place: "value" | "text"): Uint8Array {
  const bytes = place === "value" ? container.encodeValue(text) : container.encodeText(text);
  if (bytes === null) throw decryptionFailed();
  return bytes;
}

/**
 * An opened value as text: a string decoded, other tokens as spelled; null where it is markup.
 *
 * @throws {FieldsealError} `DECRYPTION_FAILED` where the value is not what its kind says.
 */
export function textOf({ kind, value }: OpenedValue): string | null {
  if (kind === "text") return utf8Text(value);
  const codec = codecOf(kind);
  if (codec === null || !codec.isValue(value)) throw decryptionFailed();
  return codec.decodeValue(value);
}
