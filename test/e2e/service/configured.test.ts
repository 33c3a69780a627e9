import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pemKeys } from "@fieldseal/decrypt";
import { hmacSigner, verifyAuditFile } from "@fieldseal/decrypt/audit";
import { decryptPart, startPartsService } from "@fieldseal/decrypt/http";
import { kmsCheckpoints } from "@fieldseal/decrypt/kms";
import {
  parseServiceConfig,
  type RunningService,
  type ServiceFiles,
  startConfiguredService,
} from "@fieldseal/decrypt/service";
import { type KmsServer, startKms } from "@fieldseal/emulator";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { readJsonFile } from "../../../packages/cli/src/json-file.ts";
import { createIssuer, type Issuer } from "../../fixtures/issuer.ts";
import { privateKeys } from "../../fixtures/sealing-policy.ts";
import { customer, places, type ShopKms, sealed, startShopKms } from "../../fixtures/shop.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-configured-"));
const readJson: ServiceFiles["readJson"] = async (...asked) => (await readJsonFile(...asked)).parsed;
let shop: ShopKms;
beforeAll(async () => {
  shop = await startShopKms();
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

function authenticationBy(issuer: Issuer): object {
  writeFileSync(path.join(folder, "jwks.json"), JSON.stringify(issuer.keySet));
  return {
    issuer: issuer.name,
    audience: "decrypt",
    algorithms: ["ES256"],
    keySet: { file: "jwks.json" },
    principal: { claim: "role", prefix: "role:" },
  };
}

/** One key in two Regions, and a service that asks `home` first. */
async function startTwoRegions(more: object): Promise<{
  readonly home: KmsServer;
  readonly elsewhere: KmsServer;
  readonly service: RunningService;
  readonly post: (body: Uint8Array, mediaType?: string) => Promise<unknown>;
}> {
  const issuer = await createIssuer();
  const privateKeyPem = privateKeys.get("pii-1")!.export({ format: "pem", type: "pkcs8" }) as string;
  const keys = [{ id: "mrk-55555555555555555555555555555555", privateKeyPem }];
  const home = await startKms({ keys });
  const elsewhere = await startKms({ region: "eu-west-1", keys });
  const config = parseServiceConfig({
    listen: { port: 0 },
    kms: { region: home.region, endpoint: home.url },
    keys: { "pii-1": { kms: home.keys()[0]!.arn, alg: "RSA-OAEP-256" } },
    replicas: [{ region: elsewhere.region, endpoint: elsewhere.url }],
    expect: { fields: places },
    access: { rules: [{ principal: "role:tax", fields: { ssn: "full" } }] },
    authentication: authenticationBy(issuer),
    audit: { file: "audit-regions.jsonl" },
    ...more,
  });
  const service = await startConfiguredService(config, { folder, readJson });
  const authorization = `Bearer ${await issuer.token({ role: "tax" })}`;
  const post = async (body: Uint8Array, mediaType = "application/json"): Promise<unknown> => {
    const headers = { authorization, "content-type": mediaType };
    return await (await fetch(`${service.url}/v1/decrypt`, { method: "POST", headers, body })).json();
  };
  return { home, elsewhere, service, post };
}

it.each(["kms", "secretFile"] as const)("starts from its configuration, with checkpoints by %s", async (signing) => {
  const issuer = await createIssuer();
  const secret = new Uint8Array(32).fill(3);
  writeFileSync(path.join(folder, "secret.bin"), secret);
  const context = { tenant: { claim: "tenant" } };
  const rules = [{ principal: "role:tax", context, fields: { ssn: "full" } }];
  writeFileSync(path.join(folder, "access.json"), JSON.stringify({ rules }));
  const signer = signing === "kms" ? { kms: shop.mac } : { secretFile: "secret.bin" };
  const [file, checkpoints] = [`audit-${signing}.jsonl`, `checkpoints-${signing}.jsonl`];
  const config = parseServiceConfig({
    listen: { port: 0 },
    kms: { region: shop.kms.region, endpoint: shop.kms.url },
    keys: { "pii-1": { kms: shop.pii, alg: "RSA-OAEP-256" } },
    expect: { fields: places },
    access: { file: "access.json" },
    authentication: authenticationBy(issuer),
    context,
    audit: { file, checkpoints: { file: checkpoints, ...signer } },
  });
  const service = await startConfiguredService(config, { folder, readJson });
  expect(await (await fetch(`${service.url}/ready`)).json()).toEqual({
    checks: { kms: "ok", audit: "ok", keys: "ok" },
  });
  const authorization = `Bearer ${await issuer.token({ role: "tax", tenant: "acme" })}`;
  const response = await fetch(`${service.url}/v1/decrypt`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: await sealed(customer, "acme"),
  });
  expect(await response.json()).toMatchObject({ ssn: customer.ssn });
  await service.close();
  const verifier =
    signing === "kms"
      ? kmsCheckpoints({ client: shop.client, key: shop.mac })
      : hmacSigner({ key: "secret.bin", secret });
  const report = await verifyAuditFile(path.join(folder, file), { file: path.join(folder, checkpoints), verifier });
  expect(report).toMatchObject({ ok: true, events: 3, tail: "proven" });
});

it("opens through another Region of its keys while the first is away, and says which it does not ask", async () => {
  const { home, elsewhere, service, post } = await startTwoRegions({
    breaker: { maxFailures: 1, openFor: 60_000 },
    dataKeys: { maxKmsCallsPerCall: 1 },
    onDenied: "mask",
  });
  await home.close();
  expect(await post(await sealed(customer))).toMatchObject({ ssn: customer.ssn, contact: { email: "****" } });
  expect(elsewhere.calls.Decrypt).toBe(1);
  const lines = Buffer.concat([await sealed(customer), Buffer.from("\n"), await sealed(customer)]);
  expect(await post(lines, "application/x-ndjson")).toMatchObject({ code: "TOO_MANY_KMS_CALLS" });
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  for (const [region, state] of [
    [home.region, "open"],
    [elsewhere.region, "closed"],
  ]) {
    expect(metrics).toContain(`fieldseal_key_circuit{kid="pii-1",region="${region}",state="${state}"} 1`);
  }
  expect((await fetch(`${service.url}/ready`)).status).toBe(200);
  await elsewhere.close();
  await service.close();
});

it("asks KMS once a second for all who ask whether it is ready, while it is not, and is again when KMS is", async () => {
  const { home, elsewhere, service } = await startTwoRegions({});
  const ready = async (): Promise<number> => (await fetch(`${service.url}/ready`)).status;
  for (const { keys, setKeyState } of [home, elsewhere]) setKeyState(keys()[0]!.id, "Disabled");
  const statuses: number[] = [];
  for (let i = 0; i < 10; i++) statuses.push(await ready());
  expect(statuses).toEqual(Array(10).fill(503));
  expect([home.calls.DescribeKey, elsewhere.calls.DescribeKey]).toEqual([1, 1]);
  home.setKeyState(home.keys()[0]!.id, "Enabled");
  await vi.waitFor(async () => expect(await ready()).toBe(200), { timeout: 5000, interval: 200 });
  await Promise.all([home.close(), elsewhere.close(), service.close()]);
});

it("asks another Region where the first has not answered after `failOverAfter`", async () => {
  const regions = await startTwoRegions({ failOverAfter: 50, dataKeys: { kmsTimeout: 1900 } });
  regions.home.faults.set({ latency: { ms: 60_000 } });
  expect(await regions.post(await sealed(customer))).toMatchObject({ ssn: customer.ssn });
  expect(regions.home.faults.counts.latency).toBe(1);
  await regions.service.close();
  await Promise.all([regions.home.close(), regions.elsewhere.close()]);
});

it("does not start where a file is missing or no JSON", async () => {
  const config = parseServiceConfig({
    keys: {},
    expect: { policy: "none.json" },
    access: { rules: [] },
    authentication: { issuer: "i", audience: "a", algorithms: ["ES256"], keySet: { url: "https://i.example" } },
    audit: { stdout: true },
  });
  await expect(startConfiguredService(config, { folder, readJson })).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  writeFileSync(path.join(folder, "none.json"), "{");
  await expect(startConfiguredService(config, { folder, readJson })).rejects.toMatchObject({ code: "POLICY_INVALID" });
});

it("does not start where a file holds something else, and names the file and the place in it", async () => {
  const start = (files: Readonly<Record<string, unknown>>): Promise<RunningService> => {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(path.join(folder, `wrong-${name}.json`), JSON.stringify(content));
    }
    const config = parseServiceConfig({
      keys: {},
      expect: { policy: "wrong-policy.json" },
      access: { file: "wrong-access.json" },
      authentication: { issuer: "i", audience: "a", algorithms: ["ES256"], keySet: { file: "wrong-keys.json" } },
      audit: { file: "none.jsonl" },
    });
    return startConfiguredService(config, { folder, readJson });
  };
  const policy = { version: 1, id: "p", keys: {}, routes: [] };
  await expect(start({ policy, access: { rules: [{ principal: 1, fields: {} }] }, keys: [] })).rejects.toMatchObject({
    ...{ code: "ACCESS_INVALID", pointer: "/rules/0/principal" },
    place: { file: path.join(folder, "wrong-access.json"), line: 1, column: 12 },
  });
  await expect(start({ policy: {}, access: { rules: [] } })).rejects.toMatchObject({
    code: "POLICY_INVALID",
    place: expect.objectContaining({ file: path.join(folder, "wrong-policy.json") }),
  });
  await expect(start({ policy })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

it("takes no audit sink of a part: events go to the service's, and would not reach it", () => {
  const host = { keys: pemKeys({}), access: { rules: [] }, expect: {}, audit: { accept: async () => {} } };
  expect(() => decryptPart(host)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

it("tells its URL with brackets around an address of IPv6", async () => {
  const service = await startPartsService({
    parts: [decryptPart({ keys: pemKeys({}), access: { rules: [] }, expect: {} })],
    authenticate: () => Promise.reject(new Error("nobody")),
    host: "::1",
    port: 0,
  });
  expect((await fetch(`${service.url}/health`)).status).toBe(200);
  await service.close();
});
