// The emulator's own CiphertextBlob for SYMMETRIC_DEFAULT: 01 | id length | key id | iv(12) | ciphertext | tag(16).
// As in KMS, the blob names its key and the encryption context is authenticated but not stored. Computes only.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { AwsError } from "../aws-json/aws-error.ts";

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts under a 32-byte key. */
export function sealSymmetric(
  key: { id: string; secret: Uint8Array },
  plaintext: Uint8Array,
  context: ReadonlyMap<string, string>,
): Buffer {
  const id = Buffer.from(key.id, "latin1");
  const header = Buffer.concat([Buffer.of(VERSION, id.length), id]);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key.secret, iv).setAAD(aad(header, context));
  return Buffer.concat([header, iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The key id that a blob names. @throws InvalidCiphertextException */
export function symmetricKeyId(blob: Buffer): string {
  const idLength = blob[1] ?? 0;
  if (blob[0] !== VERSION || blob.length < 2 + idLength + IV_BYTES + TAG_BYTES) throw invalidCiphertext();
  return blob.toString("latin1", 2, 2 + idLength);
}

/** Decrypts a blob whose key was found by {@link symmetricKeyId}. @throws InvalidCiphertextException */
export function openSymmetric(secret: Uint8Array, blob: Buffer, context: ReadonlyMap<string, string>): Buffer {
  const headerLength = 2 + (blob[1] ?? 0);
  const body = blob.subarray(headerLength);
  try {
    const decipher = createDecipheriv("aes-256-gcm", secret, body.subarray(0, IV_BYTES))
      .setAAD(aad(blob.subarray(0, headerLength), context))
      .setAuthTag(body.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(body.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

/** The one answer to a wrong key, a wrong hash, a wrong context and tampering; like KMS's it has no message. */
export function invalidCiphertext(): AwsError {
  return new AwsError("InvalidCiphertextException");
}

function aad(header: Uint8Array, context: ReadonlyMap<string, string>): Buffer {
  const sorted = [...context].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([header, Buffer.from(JSON.stringify(sorted))]);
}
