// Data keys unwrapped by AWS KMS: the private key never leaves it (KMS API Reference, Decrypt).
import { DecryptCommand, type KMSClient } from "@aws-sdk/client-kms";
import { type Alg, decryptionFailed } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { KeyProvider, UnwrappingKey } from "../keys/provider.ts";
import { refuseUnsafeEndpoint } from "./endpoint.ts";

export interface KmsKeysOptions {
  readonly client: KMSClient;
  /** By kid: the ARN (or id) of the KMS key, never an alias, and the algorithm. */
  readonly keys: Readonly<Record<string, KmsKey>>;
}

export interface KmsKey {
  readonly kms: string;
  readonly alg: Alg;
  /** Bits of the RSA key, where known; a wrapped key of another length is then refused before any call. */
  readonly bits?: 2048 | 3072 | 4096;
}

const keySyntax = /^(?:arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/)?(?:mrk-)?[0-9a-f-]{32,36}$/;

/**
 * Keys whose private halves are in AWS KMS; unwraps with RSAES_OAEP_SHA_256.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for an alias, which can move, or anything else that is no key ARN or id.
 *
 * @example
 * ```ts
 * import { KMSClient } from "@aws-sdk/client-kms";
 * import { createDecryptor } from "@fieldseal/decrypt";
 * import { kmsKeys } from "@fieldseal/decrypt/kms";
 * const kms = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
 * const keys = kmsKeys({ client: new KMSClient({}), keys: { "pii-1": { kms, alg: "RSA-OAEP-256" } } });
 * const decryptor = createDecryptor({ keys });
 * ```
 */
export function kmsKeys({ client, keys }: KmsKeysOptions): KeyProvider {
  const ring = new Map(Object.entries(keys).map(([kid, key]) => [kid, kmsKey(client, kid, key)] as const));
  return { find: (kid) => ring.get(kid) };
}

function kmsKey(client: KMSClient, kid: string, { kms, alg, bits }: KmsKey): UnwrappingKey {
  if (!keySyntax.test(kms)) {
    const message = `the key "${kid}" is not the ARN or id of a KMS key`;
    throw new FieldsealError("CONFIG_INVALID", message, {
      kid,
      hint: "an alias can move to another key; give the ARN",
    });
  }
  return {
    kid,
    alg,
    id: kms,
    wrappedLength: bits === undefined ? undefined : bits / 8,
    unwrap: async (wrapped) => {
      await refuseUnsafeEndpoint(client, kms);
      const command = new DecryptCommand({
        KeyId: kms,
        CiphertextBlob: wrapped,
        EncryptionAlgorithm: "RSAES_OAEP_SHA_256",
      });
      try {
        const { Plaintext } = await client.send(command);
        return Plaintext!;
      } catch (error) {
        throw translated(error, kid);
      }
    },
  };
}

const unusable = [
  "DisabledException",
  "NotFoundException",
  "KMSInvalidStateException",
  "InvalidKeyUsageException",
  "UnsupportedOperationException",
  "InvalidArnException",
];
const denied = [
  "AccessDeniedException",
  "UnrecognizedClientException",
  "ExpiredTokenException",
  "InvalidSignatureException",
];
const refused = ["InvalidCiphertextException", "IncorrectKeyException", "ValidationException"];

/** KMS errors are told apart by name alone: some have no class, some no message. */
function translated(error: unknown, kid: string): FieldsealError {
  const name = error instanceof Error ? error.name : "";
  if (refused.includes(name)) return decryptionFailed();
  if (unusable.includes(name)) {
    return new FieldsealError("KMS_KEY_UNUSABLE", `KMS cannot use the key "${kid}": ${name}`, { kid });
  }
  if (denied.includes(name)) {
    return new FieldsealError("KMS_ACCESS_DENIED", `KMS refused the caller for the key "${kid}": ${name}`, {
      kid,
      hint: "grant kms:Decrypt on that key to the reader's role",
    });
  }
  return new FieldsealError("KMS_UNAVAILABLE", `KMS could not be asked for the key "${kid}"`, {
    kid,
    retryable: true,
    cause: error,
  });
}
