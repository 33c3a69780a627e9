// How an opened value is written into a container: the table of docs/wire-format.md. Pure.

import { mask } from "@fieldseal/core/access";
import { type Codec, codecOf } from "@fieldseal/core/body";
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
  const isAsSealed = keepLast === null && place === "value" && opened.kind === container.grammar;
  if (isAsSealed && container.isValue(opened.value, before)) return opened.value;
  const text = textOf(opened);
  if (text === null) throw decryptionFailed();
  return writeText(keepLast === null ? text : mask(text, keepLast), container, place);
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
