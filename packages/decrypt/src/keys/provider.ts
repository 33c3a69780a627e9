// The reader's half of a key: something that unwraps data keys and never shows a private key. Types only.
import type { Alg } from "@fieldseal/core/envelope";

/** One private key, wherever it lives. */
export interface UnwrappingKey {
  readonly kid: string;
  readonly alg: Alg;
  /** What the key is called where it lives: a key ARN, or a fingerprint. */
  readonly id: string;
  /** Length in bytes that a wrapped data key must have; undefined where the public key is not known. */
  readonly wrappedLength: number | undefined;
  /**
   * The bytes that `wrapped` holds.
   *
   * @throws {FieldsealError} `DECRYPTION_FAILED` where it does not unwrap; `KMS_UNAVAILABLE` (retryable),
   * `KMS_ACCESS_DENIED`, `KMS_KEY_UNUSABLE` where KMS could not be asked.
   */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>;
}

/** A ring of private keys by kid. */
export interface KeyProvider {
  find(kid: string): UnwrappingKey | undefined;
}
