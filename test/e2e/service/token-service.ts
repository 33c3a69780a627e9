// Services of tokens for the test file that imports this, each closed behind its test, and requests to them. I/O.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createAuditTrail, fileSink } from "@fieldseal/decrypt/audit";
import {
  type CreatePart,
  jwtAuthentication,
  type PartsServiceOptions,
  type RunningService,
  startPartsService,
} from "@fieldseal/decrypt/http";
import type { FormatDeclarations } from "@fieldseal/tokenizer";
import { createMemoryStore } from "@fieldseal/tokenizer/memory";
import { createTokenService, type TokenServiceOptions } from "@fieldseal/tokenizer/service";
import { createVault, staticKeys, type Vault } from "@fieldseal/tokenizer/vault";
import type { JWTPayload } from "jose";
import { afterAll, afterEach, expect } from "vitest";
import { createIssuer } from "../../fixtures/issuer.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-token-service-"));
export const card = "4111 1111 1111 1111";
export const keys = { current: "1", versions: { 1: new Uint8Array(32).fill(1), 2: new Uint8Array(32).fill(2) } };
export const formats: FormatDeclarations = {
  card: { type: "pan", keepLast: 4 },
  bin: { type: "pan", engine: "vault", keepFirst: 6, keepLast: 4 },
  born: { type: "date", engine: "shift", maxDays: 90 },
};
const tenant = { claim: "tenant" } as const;
export const context = { tenant };
export const allOf = (fields: object) => ({ rules: [{ principal: "role:shop", context, fields: fields as never }] });
export const claims = { role: "shop", tenant: "t-1" };
export const routes = ["/v1/tokenize", "/v1/tokenize-batch", "/v1/detokenize", "/v1/detokenize-batch"];

const issuer = await createIssuer();
const vaults: Vault[] = [];
const running: RunningService[] = [];
let count = 0;

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.close()));
  await Promise.all(vaults.splice(0).map((vault) => vault.close()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export interface Started {
  readonly service: RunningService;
  readonly vault: Vault;
  /** The trail. */
  readonly file: string;
}
export async function start(
  more: Partial<TokenServiceOptions> = {},
  options: Partial<PartsServiceOptions> = {},
  others: readonly CreatePart[] = [],
): Promise<Started> {
  const file = path.join(folder, `audit-${count++}.jsonl`);
  const vault = createVault({
    store: createMemoryStore(),
    keys: staticKeys([{ version: "1", key: new Uint8Array(32) }]),
  });
  vaults.push(vault);
  const tokens: CreatePart = (audit) =>
    createTokenService({ keys, formats, vault, tenant, audit, access: allOf({ "*": "full" }), ...more });
  const service = await startPartsService({
    port: 0,
    parts: [...others, tokens],
    trail: createAuditTrail({ sink: fileSink(file, { fsync: false }) }),
    authenticate: jwtAuthentication({ ...issuer.trust, purposeClaim: "purpose" }),
    ...options,
  });
  running.push(service);
  return { service, vault, file };
}
export interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared member by member
  readonly json: any;
  readonly headers: Headers;
}
export async function post(
  { service }: Started,
  route: string,
  body: unknown,
  { payload = claims, token }: { readonly payload?: JWTPayload; readonly token?: string } = {},
): Promise<Answer> {
  const authorization = `Bearer ${token ?? (await issuer.token(payload))}`;
  const response = await fetch(`${service.url}/v1/${route}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text), headers: response.headers };
}
export const refused = (status: number, code: string) =>
  expect.objectContaining({ status, json: { code, retryable: expect.any(Boolean), status } });
