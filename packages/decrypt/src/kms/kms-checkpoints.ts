// Checkpoint MACs by AWS KMS (KMS API Reference, GenerateMac, VerifyMac): the key never leaves it. I/O.
import { GenerateMacCommand, type KMSClient, VerifyMacCommand } from "@aws-sdk/client-kms";
import type { CheckpointSigner, CheckpointVerifier } from "@fieldseal/core/audit";
import { checkLimits } from "../limits.ts";
import { refuseUnsafeEndpoint } from "./endpoint.ts";
import { keyError } from "./key-errors.ts";

export interface KmsCheckpointsOptions {
  readonly client: KMSClient;
  /** ARN of an HMAC_256 key. The reader needs kms:GenerateMac, whoever verifies kms:VerifyMac. */
  readonly key: string;
  /** Milliseconds that KMS has for one answer, the client's retries included; default 5,000. */
  readonly timeout?: number;
}

const macLength = 32;

/**
 * Signs and checks checkpoints with an HMAC key of KMS.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for a `timeout` that is not positive and finite; from both: `KMS_UNAVAILABLE`
 * (retryable; also without an answer in time), `KMS_ACCESS_DENIED`, `KMS_KEY_UNUSABLE`, `KMS_ENDPOINT_REFUSED`.
 */
export function kmsCheckpoints({
  client,
  key,
  timeout = 5000,
}: KmsCheckpointsOptions): CheckpointSigner & CheckpointVerifier {
  checkLimits({ timeout });
  const request = { KeyId: key, MacAlgorithm: "HMAC_SHA_256" } as const;
  return {
    alg: "KMS-HMAC-SHA-256",
    key,
    async sign(message) {
      await refuseUnsafeEndpoint(client, key);
      try {
        const command = new GenerateMacCommand({ ...request, Message: message });
        const { Mac } = await client.send(command, { abortSignal: AbortSignal.timeout(timeout) });
        return Mac!;
      } catch (error) {
        throw keyError(error, key, "grant kms:GenerateMac on that key to whoever writes the trail");
      }
    },
    async verify(message, signature) {
      // KMS would take a MAC of another length for a mistake of its caller's.
      if (signature.length !== macLength) return false;
      await refuseUnsafeEndpoint(client, key);
      try {
        const command = new VerifyMacCommand({ ...request, Message: message, Mac: signature });
        const { MacValid } = await client.send(command, { abortSignal: AbortSignal.timeout(timeout) });
        return MacValid === true;
      } catch (error) {
        if ((error as Error).name === "KMSInvalidMacException") return false;
        throw keyError(error, key, "grant kms:VerifyMac on that key to whoever verifies the trail");
      }
    },
  };
}
