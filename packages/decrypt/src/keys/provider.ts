// The reader's half of a key: something that unwraps data keys and never shows a private key. Pure.
import type { Alg } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";

/** One private key, wherever it lives. */
export interface UnwrappingKey {
  readonly kid: string;
  readonly alg: Alg;
  /** What the key is called where it lives: a key ARN, or a fingerprint. */
  readonly id: string;
  /** Length in bytes that a wrapped data key must have; undefined where the public key is not known. */
  readonly wrappedLength: number | undefined;
  /**
   * The bytes that `wrapped` holds; null where it does not unwrap, whatever the reason.
   *
   * @param signal aborts when the time for this data key is over; the answer is not waited for any longer.
   * @throws {FieldsealError} `KMS_UNAVAILABLE` (retryable), `KMS_ACCESS_DENIED`, `KMS_KEY_UNUSABLE` where the key could
   * not be asked.
   */
  unwrap(wrapped: Uint8Array, signal: AbortSignal): Promise<Uint8Array | null>;
}

/** A ring of private keys by kid. */
export interface KeyProvider {
  find(kid: string): UnwrappingKey | undefined;
  /** The circuits to keys behind a network, where there are any: for metrics and readiness. */
  circuits?(): readonly KeyCircuit[];
}

/** `closed`: calls go through. `open`: none does. `half-open`: one tries whether there is an answer again, or may. */
export type CircuitState = "closed" | "open" | "half-open";

/** One way to a key. */
export interface KeyCircuit {
  readonly kid: string;
  readonly region: string;
  readonly state: CircuitState;
}

/** One ring of several, the first that has a kid serves it. @throws {FieldsealError} `CONFIG_INVALID` */
export function keyRing(...providers: readonly KeyProvider[]): KeyProvider {
  providers.forEach(checkKeys);
  return {
    find: (kid) => {
      for (const provider of providers) {
        const key = provider.find(kid);
        if (key !== undefined) return key;
      }
      return undefined;
    },
    circuits: () => providers.flatMap((provider) => provider.circuits?.() ?? []),
  };
}

/** @throws {FieldsealError} `CONFIG_INVALID` for what finds no key by its kid. */
export function checkKeys(keys: KeyProvider): void {
  if (typeof keys?.find === "function" && !Array.isArray(keys)) return;
  const hint =
    (keys as unknown) instanceof Promise
      ? "await it first"
      : "give what pemKeys, kmsKeys or another key provider returns";
  throw new FieldsealError("CONFIG_INVALID", "keys is no key provider", { hint });
}
