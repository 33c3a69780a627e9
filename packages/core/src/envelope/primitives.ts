// What core asks of a cryptographic platform. Filled with node:crypto by edge-encrypt (sealing) and decrypt (opening).
import type { DataKey } from "./data-key.ts";

declare const platformKey: unique symbol;

/** A data key in the form that the platform seals with; opaque to core. */
export interface SealingKey {
  readonly [platformKey]: "sealing";
}

/** A recipient's public key in the form that the platform wraps with; opaque to core. */
export interface WrappingKey {
  readonly [platformKey]: "wrapping";
}

export interface Primitives {
  /** True for well-formed UTF-8 (Unicode 3.9, table 3-7). */
  isUtf8(bytes: Uint8Array): boolean;
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
}

export interface KdfPrimitives {
  /** HKDF with SHA-256 (RFC 5869): extract under `salt`, expand with `info` to `length` bytes. */
  hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;
}

export interface SealPrimitives extends Primitives {
  /** Fills `bytes` from the platform's cryptographic random generator. */
  randomFill(bytes: Uint8Array): void;
  importSealingKey(dataKey: DataKey): SealingKey;
  /** AES-256-GCM (SP 800-38D), 12-byte iv, 16-byte tag: writes ciphertext || tag into `out` at `at`. */
  sealAesGcm(
    key: SealingKey,
    iv: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
    out: Uint8Array,
    at: number,
  ): void;
  importWrappingKey(spki: Uint8Array): WrappingKey;
  /** RSAES-OAEP (RFC 8017 section 7.1) with SHA-256, MGF1 with SHA-256, empty label. */
  wrapRsaOaep256(key: WrappingKey, dataKey: DataKey): Uint8Array;
  /** New bytes whose content does not matter. */
  allocate(length: number): Uint8Array;
  copy(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void;
}

export interface OpenPrimitives extends Primitives {
  /** AES-256-GCM: the plaintext of ciphertext || tag, or null where it does not authenticate. */
  openAesGcm(dataKey: DataKey, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | null;
}
