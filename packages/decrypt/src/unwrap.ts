// Data keys for a set of envelopes: everything that can be refused is, then one unwrap for each distinct wrapped key.
import { concatLengthPrefixed, encodeBase64url, utf8Bytes } from "@fieldseal/core/bytes";
import { asDataKey, type DataKey, type Envelope } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { KeyProvider, UnwrappingKey } from "./keys/provider.ts";
import { openPrimitives } from "./primitives.ts";

/**
 * The key that an envelope names, checked against the envelope's header.
 *
 * @throws {FieldsealError} `KEY_UNKNOWN`, `ENVELOPE_ALG_MISMATCH`, `ENVELOPE_MALFORMED`, all before any call.
 */
export function unwrappingKeyOf({ kid, alg, wrapped }: Envelope, keys: KeyProvider): UnwrappingKey {
  const key = keys.find(kid);
  if (key === undefined) {
    throw new FieldsealError("KEY_UNKNOWN", `the key ring has no key "${kid}"`, { kid });
  }
  if (key.alg !== alg) {
    throw new FieldsealError("ENVELOPE_ALG_MISMATCH", `an envelope has another algorithm than its key "${kid}"`, {
      kid,
    });
  }
  if (key.wrappedLength !== undefined && key.wrappedLength !== wrapped.length) {
    throw new FieldsealError("ENVELOPE_MALFORMED", `an envelope's wrapped key has not the length of "${kid}"`, { kid });
  }
  return key;
}

/** SHA-256(lp(alg, kid, key ARN, wrapped)) in base64url: what a data key is known by; holds no secret. */
export function dataKeyId(key: UnwrappingKey, wrapped: Uint8Array): string {
  const parts = [utf8Bytes(key.alg), utf8Bytes(key.kid), utf8Bytes(key.id), wrapped];
  return encodeBase64url(openPrimitives.sha256(concatLengthPrefixed(parts)));
}

/** Unwraps each distinct data key once; the answer is by `dataKeyId`. Nothing is asked before all envelopes are checked. */
export async function unwrapAll(envelopes: readonly Envelope[], keys: KeyProvider): Promise<Map<string, DataKey>> {
  const wrapped = new Map<string, { readonly key: UnwrappingKey; readonly bytes: Uint8Array }>();
  for (const envelope of envelopes) {
    const key = unwrappingKeyOf(envelope, keys);
    wrapped.set(dataKeyId(key, envelope.wrapped), { key, bytes: envelope.wrapped });
  }
  const unwrapped = Array.from(wrapped, async ([id, { key, bytes }]) => {
    return [id, asDataKey(await key.unwrap(bytes), openPrimitives)] as const;
  });
  return new Map(await Promise.all(unwrapped));
}
