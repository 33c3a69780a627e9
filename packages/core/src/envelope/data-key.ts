// Data keys: 32 bytes that are no text. Pure.
import { FieldsealError } from "../errors/index.ts";
import type { DataKey } from "./keys.ts";
import type { Primitives, SealPrimitives } from "./primitives.ts";

export const dataKeyLength = 32;

/**
 * Takes random `bytes` for a data key. Those that happen to be well-formed UTF-8 are drawn again: a value of the
 * `direct` format always is UTF-8, a data key never, so that neither can be asked for in the other's name.
 */
export function drawDataKey(bytes: Uint8Array, primitives: Pick<SealPrimitives, "isUtf8" | "randomFill">): DataKey {
  while (primitives.isUtf8(bytes)) primitives.randomFill(bytes);
  return bytes as DataKey;
}

/**
 * Takes unwrapped bytes for a data key.
 *
 * @throws {FieldsealError} `DECRYPTION_FAILED` unless they are 32 bytes that are not UTF-8.
 */
export function asDataKey(bytes: Uint8Array, primitives: Primitives): DataKey {
  const isText = primitives.isUtf8(bytes);
  if (bytes.length !== dataKeyLength || isText) throw decryptionFailed();
  return bytes as DataKey;
}

/** The one opaque failure of everything that happens after key material is used. */
export function decryptionFailed(): FieldsealError {
  return new FieldsealError("DECRYPTION_FAILED", "the envelope does not open");
}
