// Encrypt and Decrypt: RSAES-OAEP with an empty label and one hash for label and MGF1, and SYMMETRIC_DEFAULT.
import { constants, createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto";
import { AwsError, validationError } from "../aws-json/aws-error.ts";
import { type JsonObject, optionalEnum, optionalString, requiredBlob, requiredString } from "../aws-json/input.ts";
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
import { invalidCiphertext, openSymmetric, sealSymmetric, symmetricKeyId } from "./symmetric-ciphertext.ts";

const algorithms = ["SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"] as const;
type EncryptionAlgorithm = (typeof algorithms)[number];

const MAX_PLAINTEXT_BYTES = 4096;
const MAX_CIPHERTEXT_BYTES = 6144;

/** The operations Encrypt and Decrypt. */
export function encryptDecryptOperations(store: KeyStore): readonly (readonly [string, Operation])[] {
  return [
    ["Encrypt", (input) => encrypt(store, input)],
    ["Decrypt", (input) => decrypt(store, input)],
  ];
}

function encrypt(store: KeyStore, input: JsonObject): JsonObject {
  const keyId = requiredString(input, "KeyId", { max: 2048 });
  const plaintext = requiredBlob(input, "Plaintext", { max: MAX_PLAINTEXT_BYTES });
  const algorithm = readAlgorithm(input);
  checkExtras(input);
  const context = encryptionContext(input);
  const key = findUsableKey(store, keyId, "ENCRYPT_DECRYPT", "Encrypt");
  requireAlgorithm(key, algorithm);
  const blob =
    algorithm === "SYMMETRIC_DEFAULT"
      ? sealSymmetric({ id: key.id, secret: secretOf(key) }, plaintext, context)
      : encryptRsa(key, algorithm, plaintext, context);
  endDryRun(input);
  return { CiphertextBlob: blob.toString("base64"), KeyId: key.arn, EncryptionAlgorithm: algorithm };
}

function decrypt(store: KeyStore, input: JsonObject): JsonObject {
  const keyId = optionalString(input, "KeyId", { max: 2048 });
  const blob = requiredBlob(input, "CiphertextBlob", { max: MAX_CIPHERTEXT_BYTES });
  const algorithm = readAlgorithm(input);
  checkExtras(input);
  const context = encryptionContext(input);
  const { key, plaintext } =
    algorithm === "SYMMETRIC_DEFAULT"
      ? decryptSymmetric(store, keyId, blob, context)
      : decryptRsa(store, { keyId, algorithm, blob, context });
  endDryRun(input);
  return {
    KeyId: key.arn,
    Plaintext: plaintext.toString("base64"),
    EncryptionAlgorithm: algorithm,
  };
}

function decryptSymmetric(
  store: KeyStore,
  keyId: string | undefined,
  blob: Buffer,
  context: ReadonlyMap<string, string>,
): { key: KmsKey; plaintext: Buffer } {
  // A given KeyId is checked first: for an RSA key the default algorithm is the caller's mistake, whatever the blob is.
  const expected = keyId === undefined ? undefined : findUsableKey(store, keyId, "ENCRYPT_DECRYPT", "Decrypt");
  if (expected !== undefined) requireAlgorithm(expected, "SYMMETRIC_DEFAULT");
  const namedId = symmetricKeyId(blob);
  if (expected !== undefined && expected.id !== namedId) {
    const message = "The key ID in the request does not identify a CMK that can perform this operation.";
    throw new AwsError("IncorrectKeyException", message);
  }
  const key = expected ?? findNamedKey(store, namedId);
  return { key, plaintext: openSymmetric(secretOf(key), blob, context) };
}

// A blob that names no symmetric key of this store is no ciphertext of ours.
function findNamedKey(store: KeyStore, id: string): KmsKey {
  const named = store.keys().find((key) => key.id === id);
  if (named?.spec.kind !== "symmetric") throw invalidCiphertext();
  return findUsableKey(store, id, "ENCRYPT_DECRYPT", "Decrypt");
}

function encryptRsa(
  key: KmsKey,
  algorithm: EncryptionAlgorithm,
  plaintext: Buffer,
  context: ReadonlyMap<string, string>,
): Buffer {
  refuseContext(context);
  // RFC 8017, section 7.1.1: mLen <= k - 2 hLen - 2.
  const limit = modulusBytes(key) - 2 * (algorithm === "RSAES_OAEP_SHA_1" ? 20 : 32) - 2;
  if (plaintext.length > limit) {
    const message = `Algorithm ${algorithm} and key spec ${key.spec.name} cannot encrypt data larger than ${limit} bytes.`;
    throw validationError(message);
  }
  const publicKey = createPublicKey({ key: pairOf(key).publicKeyDer, format: "der", type: "spki" });
  return publicEncrypt({ key: publicKey, ...oaep(algorithm) }, plaintext);
}

function decryptRsa(
  store: KeyStore,
  request: {
    keyId: string | undefined;
    algorithm: EncryptionAlgorithm;
    blob: Buffer;
    context: ReadonlyMap<string, string>;
  },
): { key: KmsKey; plaintext: Buffer } {
  const { keyId, algorithm, blob, context } = request;
  if (keyId === undefined) throw validationError("KeyId is required when the ciphertext is of an asymmetric key");
  const key = findUsableKey(store, keyId, "ENCRYPT_DECRYPT", "Decrypt");
  requireAlgorithm(key, algorithm);
  refuseContext(context);
  if (blob.length !== modulusBytes(key)) throw invalidCiphertext();
  try {
    return { key, plaintext: privateDecrypt({ key: pairOf(key).privateKey, ...oaep(algorithm) }, blob) };
  } catch {
    throw invalidCiphertext();
  }
}

function readAlgorithm(input: JsonObject): EncryptionAlgorithm {
  return optionalEnum(input, "EncryptionAlgorithm", algorithms) ?? "SYMMETRIC_DEFAULT";
}

function refuseContext(context: ReadonlyMap<string, string>): void {
  if (context.size > 0) throw validationError("EncryptionContext is not supported with asymmetric KMS keys");
}

function modulusBytes({ spec }: KmsKey): number {
  return spec.kind === "rsa" ? spec.modulusBits / 8 : 0;
}

function oaep(algorithm: EncryptionAlgorithm): { padding: number; oaepHash: string } {
  const oaepHash = algorithm === "RSAES_OAEP_SHA_1" ? "sha1" : "sha256";
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash };
}
