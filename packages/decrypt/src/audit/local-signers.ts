// Checkpoint signatures with keys of this process, for development; in production the key stays in KMS.
import { createHmac, createPrivateKey, createPublicKey, sign, timingSafeEqual, verify } from "node:crypto";
import type { CheckpointSigner, CheckpointVerifier } from "@fieldseal/core/audit";
import { FieldsealError } from "@fieldseal/core/errors";

export interface HmacKey {
  /** Name of the key. */
  readonly key: string;
  /** 32 bytes or more. */
  readonly secret: Uint8Array;
}

const minSecretLength = 32;

/**
 * Checkpoints with HMAC-SHA-256 (RFC 2104): signer and verifier hold the same secret.
 *
 * @throws {FieldsealError} `PRIVATE_KEY_INVALID` for a secret below 32 bytes.
 */
export function hmacSigner({ key, secret }: HmacKey): CheckpointSigner & CheckpointVerifier {
  if (secret.length < minSecretLength) {
    throw new FieldsealError("PRIVATE_KEY_INVALID", "the secret of a checkpoint MAC has fewer than 32 bytes");
  }
  const mac = (message: Uint8Array): Buffer => createHmac("sha256", secret).update(message).digest();
  return {
    alg: "HMAC-SHA-256",
    key,
    sign: async (message) => mac(message),
    verify: async (message, signature) => {
      const expected = mac(message);
      return signature.length === expected.length && timingSafeEqual(expected, signature);
    },
  };
}

/**
 * Signs checkpoints with an Ed25519 private key (RFC 8032) in PEM.
 *
 * @throws {FieldsealError} `PRIVATE_KEY_INVALID`.
 */
export function ed25519Signer({ key, privateKey }: { key: string; privateKey: string }): CheckpointSigner {
  const keyObject = ed25519Key(() => createPrivateKey(privateKey));
  return { alg: "Ed25519", key, sign: async (message) => sign(null, message, keyObject) };
}

/**
 * Checks what `ed25519Signer` signed, with the public key in PEM.
 *
 * @throws {FieldsealError} `PRIVATE_KEY_INVALID` for anything else.
 */
export function ed25519Verifier({ key, publicKey }: { key: string; publicKey: string }): CheckpointVerifier {
  const keyObject = ed25519Key(() => createPublicKey(publicKey));
  return { alg: "Ed25519", key, verify: async (message, signature) => verify(null, message, keyObject, signature) };
}

function ed25519Key<Key extends { readonly asymmetricKeyType?: string; readonly type: string }>(read: () => Key): Key {
  try {
    const key = read();
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {}
  throw new FieldsealError("PRIVATE_KEY_INVALID", "the key of a checkpoint signature is no Ed25519 key in PEM");
}
