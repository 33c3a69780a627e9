// One data key through AWS KMS: Decrypt for RSA, DeriveSharedSecret for P-256 (KMS API Reference).
import { DecryptCommand, DeriveSharedSecretCommand, GetPublicKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { dhkemSharedSecret, pointOfSpki, spkiOfPoint } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { openPrimitives } from "../primitives.ts";

/** A key of KMS as one client names it. */
export interface KmsTarget {
  readonly client: KMSClient;
  readonly keyId: string;
  readonly kid: string;
}

/** The data key in an RSA ciphertext. */
export async function decryptWithKms(
  { client, keyId }: KmsTarget,
  wrapped: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const command = new DecryptCommand({
    KeyId: keyId,
    CiphertextBlob: wrapped,
    EncryptionAlgorithm: "RSAES_OAEP_SHA_256",
  });
  const { Plaintext } = await client.send(command, { abortSignal: signal });
  if (Plaintext === undefined) throw new Error("the answer has no plaintext");
  return Plaintext;
}

/** The data key behind an ephemeral point; both points are uncompressed. */
export async function deriveWithKms(
  target: KmsTarget,
  { ephemeral, recipient }: { readonly ephemeral: Uint8Array; readonly recipient: Uint8Array },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const command = new DeriveSharedSecretCommand({
    KeyId: target.keyId,
    KeyAgreementAlgorithm: "ECDH",
    PublicKey: spkiOfPoint(ephemeral),
  });
  const { SharedSecret } = await target.client.send(command, { abortSignal: signal });
  const secret = dhkemSharedSecret({ dh: SharedSecret!, ephemeral, recipient }, openPrimitives);
  SharedSecret!.fill(0);
  return secret;
}

/**
 * The uncompressed point of a P-256 key of KMS.
 *
 * @throws {FieldsealError} `KMS_KEY_UNUSABLE` where the key is of another kind.
 */
export async function fetchPoint({ client, keyId, kid }: KmsTarget, signal: AbortSignal): Promise<Uint8Array> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }), { abortSignal: signal });
  const point = PublicKey === undefined ? null : pointOfSpki(PublicKey);
  if (point === null) throw new FieldsealError("KMS_KEY_UNUSABLE", `the KMS key of "${kid}" is not on P-256`, { kid });
  return point;
}
