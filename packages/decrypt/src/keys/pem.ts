// Private keys from PEM text, in process memory: for development and tests.
import { constants, createHash, createPrivateKey, createPublicKey, type KeyObject, privateDecrypt } from "node:crypto";
import { decryptionFailed } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { KeyProvider, UnwrappingKey } from "./provider.ts";

/**
 * Keys from PEM private keys. For development and tests: production keys stay in KMS.
 *
 * @throws {FieldsealError} `PRIVATE_KEY_INVALID` for text that is no RSA private key of 2048, 3072 or 4096 bits.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { createDecryptor, pemKeys } from "@fieldseal/decrypt";
 * const keys = pemKeys({ "pii-1": readFileSync("pii-1.private.pem", "utf8") });
 * const decryptor = createDecryptor({ keys });
 * ```
 */
export function pemKeys(pems: Readonly<Record<string, string>>): KeyProvider {
  const keys = new Map(Object.entries(pems).map(([kid, pem]) => [kid, pemKey(kid, pem)] as const));
  return { find: (kid) => keys.get(kid) };
}

function pemKey(kid: string, pem: string): UnwrappingKey {
  const key = readPrivateKey(kid, pem);
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    kid,
    alg: "RSA-OAEP-256",
    id: `sha256:${createHash("sha256").update(spki).digest("hex")}`,
    wrappedLength: key.asymmetricKeyDetails!.modulusLength! / 8,
    unwrap: async (wrapped) => {
      try {
        return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, wrapped);
      } catch {
        throw decryptionFailed();
      }
    },
  };
}

function readPrivateKey(kid: string, pem: string): KeyObject {
  let key: KeyObject | null = null;
  try {
    key = createPrivateKey(pem);
  } catch {}
  if (key?.asymmetricKeyType !== "rsa" || ![2048, 3072, 4096].includes(key.asymmetricKeyDetails?.modulusLength ?? 0)) {
    const message = `the private key of "${kid}" is no PEM of an RSA key of 2048, 3072 or 4096 bits`;
    throw new FieldsealError("PRIVATE_KEY_INVALID", message, { kid });
  }
  return key;
}
