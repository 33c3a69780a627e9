// A transformation of Amazon Data Firehose: e-mail addresses are opened for the marketing lake, everything else that is
// sealed stays sealed. Records that do not open go to the stream's error output.
import { KMSClient } from "@aws-sdk/client-kms";
import { createAuditTrail, stdoutSink } from "@fieldseal/decrypt/audit";
import { createFirehoseTransform, type FirehoseTransform } from "@fieldseal/decrypt/firehose";
import { kmsKeys } from "@fieldseal/decrypt/kms";

export function marketingTransform(options: {
  readonly client: KMSClient;
  /** ARN of the KMS key of `pii-1`. */
  readonly arn: string;
}): FirehoseTransform {
  const { client, arn } = options;
  return createFirehoseTransform({
    keys: kmsKeys({ client, keys: { "pii-1": { kms: arn, alg: "RSA-OAEP-256" } } }),
    access: { rules: [{ principal: "role:marketing-lake", fields: { email: "full" } }] },
    expect: { ssn: "$..ssn", email: "$.contact.email", "card-number": "$.payments[*].card.number" },
    caller: { principal: "role:marketing-lake", purpose: "newsletter" },
    audit: createAuditTrail({ sink: stdoutSink() }),
  });
}

/** What the function exports: its key from the environment. */
export function fromEnvironment(): FirehoseTransform {
  return marketingTransform({ client: new KMSClient({}), arn: process.env.PII_KEY_ARN ?? "" });
}
