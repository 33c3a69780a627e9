// One key for each class of field. Who holds `kms:Decrypt` on one key opens that class and nothing else, whatever this
// code says; access rules spare the calls that KMS would refuse.
import { createDecryptor, type KeyProvider } from "@fieldseal/decrypt";
import { createOriginRequestHandler, definePolicy, type OriginRequestHandler } from "@fieldseal/edge-encrypt";
import type { EdgeKey } from "./edge-handler.ts";

export interface ClassKeys {
  readonly identity: EdgeKey;
  readonly payment: EdgeKey;
}

export function customersPolicy({ identity, payment }: ClassKeys): ReturnType<typeof definePolicy> {
  return definePolicy({
    version: 1,
    id: "customers-2026-11",
    keys: {
      "pii-1": { alg: "RSA-OAEP-256", ...identity },
      "pci-1": { alg: "RSA-OAEP-256", ...payment },
    },
    routes: [
      {
        path: "/v1/customers/**",
        context: { tenant: { header: "x-tenant-id" } },
        fields: [
          { name: "ssn", select: "$..ssn", action: "encrypt", key: "pii-1" },
          { name: "card-number", select: "$.cards[*].number", action: "encrypt", key: "pci-1" },
        ],
      },
    ],
    onUnmatched: "reject",
  });
}

export function customersHandler(keys: ClassKeys): OriginRequestHandler {
  return createOriginRequestHandler({ policy: customersPolicy(keys) });
}

/** A service that sees one class of fields; the others stay envelopes, and cost no call. */
export function readerOf(
  field: "ssn" | "card-number",
  { keys, policy }: { readonly keys: KeyProvider; readonly policy: ReturnType<typeof definePolicy> },
): (stored: Uint8Array, tenant: string) => Promise<string> {
  const principal = `service:${field}`;
  const access = { rules: [{ principal, fields: { [field]: "full" as const } }] };
  const decryptor = createDecryptor({ keys, access });
  return async (bytes, tenant) => {
    const body = { bytes, mediaType: "application/json", context: { tenant }, expect: policy };
    return Buffer.from(await decryptor.decryptBody(body, { principal })).toString("utf8");
  };
}
