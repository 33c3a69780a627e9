// Core's sealing primitives on node:crypto. All synchronous: awaiting WebCrypto costs five times the sealing itself.
import { Buffer, isUtf8 } from "node:buffer";
import {
  constants,
  createCipheriv,
  createECDH,
  createPublicKey,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  publicEncrypt,
  randomFillSync,
} from "node:crypto";
import {
  type SealingKey,
  type SealPrimitives,
  uncompressedPointLength,
  type WrappingKey,
} from "@fieldseal/core/envelope";

export const sealPrimitives: SealPrimitives = {
  isUtf8,
  sha256: (bytes) => hash("sha256", bytes, "buffer"),
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
  sealRsaOaep256: (key, plaintext) =>
    withoutStackTraces(() =>
      publicEncrypt(
        { key: key as unknown as KeyObject, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
        plaintext,
      ),
    ),
  agreeP256: (key) => {
    const spki = (key as unknown as KeyObject).export({ format: "der", type: "spki" });
    const recipient = spki.subarray(-uncompressedPointLength);
    const ecdh = createECDH("prime256v1");
    const ephemeral = ecdh.generateKeys();
    return { ephemeral, recipient, dh: ecdh.computeSecret(recipient) };
  },
  hkdfSha256: (secret, salt, info, length) => new Uint8Array(hkdfSync("sha256", secret, salt, info, length)),
  allocate: (length) => Buffer.allocUnsafe(length),
  copy: (source, start, end, target, at) => {
    if (end > start) Buffer.prototype.copy.call(source, target, at, start, end);
  },
};

/**
 * Node 24 finds out that options are no key by throwing and catching errors; their stack traces take up to half as long
 * as the RSA operation itself.
 */
function withoutStackTraces<T>(run: () => T): T {
  const { stackTraceLimit } = Error;
  // Not by assignment, which throws where intrinsics are frozen.
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    return run();
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}
