import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { hmacSigner, verifyAuditFile } from "@fieldseal/decrypt/audit";
import { kmsCheckpoints } from "@fieldseal/decrypt/kms";
import { parseServiceConfig, startConfiguredService } from "@fieldseal/decrypt/service";
import { startKms } from "@fieldseal/emulator";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createIssuer } from "../../fixtures/issuer.ts";
import { privateKeys } from "../../fixtures/sealing-policy.ts";
import { customer, places, type ShopKms, sealed, startShopKms } from "../../fixtures/shop.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-configured-"));
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

it.each(["kms", "secretFile"] as const)("starts from its configuration, with checkpoints by %s", async (signing) => {
  const issuer = await createIssuer();
  const secret = new Uint8Array(32).fill(3);
  writeFileSync(path.join(folder, "jwks.json"), JSON.stringify(issuer.keySet));
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
    authentication: {
      issuer: issuer.name,
      audience: "decrypt",
      algorithms: ["ES256"],
      keySet: { file: "jwks.json" },
      principal: { claim: "role", prefix: "role:" },
    },
    context,
    audit: { file, checkpoints: { file: checkpoints, ...signer } },
  });
  const service = await startConfiguredService(config, folder);
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
  const issuer = await createIssuer();
  writeFileSync(path.join(folder, "jwks.json"), JSON.stringify(issuer.keySet));
  const privateKeyPem = privateKeys.get("pii-1")!.export({ format: "pem", type: "pkcs8" }) as string;
  const keys = [{ id: "mrk-55555555555555555555555555555555", privateKeyPem }];
  const home = await startKms({ keys });
  const elsewhere = await startKms({ region: "eu-west-1", keys });
  const config = parseServiceConfig({
    listen: { port: 0 },
    kms: { region: home.region, endpoint: home.url },
    keys: { "pii-1": { kms: home.keys()[0]!.arn, alg: "RSA-OAEP-256" } },
    replicas: [{ region: elsewhere.region, endpoint: elsewhere.url }],
    failOverAfter: 1000,
    breaker: { maxFailures: 1, openFor: 60_000 },
    dataKeys: { maxKmsCallsPerCall: 1 },
    onDenied: "mask",
    expect: { fields: places },
    access: { rules: [{ principal: "role:tax", fields: { ssn: "full" } }] },
    authentication: {
      issuer: issuer.name,
      audience: "decrypt",
      algorithms: ["ES256"],
      keySet: { file: "jwks.json" },
      principal: { claim: "role", prefix: "role:" },
    },
    audit: { file: "audit-regions.jsonl" },
  });
  const service = await startConfiguredService(config, folder);
  await home.close();
  const authorization = `Bearer ${await issuer.token({ role: "tax" })}`;
  const headers = { authorization, "content-type": "application/json" };
  const response = await fetch(`${service.url}/v1/decrypt`, { method: "POST", headers, body: await sealed(customer) });
  expect(await response.json()).toMatchObject({ ssn: customer.ssn, contact: { email: "****" } });
  expect(elsewhere.calls.Decrypt).toBe(1);
  const lines = Buffer.concat([await sealed(customer), Buffer.from("\n"), await sealed(customer)]);
  const many = { authorization, "content-type": "application/x-ndjson" };
  const refused = await fetch(`${service.url}/v1/decrypt`, { method: "POST", headers: many, body: lines });
  expect(await refused.json()).toMatchObject({ code: "TOO_MANY_KMS_CALLS" });
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

it("does not start where a file is missing or no JSON", async () => {
  const config = parseServiceConfig({
    keys: {},
    expect: { policy: "none.json" },
    access: { rules: [] },
    authentication: { issuer: "i", audience: "a", algorithms: ["ES256"], keySet: { url: "https://i.example" } },
    audit: { stdout: true },
  });
  await expect(startConfiguredService(config, folder)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  writeFileSync(path.join(folder, "none.json"), "{");
  await expect(startConfiguredService(config, folder)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});
