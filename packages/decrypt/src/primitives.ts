// Core's opening primitives on node:crypto.
import { isUtf8 } from "node:buffer";
import { createDecipheriv, hash, hkdfSync, randomFillSync } from "node:crypto";
import type { KdfPrimitives, OpenPrimitives } from "@fieldseal/core/envelope";
import { keyObjectOf } from "./data-keys/key-object.ts";

/** What opening asks of the platform. */
export interface ReaderPrimitives extends OpenPrimitives, KdfPrimitives {
  /** Fills `bytes` from the platform's cryptographic random generator. */
  randomFill(bytes: Uint8Array): void;
}

const tagLength = 16;

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
