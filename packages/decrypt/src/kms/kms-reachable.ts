// Whether KMS answers at all, for readiness checks (KMS API Reference, DescribeKey). I/O.
import { DescribeKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { FieldsealError } from "@fieldseal/core/errors";
import { refuseUnsafeEndpoint } from "./endpoint.ts";

/**
 * A check that resolves where KMS answers about the key `kms`, even with a refusal: kms:DescribeKey is not needed.
 *
 * @throws {FieldsealError} from the check: `KMS_UNAVAILABLE` (retryable), `KMS_KEY_UNUSABLE`.
 */
export function kmsReachable({
  client,
  kms,
}: {
  readonly client: KMSClient;
  readonly kms: string;
}): () => Promise<void> {
  return async () => {
    await refuseUnsafeEndpoint(client, kms);
    try {
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: kms }));
      if (KeyMetadata?.Enabled !== false) return;
    } catch (error) {
      const { name } = error as Error;
      if (name === "AccessDeniedException") return;
      if (name !== "NotFoundException") {
        throw new FieldsealError("KMS_UNAVAILABLE", "KMS does not answer", { retryable: true, cause: error });
      }
    }
    throw new FieldsealError("KMS_KEY_UNUSABLE", "a KMS key of the ring is missing or disabled");
  };
}
