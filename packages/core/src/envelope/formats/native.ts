// The native format as a sealed value (docs/wire-format.md, Native envelope). Pure.
import type { DataKey } from "../keys.ts";
import { openEnvelope } from "../open.ts";
import { type Envelope, findEnvelopes, type LastWrapped, parseEnvelope, takeApart } from "../syntax.ts";
import type { FoundValue, SealedValue } from "./sealed-value.ts";

/**
 * Reads the text of one envelope.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED`, `ENVELOPE_VERSION_UNSUPPORTED`.
 */
export function readNative(text: Uint8Array): SealedValue {
  return nativeValue(parseEnvelope(text));
}

/**
 * Finds the envelopes in a text.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED`, `ENVELOPE_VERSION_UNSUPPORTED`.
 */
export function findNative(text: Uint8Array, last?: LastWrapped): FoundValue[] {
  return findEnvelopes(text, last).map((found) => {
    return { value: nativeValue(takeApart(text, found, last)), start: found.start, end: found.end };
  });
}

function nativeValue(envelope: Envelope): SealedValue {
  return {
    format: "native",
    alg: envelope.alg,
    kid: envelope.kid,
    fields: [envelope.field],
    binding: "field",
    wrapped: envelope.wrapped,
    holds: "data-key",
    open: (secret, context, primitives) => openEnvelope(envelope, secret as DataKey, context, primitives),
  };
}
