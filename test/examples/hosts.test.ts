import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { verifyAuditFile } from "@fieldseal/decrypt/audit";
import { kmsCheckpoints } from "@fieldseal/decrypt/kms";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { decryptLambda } from "../../examples/decrypt-lambda.ts";
import { marketingTransform } from "../../examples/firehose-transform.ts";
import { decryptionService } from "../../examples/http-service.ts";
import { createIssuer } from "../fixtures/issuer.ts";
import { canaries, customer, type ShopKms, sealed, startShopKms } from "../fixtures/shop.ts";

let shop: ShopKms;
let printed = "";
const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-examples-"));
beforeAll(async () => {
  shop = await startShopKms();
  vi.spyOn(process.stdout, "write").mockImplementation(((text: string, done?: () => void): boolean => {
    printed += text;
    done?.();
    return true;
  }) as typeof process.stdout.write);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});
const envelope = expect.stringMatching(/^fs1\..*\.fs$/);

it.each(["decrypt-lambda", "http-service", "firehose-transform"])("%s fits on a page", (name) => {
  expect(readFileSync(`examples/${name}.ts`, "utf8").split("\n").length).toBeLessThanOrEqual(61);
});

it("the Lambda function shows each role its fields", async () => {
  const handler = decryptLambda({ client: shop.client, arns: { "pii-1": shop.pii } });
  const body = Buffer.from(await sealed(customer)).toString();
  const call = async (role: string): Promise<{ statusCode: number; body: string }> => {
    const userArn = `arn:aws:sts::111122223333:assumed-role/${role}/session-1`;
    const requestContext = { http: { method: "POST" }, authorizer: { iam: { userArn } } };
    const headers = { "content-type": "application/json" };
    return (await handler({ requestContext, rawPath: "/v1/decrypt", headers, body })) as never;
  };
  const refunds = await call("refunds");
  expect(refunds.statusCode).toBe(200);
  expect(JSON.parse(refunds.body)).toEqual({
    ...customer,
    ssn: envelope,
    payments: [{ card: { number: "****1111" } }],
  });
  expect(JSON.parse((await call("tax")).body)).toMatchObject({ ssn: customer.ssn, contact: { email: envelope } });
  expect(JSON.parse((await call("other")).body)).toMatchObject({ ssn: envelope, contact: { email: envelope } });
});

it("the Firehose transform opens what its caller may see and fails what does not open", async () => {
  const transform = marketingTransform({ client: shop.client, arn: shop.pii });
  const good = Buffer.from(await sealed(customer)).toString("base64");
  const torn = Buffer.from(`${Buffer.from(good, "base64").toString().slice(0, -40)}`).toString("base64");
  const { records } = await transform({
    invocationId: "i-1",
    records: [
      { recordId: "1", data: good },
      { recordId: "2", data: torn },
    ],
  });
  expect(records.map(({ recordId, result }) => [recordId, result])).toEqual([
    ["1", "Ok"],
    ["2", "ProcessingFailed"],
  ]);
  expect(records[1]!.data).toBe(torn);
  const opened = JSON.parse(Buffer.from(records[0]!.data, "base64").toString());
  expect(opened).toMatchObject({ ssn: envelope, contact: { email: customer.contact.email } });
  expect(printed).toContain('"principal":"role:marketing-lake"');
  for (const canary of canaries) expect(printed).not.toContain(canary);
});

describe("the HTTP service", () => {
  it("serves three principals, and leaves a proven trail", async () => {
    const issuer = await createIssuer();
    const files = { audit: path.join(folder, "audit.jsonl"), checkpoints: path.join(folder, "checkpoints.jsonl") };
    const service = await decryptionService({
      client: shop.client,
      arns: { pii: shop.pii, audit: shop.mac },
      issuer: issuer.name,
      keySet: { keys: issuer.keySet },
      files,
      port: 0,
    });
    const body = await sealed(customer, "acme");
    const call = async (claims: object): Promise<unknown> => {
      const authorization = `Bearer ${await issuer.token({ tenant: "acme", ...claims })}`;
      const headers = { "content-type": "application/json", authorization };
      const response = await fetch(`${service.url}/v1/decrypt`, { method: "POST", headers, body });
      return response.ok ? await response.json() : response.status;
    };
    const none = { ssn: envelope, contact: { email: envelope }, payments: [{ card: { number: envelope } }] };
    expect(await call({ role: "tax", purpose: "annual-report" })).toMatchObject({ ...none, ssn: customer.ssn });
    expect(await call({ role: "tax" })).toMatchObject(none);
    expect(await call({ role: "support" })).toMatchObject({
      ...none,
      contact: customer.contact,
      payments: [{ card: { number: "****1111" } }],
    });
    expect(await call({ role: "partner" })).toMatchObject(none);
    expect(await call({ role: "support", tenant: "other" })).toBe(422);
    await service.close();
    const verifier = kmsCheckpoints({ client: shop.client, key: shop.mac });
    const report = await verifyAuditFile(files.audit, { file: files.checkpoints, verifier });
    expect(report).toMatchObject({ ok: true, tail: "proven", events: 15 });
  });
});
