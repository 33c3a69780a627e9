// Private keys in process memory: RSA-OAEP-256 and DHKEM-P256 on node:crypto.
import {
  constants,
  createHash,
  createPublicKey,
  diffieHellman,
  ECDH,
  type KeyObject,
  privateDecrypt,
} from "node:crypto";
import { compressedPointLength, dhkemSharedSecret, pointOfSpki, spkiOfPoint } from "@fieldseal/core/envelope";
import { openPrimitives } from "../primitives.ts";
import type { UnwrappingKey } from "./provider.ts";
import { type PemKey, readPrivateKey } from "./read-private-key.ts";
import { createTurns } from "./turns.ts";

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" } as const;
/** Of all keys: there is one event loop. */
const inTurn = createTurns();

/** The unwrapping key of a PEM private key. @throws {FieldsealError} as `readPrivateKey`. */
export function privateKey(kid: string, pem: PemKey): UnwrappingKey {
  const key = readPrivateKey(kid, pem);
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const id = `sha256:${createHash("sha256").update(spki).digest("hex")}`;
  return key.asymmetricKeyType === "rsa" ? rsaKey(kid, id, key) : p256Key(kid, id, key, pointOfSpki(spki)!);
}

/** The uncompressed form of a compressed P-256 point; null where it is no point of the curve. */
export function decompressPoint(compressed: Uint8Array): Uint8Array | null {
  try {
    return ECDH.convertKey(compressed, "prime256v1", undefined, undefined, "uncompressed") as Buffer;
  } catch {
    return null;
  }
}

function rsaKey(kid: string, id: string, key: KeyObject): UnwrappingKey {
  return {
    kid,
    alg: "RSA-OAEP-256",
    id,
    wrappedLength: key.asymmetricKeyDetails!.modulusLength! / 8,
    unwrap: async (wrapped) => {
      try {
        return await inTurn(() => privateDecrypt({ key, ...oaep }, wrapped));
      } catch {
        return null;
      }
    },
  };
}

function p256Key(kid: string, id: string, key: KeyObject, recipient: Uint8Array): UnwrappingKey {
  return {
    kid,
    alg: "DHKEM-P256",
    id,
    wrappedLength: compressedPointLength,
    unwrap: async (wrapped) => {
      const ephemeral = decompressPoint(wrapped);
      if (ephemeral === null) return null;
      const spki = Buffer.from(spkiOfPoint(ephemeral));
      const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
      const dh = await inTurn(() => diffieHellman({ privateKey: key, publicKey }));
      const secret = dhkemSharedSecret({ dh, ephemeral, recipient }, openPrimitives);
      dh.fill(0);
      return secret;
    },
  };
}
