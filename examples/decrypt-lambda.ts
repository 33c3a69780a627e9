// A Lambda function that opens customers for the refunds team, behind API Gateway with IAM authorization: each caller is
// the role that API Gateway has verified. Let API Gateway alone invoke the function.
import { KMSClient } from "@aws-sdk/client-kms";
import { createAuditTrail, stdoutSink } from "@fieldseal/decrypt/audit";
import { kmsKeys } from "@fieldseal/decrypt/kms";
import { createLambdaHandler, type LambdaDecryptHandler } from "@fieldseal/decrypt/lambda";

const account = "111122223333";

/** Roles and what they see. */
export const access = {
  rules: [
    { principal: `arn:aws:iam::${account}:role/refunds`, fields: { "card-number": { mask: 4 }, email: "full" } },
    { principal: `arn:aws:iam::${account}:role/tax`, fields: { ssn: "full" } },
  ],
} as const;

export function decryptLambda(options: {
  readonly client: KMSClient;
  /** ARN of the KMS key of each kid. */
  readonly arns: Readonly<Record<string, string>>;
}): LambdaDecryptHandler {
  const { client, arns } = options;
  const keys = Object.entries(arns).map(([kid, kms]) => [kid, { kms, alg: "RSA-OAEP-256" } as const]);
  return createLambdaHandler({
    keys: kmsKeys({ client, keys: Object.fromEntries(keys) }),
    access,
    expect: { ssn: "$..ssn", email: "$.contact.email", "card-number": "$.payments[*].card.number" },
    identity: { from: "api-gateway-iam" },
    audit: createAuditTrail({ sink: stdoutSink() }),
  });
}

/** What the function exports: keys from its environment, `KEY_ARNS={"pii-1":"arn:..."}`. */
export function fromEnvironment(): LambdaDecryptHandler {
  return decryptLambda({ client: new KMSClient({}), arns: JSON.parse(process.env.KEY_ARNS ?? "{}") });
}
