// Core's opening primitives on node:crypto.
import { isUtf8 } from "node:buffer";
import { createDecipheriv, createSecretKey, hash, hkdfSync, type KeyObject, randomFillSync } from "node:crypto";
import type { DataKey, KdfPrimitives, OpenPrimitives } from "@fieldseal/core/envelope";

/** What opening asks of the platform. */
export interface ReaderPrimitives extends OpenPrimitives, KdfPrimitives {
  /** Fills `bytes` from the platform's cryptographic random generator. */
  randomFill(bytes: Uint8Array): void;
}

const tagLength = 16;

// A cipher takes a KeyObject five times as fast as bytes; it is forgotten together with the bytes that it was made of.
const imported = new WeakMap<DataKey, KeyObject>();

export const openPrimitives: ReaderPrimitives = {
  isUtf8,
  sha256: (bytes) => hash("sha256", bytes, "buffer"),
  hkdfSha256: (secret, salt, info, length) => new Uint8Array(hkdfSync("sha256", secret, salt, info, length)),
  randomFill: (bytes) => {
    randomFillSync(bytes);
  },
  openAesGcm: (dataKey, iv, aad, sealed) => {
    const decipher = createDecipheriv("aes-256-gcm", keyObjectOf(dataKey), iv, { authTagLength: tagLength });
    decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(sealed.length - tagLength));
    const plaintext = decipher.update(sealed.subarray(0, sealed.length - tagLength));
    try {
      decipher.final();
      return plaintext;
    } catch {
      plaintext.fill(0);
      return null;
    }
  },
};

function keyObjectOf(dataKey: DataKey): KeyObject {
  const known = imported.get(dataKey) ?? createSecretKey(dataKey);
  imported.set(dataKey, known);
  return known;
}
