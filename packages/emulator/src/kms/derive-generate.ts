// DeriveSharedSecret, GenerateDataKey, GenerateMac and VerifyMac (KMS API reference).
import { createHmac, createPublicKey, diffieHellman, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import { AwsError, validationError } from "../aws-json/aws-error.ts";
import {
  type JsonObject,
  optionalEnum,
  optionalInteger,
  requiredBlob,
  requiredEnum,
  requiredString,
} from "../aws-json/input.ts";
import type { Operation } from "../aws-json/service.ts";
import {
  checkExtras,
  encryptionContext,
  endDryRun,
  findUsableKey,
  pairOf,
  requireAlgorithm,
  secretOf,
} from "./crypto-request.ts";
import type { KmsKey } from "./key.ts";
import type { KeyStore } from "./key-store.ts";
import { sealSymmetric } from "./symmetric-ciphertext.ts";

const MAX_MESSAGE_BYTES = 4096;
const macAlgorithms = ["HMAC_SHA_224", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512"] as const;

/** The operations that derive or generate secrets and MACs. */
export function deriveGenerateOperations(store: KeyStore): readonly (readonly [string, Operation])[] {
  return [
    ["DeriveSharedSecret", (input) => deriveSharedSecret(store, input)],
    ["GenerateDataKey", (input) => generateDataKey(store, input)],
    ["GenerateMac", (input) => generateMac(store, input)],
    ["VerifyMac", (input) => verifyMac(store, input)],
  ];
}

function deriveSharedSecret(store: KeyStore, input: JsonObject): JsonObject {
  const keyId = requiredString(input, "KeyId", { max: 2048 });
  requiredEnum(input, "KeyAgreementAlgorithm", ["ECDH"]);
  const peerDer = requiredBlob(input, "PublicKey", { max: 8192 });
  checkExtras(input);
  const key = findUsableKey(store, keyId, "KEY_AGREEMENT", "DeriveSharedSecret");
  const publicKey = readPeerKey(key, peerDer);
  const secret = diffieHellman({ privateKey: pairOf(key).privateKey, publicKey });
  endDryRun(input);
  return {
    KeyId: key.arn,
    SharedSecret: secret.toString("base64"),
    KeyAgreementAlgorithm: "ECDH",
    KeyOrigin: key.origin,
  };
}

// KMS refuses a peer key on another curve, and a point that is not on the curve, as a validation error.
function readPeerKey(key: KmsKey, der: Buffer): KeyObject {
  let peer: KeyObject | undefined;
  try {
    peer = createPublicKey({ key: der, format: "der", type: "spki" });
  } catch {
    peer = undefined;
  }
  const curve = key.spec.kind === "ec" ? key.spec.curve : "";
  if (peer?.asymmetricKeyDetails?.namedCurve !== curve) {
    throw validationError(`The public key is not a valid ${key.spec.name} public key`);
  }
  return peer;
}

function generateDataKey(store: KeyStore, input: JsonObject): JsonObject {
  const keyId = requiredString(input, "KeyId", { max: 2048 });
  const spec = optionalEnum(input, "KeySpec", ["AES_256", "AES_128"] as const);
  const bytes = optionalInteger(input, "NumberOfBytes", 1, 1024);
  if ((spec === undefined) === (bytes === undefined)) {
    throw validationError("Please specify either number of bytes or key spec.");
  }
  checkExtras(input);
  const context = encryptionContext(input);
  const key = findUsableKey(store, keyId, "ENCRYPT_DECRYPT", "GenerateDataKey");
  requireAlgorithm(key, "SYMMETRIC_DEFAULT");
  endDryRun(input);
  const plaintext = randomBytes(bytes ?? (spec === "AES_128" ? 16 : 32));
  const blob = sealSymmetric({ id: key.id, secret: secretOf(key) }, plaintext, context);
  return { CiphertextBlob: blob.toString("base64"), Plaintext: plaintext.toString("base64"), KeyId: key.arn };
}

function generateMac(store: KeyStore, input: JsonObject): JsonObject {
  const { key, algorithm, mac } = computeMac(store, input, "GenerateMac");
  endDryRun(input);
  return { Mac: mac.toString("base64"), MacAlgorithm: algorithm, KeyId: key.arn };
}

function verifyMac(store: KeyStore, input: JsonObject): JsonObject {
  const given = requiredBlob(input, "Mac", { max: 6144 });
  const { key, algorithm, mac } = computeMac(store, input, "VerifyMac");
  if (given.length !== mac.length || !timingSafeEqual(given, mac)) throw new AwsError("KMSInvalidMacException");
  endDryRun(input);
  return { KeyId: key.arn, MacValid: true, MacAlgorithm: algorithm };
}

function computeMac(
  store: KeyStore,
  input: JsonObject,
  operation: string,
): { key: KmsKey; algorithm: string; mac: Buffer } {
  const message = requiredBlob(input, "Message", { max: MAX_MESSAGE_BYTES });
  const keyId = requiredString(input, "KeyId", { max: 2048 });
  const algorithm = requiredEnum(input, "MacAlgorithm", macAlgorithms);
  checkExtras(input);
  const key = findUsableKey(store, keyId, "GENERATE_VERIFY_MAC", operation);
  requireAlgorithm(key, algorithm);
  const hash = key.spec.kind === "hmac" ? key.spec.hash : "";
  return { key, algorithm, mac: createHmac(hash, secretOf(key)).update(message).digest() };
}
