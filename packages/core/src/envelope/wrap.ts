// A fresh data key and its wrapping for one key of the ring (docs/wire-format.md, Data key). Pure; primitives as arguments.
import type { Alg } from "./algorithms.ts";
import { drawDataKey } from "./data-key.ts";
import { dhkemSharedSecret } from "./dhkem.ts";
import type { DataKey, WrappingKey } from "./keys.ts";
import { compressPoint } from "./p256-point.ts";
import type { SealPrimitives } from "./primitives.ts";

export interface WrappedDataKey {
  readonly dataKey: DataKey;
  readonly wrapped: Uint8Array;
}

/**
 * Makes a data key for the recipient `key`.
 *
 * @param random 32 random bytes, which `RSA-OAEP-256` takes for the data key; `DHKEM-P256` draws an ephemeral key
 */
export function wrapDataKey(
  alg: Alg,
  key: WrappingKey,
  random: Uint8Array,
  primitives: SealPrimitives,
): WrappedDataKey {
  if (alg === "RSA-OAEP-256") {
    const dataKey = drawDataKey(random, primitives);
    return { dataKey, wrapped: primitives.sealRsaOaep256(key, dataKey) };
  }
  for (;;) {
    const { ephemeral, recipient, dh } = primitives.agreeP256(key);
    const secret = dhkemSharedSecret({ dh, ephemeral, recipient }, primitives);
    dh.fill(0);
    // Another ephemeral key where the secret is text, as for drawn data keys.
    if (!primitives.isUtf8(secret)) return { dataKey: secret as DataKey, wrapped: compressPoint(ephemeral) };
  }
}
