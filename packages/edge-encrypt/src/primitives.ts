// Core's sealing primitives on node:crypto. All synchronous: awaiting WebCrypto costs five times the sealing itself.
import { Buffer, isUtf8 } from "node:buffer";
import {
  constants,
  createCipheriv,
  createHash,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  publicEncrypt,
  randomFillSync,
} from "node:crypto";
import type { SealingKey, SealPrimitives, WrappingKey } from "@fieldseal/core/envelope";

export const sealPrimitives: SealPrimitives = {
  isUtf8,
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  randomFill: (bytes) => {
    randomFillSync(bytes);
  },
  importSealingKey: (dataKey) => createSecretKey(dataKey) as unknown as SealingKey,
  sealAesGcm: (key, iv, aad, plaintext, out, at) => {
    const cipher = createCipheriv("aes-256-gcm", key as unknown as KeyObject, iv);
    cipher.setAAD(aad);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    out.set(ciphertext, at);
    out.set(cipher.getAuthTag(), at + ciphertext.length);
  },
  importWrappingKey: (spki) =>
    createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" }) as unknown as WrappingKey,
  wrapRsaOaep256: (key, dataKey) =>
    publicEncrypt(
      { key: key as unknown as KeyObject, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
      dataKey,
    ),
  allocate: (length) => Buffer.allocUnsafeSlow(length),
  copy: (source, start, end, target, at) => {
    if (end > start) Buffer.prototype.copy.call(source, target, at, start, end);
  },
};
