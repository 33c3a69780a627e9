// What all cryptographic operations of KMS have in common: finding a usable key, grants, dry run. Pure.
import { AwsError, validationError } from "../aws-json/aws-error.ts";
import { isGiven, type JsonObject, listLength, optionalBoolean, optionalStringMap } from "../aws-json/input.ts";
import { type KmsKey, requireUsable } from "./key.ts";
import type { KeyUsage } from "./key-spec.ts";
import { forCryptography, type KeyStore } from "./key-store.ts";

const MAX_CONTEXT_CHARACTERS = 8192;

/** The key that `keyId` names, if its state and its usage allow `operation`. */
export function findUsableKey(store: KeyStore, keyId: string, usage: KeyUsage, operation: string): KmsKey {
  const key = store.find(keyId, forCryptography);
  requireUsable(key, store.pendingDeletionError);
  if (key.spec.usage !== usage) {
    const message = `${key.arn} key usage is ${key.spec.usage} which is not valid for ${operation}.`;
    throw new AwsError("InvalidKeyUsageException", message);
  }
  return key;
}

/** Throws unless the key's spec lists `algorithm`. */
export function requireAlgorithm(key: KmsKey, algorithm: string): void {
  if (key.spec.algorithms.includes(algorithm)) return;
  const message = `Algorithm ${algorithm} and key spec ${key.spec.name} are incompatible.`;
  throw new AwsError("InvalidKeyUsageException", message);
}

/** Refuses what the emulator cannot honour: grants do not exist here, and there is no enclave to attest. */
export function checkExtras(input: JsonObject): void {
  if (listLength(input, "GrantTokens") > 0) throw new AwsError("InvalidGrantTokenException");
  if (isGiven(input, "Recipient")) {
    throw new AwsError("UnsupportedOperationException", "The emulator has no attested recipients");
  }
}

/** Throws DryRunOperationException when the call asked for a dry run and would have succeeded. */
export function endDryRun(input: JsonObject): void {
  if (!optionalBoolean(input, "DryRun")) return;
  throw new AwsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.");
}

/** The encryption context, at most 8,192 characters of keys and values. */
export function encryptionContext(input: JsonObject): ReadonlyMap<string, string> {
  const context = optionalStringMap(input, "EncryptionContext");
  let length = 0;
  for (const [name, value] of context) length += name.length + value.length;
  if (length > MAX_CONTEXT_CHARACTERS) throw validationError("EncryptionContext is too long");
  return context;
}

/** The secret of a symmetric or HMAC key. */
export function secretOf(key: KmsKey): Buffer {
  if (key.material?.kind !== "secret") throw new AwsError("KMSInternalException", "", 500);
  return key.material.bytes;
}

/** The pair of an asymmetric key. */
export function pairOf(key: KmsKey): Extract<NonNullable<KmsKey["material"]>, { kind: "pair" }> {
  if (key.material?.kind !== "pair") throw new AwsError("KMSInternalException", "", 500);
  return key.material;
}
