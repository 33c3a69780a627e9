// Core's primitives on node:crypto for tests: spelled out here, so that no package is tested with its own.
import { isUtf8 } from "node:buffer";
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createPublicKey,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomFillSync,
} from "node:crypto";
import {
  type OpenPrimitives,
  type SealPrimitives,
  uncompressedPointLength,
} from "../../packages/core/src/envelope/index.ts";

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
const tagLength = 16;

/** A KeyObject behind an opaque type of core's. */
const opaque = <T>(key: KeyObject): T => key as unknown as T;
const keyObject = (key: unknown): KeyObject => key as KeyObject;

export const sealing: SealPrimitives = {
  isUtf8,
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  randomFill: (bytes) => {
    randomFillSync(bytes);
  },
  importSealingKey: (dataKey) => opaque(createSecretKey(Uint8Array.from(dataKey))),
  sealAesGcm: (key, iv, aad, plaintext, out, at) => {
    const cipher = createCipheriv("aes-256-gcm", keyObject(key), iv).setAAD(aad);
    out.set(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]), at);
  },
  importWrappingKey: (spki) => opaque(createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" })),
  sealRsaOaep256: (key, plaintext) => publicEncrypt({ key: keyObject(key), ...oaep }, plaintext),
  agreeP256: (key) => {
    const recipient = keyObject(key).export({ format: "der", type: "spki" }).subarray(-uncompressedPointLength);
    const ecdh = createECDH("prime256v1");
    return { ephemeral: ecdh.generateKeys(), recipient, dh: ecdh.computeSecret(recipient) };
  },
  hkdfSha256: (secret, salt, info, length) => new Uint8Array(hkdfSync("sha256", secret, salt, info, length)),
  allocate: (length) => new Uint8Array(length),
  copy: (source, start, end, target, at) => target.set(source.subarray(start, end), at),
};

export const opening: OpenPrimitives = {
  isUtf8,
  sha256: sealing.sha256,
  openAesGcm: (dataKey, iv, aad, sealed) => {
    const decipher = createDecipheriv("aes-256-gcm", dataKey, iv, { authTagLength: tagLength }).setAAD(aad);
    decipher.setAuthTag(sealed.subarray(-tagLength));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, -tagLength)), decipher.final()]);
    } catch {
      return null;
    }
  },
};

/** The bytes that RSAES-OAEP with SHA-256, MGF1-SHA-256 and an empty label opens to; null where it does not. */
export function unwrapRsaOaep256(privateKey: KeyObject, wrapped: Uint8Array): Uint8Array | null {
  try {
    return privateDecrypt({ key: privateKey, ...oaep }, wrapped);
  } catch {
    return null;
  }
}
