// The public half of a key in KMS, and whether the key can wrap data keys (KMS API Reference, GetPublicKey). I/O.
import { GetPublicKeyCommand, type GetPublicKeyCommandOutput } from "@aws-sdk/client-kms";
import type { Alg } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import type { Terminal } from "../terminal/terminal.ts";
import { createKmsClient, type KmsOptions, kmsFailure, regionOf } from "./kms-client.ts";

export interface KmsPublicKey {
  readonly alg: Alg;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** What KMS calls the key: its ARN. */
  readonly id: string | undefined;
  readonly spec: string | undefined;
}

/**
 * Fetches a public key; what KMS leaves unsaid is a warning.
 *
 * @throws {FieldsealError} `KMS_KEY_UNUSABLE`, `KMS_ACCESS_DENIED`, `KMS_UNAVAILABLE`, `KMS_ENDPOINT_REFUSED`.
 */
export async function pullPublicKey(
  options: KmsOptions,
  keyId: string,
  terminal: Pick<Terminal, "warn">,
): Promise<KmsPublicKey> {
  const client = createKmsClient(options, regionOf(keyId));
  try {
    const answer = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
    const spec = answer.KeySpec ?? answer.CustomerMasterKeySpec;
    return { alg: algOf(answer, terminal), spki: answer.PublicKey ?? new Uint8Array(), id: answer.KeyId, spec };
  } catch (error) {
    throw error instanceof FieldsealError ? error : kmsFailure(error);
  } finally {
    client.destroy();
  }
}

/**
 * Compares every key that a policy seals with to the one that KMS has under its ARN.
 *
 * @throws {FieldsealError} `KMS_KEY_MISMATCH` where they differ or the policy names no ARN; what `pullPublicKey` throws.
 */
export async function verifyKeysInKms(
  options: KmsOptions,
  policy: Policy,
  terminal: Pick<Terminal, "warn">,
): Promise<string[]> {
  const active = [...policy.keys.values()].filter(({ status }) => status === "active");
  for (const { kid, kms, alg, publicKey } of active) {
    if (kms === undefined) throw mismatch(kid, "names no key in KMS to compare with");
    const held = await pullPublicKey(options, kms, terminal);
    if (held.alg !== alg || Buffer.compare(held.spki, publicKey.spki) !== 0) {
      throw mismatch(kid, "is not the one that KMS has under its ARN");
    }
  }
  return active.map(({ kid }) => kid);
}

function mismatch(kid: string, why: string): FieldsealError {
  return new FieldsealError("KMS_KEY_MISMATCH", `the public key of "${kid}" ${why}`, {
    kid,
    pointer: `/keys/${kid}`,
    hint: "find out where the policy's key came from, then fetch the right one with `fieldseal pull-key`",
  });
}

/** What each kind of KMS key can do for us. */
const uses: Readonly<Record<Alg, { readonly usage: string; readonly algorithm: string }>> = {
  "RSA-OAEP-256": { usage: "ENCRYPT_DECRYPT", algorithm: "RSAES_OAEP_SHA_256" },
  "DHKEM-P256": { usage: "KEY_AGREEMENT", algorithm: "ECDH" },
};

function algOf(answer: GetPublicKeyCommandOutput, terminal: Pick<Terminal, "warn">): Alg {
  const { KeyUsage, KeySpec } = answer;
  const alg: Alg = KeySpec === "ECC_NIST_P256" ? "DHKEM-P256" : "RSA-OAEP-256";
  const { usage, algorithm } = uses[alg];
  const algorithms = alg === "RSA-OAEP-256" ? answer.EncryptionAlgorithms : answer.KeyAgreementAlgorithms;
  if (KeyUsage === undefined) terminal.warn("KMS did not say what the key may be used for");
  else if (KeyUsage !== usage) throw unusable(`its usage is ${KeyUsage}, not ${usage}`);
  if (algorithms === undefined) terminal.warn("KMS did not say which algorithms the key serves");
  else if (!algorithms.some((name) => name === algorithm)) throw unusable(`it does not serve ${algorithm}`);
  return alg;
}

function unusable(why: string): FieldsealError {
  return new FieldsealError("KMS_KEY_UNUSABLE", `this key cannot wrap data keys: ${why}`, {
    hint: "create an RSA_2048, RSA_3072 or RSA_4096 key with usage ENCRYPT_DECRYPT",
  });
}
