// Private keys in process memory: RSA-OAEP-256 and DHKEM-P256 on node:crypto.
import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  ECDH,
  type KeyObject,
  privateDecrypt,
} from "node:crypto";
import { compressedPointLength, dhkemSharedSecret, pointOfSpki, spkiOfPoint } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { openPrimitives } from "../primitives.ts";
import type { UnwrappingKey } from "./provider.ts";
import { createTurns } from "./turns.ts";

/** A PEM private key: PKCS#8, PKCS#1 or SEC 1; encrypted with `passphrase` where it is. */
export interface PemKey {
  readonly pem: string;
  readonly passphrase?: string;
}

const rsaBits = [2048, 3072, 4096];
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" } as const;
/** Of all keys: there is one event loop. */
const inTurn = createTurns();

/**
 * The unwrapping key of a PEM private key.
 *
 * @throws {FieldsealError} `PRIVATE_KEY_INVALID` unless it is RSA of 2048, 3072 or 4096 bits with the exponent 65537, or
 * EC on P-256, and opens with the passphrase.
 */
export function privateKey(kid: string, { pem, passphrase }: PemKey): UnwrappingKey {
  const key = readPrivateKey(kid, pem, passphrase);
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

function readPrivateKey(kid: string, pem: string, passphrase: string | undefined): KeyObject {
  let key: KeyObject | null = null;
  try {
    key = createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {}
  const { modulusLength, publicExponent, namedCurve } = key?.asymmetricKeyDetails ?? {};
  const isRsa = key?.asymmetricKeyType === "rsa" && rsaBits.includes(modulusLength ?? 0) && publicExponent === 65537n;
  if (key === null || (!isRsa && namedCurve !== "prime256v1")) {
    const message = `the private key of "${kid}" is no PEM of an RSA key of 2048, 3072 or 4096 bits or of a P-256 key`;
    throw new FieldsealError("PRIVATE_KEY_INVALID", message, {
      kid,
      hint: "an encrypted key needs its passphrase",
    });
  }
  return key;
}
