// Values in the direct format: one RSA operation each, text that any KMS client opens.
import type { ValueCodec } from "@fieldseal/core/body";
import { utf8Bytes, utf8Text } from "@fieldseal/core/bytes";
import { maxDirectLength, sealDirect } from "@fieldseal/core/envelope";
import type { EncryptAction } from "@fieldseal/core/policy";
import { wrappingKeyOf } from "./policy.ts";
import { sealPrimitives } from "./primitives.ts";
import { refusal } from "./refusal.ts";
import type { SelectedField } from "./select-fields.ts";

/**
 * A value sealed and spelled for its container; null where it is too long and the rule says to seal it natively.
 *
 * @param raw the value as the body spells it, after what other rules changed inside
 * @throws {FieldsealError} `DIRECT_VALUE_TOO_LONG`; `FIELD_SHAPE_MISMATCH` for a value that is no text.
 */
export function directValue(
  { rule, match }: SelectedField,
  { format, key }: EncryptAction,
  codec: ValueCodec,
  raw: Uint8Array,
): Uint8Array | null {
  if (format.name !== "direct") return null;
  const text = codec.decodeValue(raw);
  if (text === null || !text.isWellFormed()) {
    throw refusal("FIELD_SHAPE_MISMATCH", "the direct format is for well-formed text", rule, match.start);
  }
  const value = utf8Bytes(text);
  if (value.length > maxDirectLength(key.publicKey.wrappedLength)) {
    if (format.onTooLong === "native") return null;
    throw refusal("DIRECT_VALUE_TOO_LONG", "a value is too long for the direct format", rule, match.start);
  }
  const { prefix, suffix } = format;
  const sealed = sealDirect(value, { prefix, suffix, key: wrappingKeyOf(key) }, sealPrimitives);
  return codec.encodeValue(utf8Text(sealed))!;
}
