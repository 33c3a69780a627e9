// The edge function: associate it with origin-request, with IncludeBody on. The policy is baked in at build time
// (`fieldseal bundle`), since Lambda@Edge has no environment variables.
import { createOriginRequestHandler, definePolicy, type OriginRequestHandler } from "@fieldseal/edge-encrypt";

/** Public keys as `fieldseal pull-key` writes them. */
export interface EdgeKey {
  readonly publicKey: string;
  readonly kms: string;
}

/** What this shop seals: identity data under one key, cards under another, each bound to its tenant and customer. */
export function shopPolicy(pii: EdgeKey, pci: EdgeKey): ReturnType<typeof definePolicy> {
  return definePolicy({
    version: 1,
    id: "shop-2026-11",
    keys: {
      "pii-1": { alg: "RSA-OAEP-256", ...pii },
      "pci-1": { alg: "RSA-OAEP-256", ...pci },
    },
    routes: [
      {
        methods: ["POST", "PUT"],
        path: "/v1/customers/**",
        context: { tenant: { header: "x-tenant-id" }, customer: { select: "$.customerId" } },
        fields: [
          { name: "ssn", select: "$..ssn", action: "encrypt", key: "pii-1", required: true },
          { name: "email", select: "$.contact.email", action: "encrypt", key: "pii-1" },
          { name: "card-number", select: "$.payments[*].card.number", action: "encrypt", key: "pci-1" },
        ],
      },
    ],
    onUnmatched: "reject",
  });
}

export function edgeHandler(pii: EdgeKey, pci: EdgeKey): OriginRequestHandler {
  return createOriginRequestHandler({ policy: shopPolicy(pii, pci) });
}
