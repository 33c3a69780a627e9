// Checkpoint MACs by AWS KMS (KMS API Reference, GenerateMac, VerifyMac): the key never leaves it. I/O.
import { GenerateMacCommand, type KMSClient, VerifyMacCommand } from "@aws-sdk/client-kms";
import type { CheckpointSigner, CheckpointVerifier } from "@fieldseal/core/audit";
import { refuseUnsafeEndpoint } from "./endpoint.ts";

export interface KmsCheckpointsOptions {
  readonly client: KMSClient;
  /** ARN of an HMAC_256 key. The reader needs kms:GenerateMac, whoever verifies kms:VerifyMac. */
  readonly key: string;
}

/** Signs and checks checkpoints with an HMAC key of KMS. */
export function kmsCheckpoints({ client, key }: KmsCheckpointsOptions): CheckpointSigner & CheckpointVerifier {
  const request = { KeyId: key, MacAlgorithm: "HMAC_SHA_256" } as const;
  return {
    alg: "KMS-HMAC-SHA-256",
    key,
    async sign(message) {
      await refuseUnsafeEndpoint(client, key);
      const { Mac } = await client.send(new GenerateMacCommand({ ...request, Message: message }));
      return Mac!;
    },
    async verify(message, signature) {
      await refuseUnsafeEndpoint(client, key);
      try {
        const { MacValid } = await client.send(new VerifyMacCommand({ ...request, Message: message, Mac: signature }));
        return MacValid === true;
      } catch (error) {
        if ((error as Error).name === "KMSInvalidMacException") return false;
        throw error;
      }
    },
  };
}
