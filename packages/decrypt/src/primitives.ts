// Core's opening primitives on node:crypto.
import { isUtf8 } from "node:buffer";
import { createDecipheriv, createHash } from "node:crypto";
import type { OpenPrimitives } from "@fieldseal/core/envelope";

const tagLength = 16;

export const openPrimitives: OpenPrimitives = {
  isUtf8,
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  openAesGcm: (dataKey, iv, aad, sealed) => {
    const decipher = createDecipheriv("aes-256-gcm", dataKey, iv, { authTagLength: tagLength });
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
