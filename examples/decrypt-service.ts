// A backend service that shows a stored customer to whoever asks: how much of it, the access rules say.
import { createServer, type Server } from "node:http";
import type { KMSClient } from "@aws-sdk/client-kms";
import { type AuditEvent, createDecryptor, type Expect, FieldsealError } from "@fieldseal/decrypt";
import { kmsKeys } from "@fieldseal/decrypt/kms";

/** A stored record, and the context that its envelopes were sealed with. */
export interface StoredCustomer {
  readonly body: Uint8Array;
  readonly context: { readonly tenant: string; readonly customer: string };
}

const access = {
  rules: [
    { principal: "role:billing", fields: { "*": "full" } },
    { principal: "role:support", fields: { "card-number": { mask: 4 }, ssn: { mask: 4 }, email: "full" } },
  ],
} as const;

export function decryptService(options: {
  readonly client: KMSClient;
  /** Key ARN of each kid. */
  readonly arns: Readonly<Record<string, string>>;
  readonly expect: Expect;
  readonly load: (id: string) => StoredCustomer | undefined;
  /** Who a verified token speaks for; a real service checks a JWT here. */
  readonly principalOf: (token: string | undefined) => string | undefined;
  readonly onAudit: (event: AuditEvent) => void;
}): Server {
  const { client, arns, expect, load, principalOf, onAudit } = options;
  const keys = Object.fromEntries(
    Object.entries(arns).map(([kid, kms]) => [kid, { kms, alg: "RSA-OAEP-256" } as const]),
  );
  const audit = { accept: (events: readonly AuditEvent[]) => events.forEach(onAudit) };
  const decryptor = createDecryptor({ keys: kmsKeys({ client, keys }), access, audit });
  return createServer(async (request, response) => {
    const principal = principalOf(request.headers.authorization);
    const stored = load(request.url?.slice("/customers/".length) ?? "");
    if (principal === undefined || stored === undefined) {
      response.writeHead(principal === undefined ? 401 : 404).end();
      return;
    }
    try {
      const { body: bytes, context } = stored;
      const opened = await decryptor.decryptBody(
        { bytes, mediaType: "application/json", context, expect },
        { principal },
      );
      response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" }).end(opened);
    } catch (error) {
      const code = error instanceof FieldsealError ? error.code : "INTERNAL_ERROR";
      response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ code }));
    }
  });
}
