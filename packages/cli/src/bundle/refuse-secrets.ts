// What may not leave for the edge: private and symmetric keys, and keys of an emulator. Pure.
import { createPrivateKey } from "node:crypto";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";

const privateMarker = /PRIVATE KEY|BEGIN (?!PUBLIC KEY-----)[A-Z ]*KEY/;
const symmetricKeyLengths = [16, 24, 32, 48, 64];
const privateMembers = ["d", "k", "p", "q", "privateKey", "secretKey", "private_key", "secret_key"];

/**
 * Refuses a policy document that holds a private or symmetric key anywhere, whatever else is wrong with it.
 *
 * @throws {FieldsealError} `SECRET_KEY_REFUSED` with the JSON Pointer.
 */
export function refuseSecrets(document: unknown, pointer = ""): void {
  if (typeof document === "string") {
    const isSecret = privateMarker.test(document) || isPrivate(document);
    if (isSecret || (/\/publicKey$/.test(pointer) && isSymmetric(document))) throw secretAt(pointer);
  } else if (typeof document === "object" && document !== null) {
    const isJwk = !Array.isArray(document) && Object.hasOwn(document, "kty");
    for (const [name, value] of Object.entries(document)) {
      const at = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      if (isJwk && privateMembers.includes(name)) throw secretAt(at);
      refuseSecrets(value, at);
    }
  }
}

/**
 * Refuses keys of account 000000000000, which only emulators have.
 *
 * @throws {FieldsealError} `DEVELOPMENT_KEY_REFUSED`.
 */
export function refuseDevelopmentKeys(policy: Policy): void {
  for (const { kid, kms } of policy.keys.values()) {
    if (kms?.includes(":000000000000:") === true) {
      throw new FieldsealError("DEVELOPMENT_KEY_REFUSED", `the key "${kid}" is an emulator's`, {
        kid,
        pointer: `/keys/${kid}/kms`,
        hint: "pull the real key with `fieldseal pull-key`; for development pass --development",
      });
    }
  }
}

function isPrivate(base64: string): boolean {
  // The shortest, of a curve, is of 32 bytes and its wrapping.
  if (base64.length < 48) return false;
  const der = Buffer.from(base64, "base64");
  return (["pkcs8", "pkcs1", "sec1"] as const).some((type) => {
    try {
      createPrivateKey({ key: der, format: "der", type });
      return true;
    } catch {
      return false;
    }
  });
}

function isSymmetric(text: string): boolean {
  const encoding = /^[0-9a-f]+$/i.test(text) ? "hex" : /^[A-Za-z0-9+/_=-]+$/.test(text) ? "base64" : null;
  return encoding !== null && symmetricKeyLengths.includes(Buffer.from(text, encoding).length);
}

function secretAt(pointer: string): FieldsealError {
  return new FieldsealError("SECRET_KEY_REFUSED", `${pointer}: a private or symmetric key`, {
    pointer,
    hint: "the edge needs public keys only; if this file was shared, replace the key",
  });
}
