// The whole way of one request: client -> CloudFront with the edge function -> origin and database -> decrypt service
// -> three readers. Everything listens on 127.0.0.1; KMS and CloudFront are emulators that speak the real protocols.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { CreateKeyCommand, GetPublicKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import type { AuditEvent } from "@fieldseal/decrypt";
import { startCloudFront, startKms } from "@fieldseal/emulator";
import { decryptService } from "../decrypt-service.ts";
import { type EdgeKey, edgeHandler, shopPolicy } from "../edge-handler.ts";
import { claim, finish, show, timed } from "./claims.ts";
import { startCustomerOrigin } from "./customer-origin.ts";

const sent = readFileSync(new URL("customer.json", import.meta.url), "utf8").trimEnd();
const secrets = ["078-05-1120", "ada@example.org", "4111111111111111", "5555555555554444"];
const headers = { "content-type": "application/json", "x-tenant-id": "acme" };

const kms = await timed("start KMS", () => startKms({ region: "us-east-1" }));
const credentials = { accessKeyId: "demo", secretAccessKey: "demo" };
const client = new KMSClient({ endpoint: kms.url, region: "us-east-1", credentials });

async function makeKey(): Promise<EdgeKey> {
  const made = await client.send(new CreateKeyCommand({ KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" }));
  const { KeyId = "", PublicKey = new Uint8Array() } = await client.send(
    new GetPublicKeyCommand({ KeyId: made.KeyMetadata?.KeyId }),
  );
  return { kms: KeyId, publicKey: Buffer.from(PublicKey).toString("base64") };
}
const [pii, pci] = await timed("make two RSA keys in it, and pull their public halves", async () => [
  await makeKey(),
  await makeKey(),
]);

const store = await startCustomerOrigin();
const handler = edgeHandler(pii, pci);
const edge = await startCloudFront({ handler, origin: store.origin });

show("1. The client sends", sent);
const response = await timed("one request through the edge into the database", () =>
  fetch(`${edge.url}/v1/customers/c-1815`, { method: "POST", headers, body: sent }),
);
const arrived = store.origin.last?.body.toString("utf8") ?? "";
show("2. The origin received and stored", arrived);
claim("the origin answered 201", response.status === 201);
const database = store.file();
claim(
  "no sealed value stands anywhere in the database file",
  database.includes("Augusta Ada King") && !secrets.some((secret) => database.includes(secret)),
);
const blank = (text: string): string => text.replace(/"fs1\.[^"]*"/g, "…").replace(sealedTokens(sent), "…");
claim("every byte outside the four sealed values is the client's", blank(arrived) === blank(sent));
claim("the edge function asked KMS nothing", kms.calls.Decrypt === undefined && kms.calls.Encrypt === undefined);

const audit: AuditEvent[] = [];
const service = decryptService({
  client,
  arns: { "pii-1": pii.kms, "pci-1": pci.kms },
  expect: shopPolicy(pii, pci),
  load: store.load,
  principalOf: (token) => token?.replace("Bearer demo-token-of-", "role:"),
  onAudit: (event) => audit.push(event),
}).listen(0, "127.0.0.1");
await once(service, "listening");
const serviceUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;

async function readAs(role: string): Promise<{ text: string; calls: number }> {
  const before = kms.calls.Decrypt ?? 0;
  const authorization = `Bearer demo-token-of-${role}`;
  const answer = await timed(`read as ${role}`, () =>
    fetch(`${serviceUrl}/customers/c-1815`, { headers: { authorization } }),
  );
  return { text: await answer.text(), calls: (kms.calls.Decrypt ?? 0) - before };
}

const billing = await readAs("billing");
show("3. The decrypt service returns to role:billing (full)", billing.text);
claim("byte for byte what the client sent", billing.text === sent);
claim(`4 fields, 2 keys: ${billing.calls} KMS calls`, billing.calls === 2);

const support = await readAs("support");
show("4. ... to role:support (last four)", support.text);
const masked = JSON.parse(support.text);
claim("ssn and cards show their last four", masked.ssn === "****1120" && masked.payments[0].card.number === "****1111");
claim(`with ${support.calls} KMS calls: the service still holds the data keys`, support.calls === 0);

const analytics = await readAs("analytics");
show("5. ... to role:analytics (nothing)", analytics.text);
claim("sees only envelopes", analytics.text === arrived);
claim("and that cost no KMS call", analytics.calls === 0);
claim(
  "12 audit events, none holds a value",
  audit.length === 12 && !secrets.some((s) => JSON.stringify(audit).includes(s)),
);

const misconfigured = await startCloudFront({ handler, origin: store.origin, includeBody: false });
const received = store.origin.requests.length;
console.warn = () => {};
const refused = await fetch(`${misconfigured.url}/v1/customers/c-1`, { method: "POST", headers, body: sent });
show("6. The same request where somebody forgot IncludeBody", `${refused.status} ${await refused.text()}`);
claim(
  "is refused, and nothing reaches the origin",
  refused.status === 500 && store.origin.requests.length === received,
);

show(
  `KMS calls in all: ${kms.calls.Decrypt} Decrypt for ${audit.filter((e) => e.outcome !== "denied").length} opened fields`,
);
service.close();
service.closeAllConnections();
client.destroy();
await Promise.all([edge.close(), misconfigured.close(), store.close(), kms.close()]);
finish();

/** The tokens of the sealed values, as the client spelled them. */
function sealedTokens(text: string): RegExp {
  const tokens = secrets.map((secret) => `"${secret}"`).filter((token) => text.includes(token));
  return new RegExp(tokens.map((token) => token.replace(/[.+]/g, "\\$&")).join("|"), "g");
}
