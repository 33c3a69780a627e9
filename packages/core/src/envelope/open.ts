// Opening framed plaintext once its data key is unwrapped (docs/wire-format.md). Pure; primitives as arguments.
import { lengthPrefixed, pooledBytes, writeLengthPrefixed } from "../bytes/index.ts";
import { decryptionFailed } from "./data-key.ts";
import type { DataKey } from "./keys.ts";
import { type PlaintextKind, unframe } from "./plaintext.ts";
import type { OpenPrimitives } from "./primitives.ts";
import { type Envelope, tagLength } from "./syntax.ts";

/** An opened value, spelled as its kind says; well-formed UTF-8. It is client input: anyone can seal with a public key. */
export interface OpenedValue {
  readonly kind: PlaintextKind;
  readonly value: Uint8Array;
}

/**
 * Opens `envelope` under `dataKey` and the canonical bytes of the context.
 *
 * @throws {FieldsealError} `DECRYPTION_FAILED`, whatever the reason.
 */
export function openEnvelope(
  envelope: Envelope,
  dataKey: DataKey,
  context: Uint8Array,
  primitives: OpenPrimitives,
): OpenedValue {
  const aad = pooledBytes(lengthPrefixed(envelope.header.length) + context.length);
  aad.set(context, writeLengthPrefixed(envelope.header, aad, 0));
  const opened = primitives.openAesGcm(dataKey, envelope.iv, aad, envelope.sealed);
  // A tag that is wrong takes the same way as a frame that is: nothing tells the two apart, calls included.
  const framed = opened ?? new Uint8Array(envelope.sealed.length - tagLength);
  const value = unframed(framed);
  const isText = primitives.isUtf8(value?.value ?? framed);
  if (opened === null || value === null || !isText) throw decryptionFailed();
  return value;
}

function unframed(framed: Uint8Array): OpenedValue | null {
  try {
    return unframe(framed);
  } catch {
    return null;
  }
}
