// The code of the decrypt function. Who may call it, IAM decides; the tenant comes from its configuration, never from
// the request. Bundle it to build/decrypt/index.mjs, with policy.json beside it.
import { readFileSync } from "node:fs";
import { KMSClient } from "@aws-sdk/client-kms";
import { createDecryptor, parsePolicy } from "@fieldseal/decrypt";
import { createAuditTrail, stdoutSink } from "@fieldseal/decrypt/audit";
import { kmsKeys } from "@fieldseal/decrypt/kms";

const policy = parsePolicy(JSON.parse(readFileSync(new URL("policy.json", import.meta.url), "utf8")));
const { TENANT: tenant = "" } = process.env;
const principal = "role:decrypt-function";

const keys = Object.fromEntries(
  [...policy.keys.values()].flatMap(({ kid, kms, alg }) => (kms === undefined ? [] : [[kid, { kms, alg }]])),
);
const decryptor = createDecryptor({
  keys: kmsKeys({ client: new KMSClient({}), keys }),
  access: { rules: [{ principal, fields: { "*": "full" } }] },
  audit: createAuditTrail({ sink: stdoutSink() }),
});

export async function handler(event: { readonly body: string; readonly mediaType: string }): Promise<{ body: string }> {
  const { body, mediaType } = event;
  const bytes = Buffer.from(body, "base64");
  const opened = await decryptor.decryptBody({ bytes, mediaType, context: { tenant }, expect: policy }, { principal });
  return { body: Buffer.from(opened).toString("base64") };
}
