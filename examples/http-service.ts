// An HTTP service with three principals: tax sees SSNs, support sees the ends of cards, partners see nothing. Every
// record is bound to its tenant by the verified claim of that name.
import type { KMSClient } from "@aws-sdk/client-kms";
import { createAuditTrail, fileSink } from "@fieldseal/decrypt/audit";
import { jwtAuthentication, type KeySet, type RunningService, startService } from "@fieldseal/decrypt/http";
import { kmsCheckpoints, kmsKeys, kmsReachable } from "@fieldseal/decrypt/kms";

const context = { tenant: { claim: "tenant" } } as const;

export const access = {
  rules: [
    { principal: "role:tax", purpose: "annual-report", context, fields: { ssn: "full" } },
    { principal: "role:support", context, fields: { "card-number": { mask: 4 }, email: "full", ssn: "none" } },
    { principal: "role:partner", context, fields: { "*": "none" } },
  ],
} as const;

export function decryptionService(options: {
  readonly client: KMSClient;
  /** ARN of the RSA key of `pii-1`, and of an HMAC key for the trail's checkpoints. */
  readonly arns: { readonly pii: string; readonly audit: string };
  readonly issuer: string;
  readonly keySet: KeySet;
  /** The trail, and its checkpoints: in production on storage that the service cannot rewrite. */
  readonly files: { readonly audit: string; readonly checkpoints: string };
  readonly port?: number;
}): Promise<RunningService> {
  const { client, arns, issuer, keySet, files, port = 8080 } = options;
  return startService({
    port,
    keys: kmsKeys({ client, keys: { "pii-1": { kms: arns.pii, alg: "RSA-OAEP-256" } } }),
    access,
    context,
    expect: { ssn: "$..ssn", email: "$.contact.email", "card-number": "$.payments[*].card.number" },
    authenticate: jwtAuthentication({
      issuer,
      audience: "decrypt",
      algorithms: ["ES256"],
      keySet,
      principal: { claim: "role", prefix: "role:" },
      purposeClaim: "purpose",
    }),
    trail: createAuditTrail({
      sink: fileSink(files.audit),
      checkpoints: fileSink(files.checkpoints),
      signer: kmsCheckpoints({ client, key: arns.audit }),
    }),
    ready: { kms: kmsReachable({ client, kms: arns.pii }) },
  });
}
