// Whether KMS answers at all, for readiness checks (KMS API Reference, DescribeKey). I/O.
import { DescribeKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { FieldsealError } from "@fieldseal/core/errors";
import { refuseUnsafeEndpoint } from "./endpoint.ts";
import { isMultiRegion, keyIdIn } from "./key-ids.ts";
import type { KmsReplica } from "./kms-keys.ts";

export interface KmsReachableOptions {
  readonly client: KMSClient;
  readonly kms: string;
  /** Other Regions of a multi-Region key: one that answers is enough. */
  readonly replicas?: readonly KmsReplica[];
}

const maxMilliseconds = 5000;

/**
 * A check that resolves where KMS answers about the key `kms`, even with a refusal: kms:DescribeKey is not needed.
 *
 * @throws {FieldsealError} from the check: `KMS_UNAVAILABLE` (retryable; also without an answer for 5 s),
 * `KMS_KEY_UNUSABLE`.
 */
export function kmsReachable({ client, kms, replicas = [] }: KmsReachableOptions): () => Promise<void> {
  const others = isMultiRegion(kms) ? replicas : [];
  const places = [
    { client, kms },
    ...others.map((other) => ({ client: other.client, kms: keyIdIn(other.region, kms) })),
  ];
  return async () => {
    try {
      await Promise.any(places.map(answers));
    } catch (error) {
      // The home Region's is the one to tell.
      throw (error as AggregateError).errors[0];
    }
  };
}

async function answers({ client, kms }: Pick<KmsReachableOptions, "client" | "kms">): Promise<void> {
  await refuseUnsafeEndpoint(client, kms);
  try {
    const abortSignal = AbortSignal.timeout(maxMilliseconds);
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: kms }), { abortSignal });
    if (KeyMetadata?.Enabled !== false) return;
  } catch (error) {
    const { name } = error as Error;
    if (name === "AccessDeniedException") return;
    if (name !== "NotFoundException") {
      throw new FieldsealError("KMS_UNAVAILABLE", "KMS does not answer", { retryable: true, cause: error });
    }
  }
  throw new FieldsealError("KMS_KEY_UNUSABLE", "a KMS key of the ring is missing or disabled");
}
