// Services that decrypt for the test file that imports this, each closed behind its test, and requests to them. I/O.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createAuditTrail, fileSink } from "@fieldseal/decrypt/audit";
import { jwtAuthentication, type RunningService, type ServiceOptions, startService } from "@fieldseal/decrypt/http";
import { kmsKeys, kmsReachable } from "@fieldseal/decrypt/kms";
import { afterAll, afterEach, expect } from "vitest";
import { createIssuer } from "../../fixtures/issuer.ts";
import { customer, places, sealed, startShopKms } from "../../fixtures/shop.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-service-"));
export const context = { tenant: { claim: "tenant" } } as const;
export const claims = { role: "support", tenant: "acme" };
export const shop = await startShopKms();
export const issuer = await createIssuer();
/** The customer, sealed for the tenant of {@link claims}. */
export const acme = await sealed(customer, "acme");
const running: RunningService[] = [];
let count = 0;

afterEach(async () => {
  shop.kms.faults.clear();
  await Promise.all(running.splice(0).map((service) => service.close()));
});
afterAll(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

/** With the file of its trail. */
type Given = ServiceOptions & { readonly file: string };

export function options(more: Partial<ServiceOptions> = {}): Given {
  const file = path.join(folder, `audit-${count++}.jsonl`);
  return {
    file,
    port: 0,
    keys: kmsKeys({ client: shop.client, keys: { "pii-1": { kms: shop.pii, alg: "RSA-OAEP-256" } } }),
    access: { rules: [{ principal: "role:support", context, fields: { ssn: "full", "card-number": { mask: 4 } } }] },
    context,
    expect: places,
    authenticate: jwtAuthentication(issuer.trust),
    trail: createAuditTrail({ sink: fileSink(file, { fsync: false }) }),
    ready: { kms: kmsReachable({ client: shop.client, kms: shop.pii }) },
    ...more,
  };
}
export async function start(
  { file: _, ...given }: Partial<Given> & ServiceOptions = options(),
): Promise<RunningService> {
  const service = await startService(given);
  running.push(service);
  return service;
}
interface Sent {
  readonly path?: string;
  readonly token?: string;
  readonly body?: Uint8Array | string;
  readonly headers?: Record<string, string>;
}
export async function post(
  { url }: RunningService,
  sent: Sent = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const token = sent.token ?? (await issuer.token(claims));
  const response = await fetch(url + (sent.path ?? "/v1/decrypt"), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}`, ...sent.headers },
    body: sent.body ?? acme,
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}
export const refused = (status: number, code: string) =>
  expect.objectContaining({ status, text: expect.stringContaining(`"code":"${code}"`) });
