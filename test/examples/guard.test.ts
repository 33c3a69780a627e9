import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { GuardEvent } from "@fieldseal/edge-encrypt/guard";
import { startCloudFront } from "@fieldseal/emulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edgeHandler } from "../../examples/edge-handler.ts";
import { guardedShop } from "../../examples/guard-in-express.ts";
import { type Deployment, deploy } from "./deployment.ts";

const secret = "secret-of-this-distribution";
const body = '{"customerId":"c-1","ssn":"078-05-1120"}';
const headers = { "content-type": "application/json", "x-tenant-id": "acme" };
const saved: { readonly ssn: string }[] = [];
const refused: GuardEvent[] = [];
const closers: (() => unknown)[] = [];
let at: Deployment;
let cloudfront: string;
let origin: string;

beforeAll(async () => {
  at = await deploy("pii", "pci");
  const [pii, pci] = await Promise.all([at.pull("pii"), at.pull("pci")]);
  const save = (customer: { readonly ssn: string }): number => saved.push(customer);
  const onRefused = (event: GuardEvent): number => refused.push(event);
  const server = guardedShop({ keys: { pii, pci }, secrets: [secret], save, onRefused }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  origin = `http://127.0.0.1:${port}`;
  const customHeaders = { "x-fieldseal-secret": secret };
  const edge = await startCloudFront({
    handler: edgeHandler(pii, pci),
    origin: { host: "127.0.0.1", port, customHeaders },
  });
  cloudfront = edge.url;
  closers.push(
    () => edge.close(),
    () => server.close(),
    () => at.close(),
  );
});
afterAll(async () => {
  for (const close of closers) await close();
});

describe("guard-in-express", () => {
  const post = async (url: string, more: Record<string, string> = {}, sent = body): Promise<number> =>
    (await fetch(`${url}/v1/customers/c-1`, { method: "POST", headers: { ...headers, ...more }, body: sent })).status;

  it("lets through what passed the edge, and the app parses it as ever", async () => {
    expect(await post(cloudfront)).toBe(201);
    expect(saved).toHaveLength(1);
    expect(saved[0]!.ssn).toMatch(/^fs1\.r\.pii-1\.ssn\./);
  });

  it.each([
    ["around CloudFront", {}],
    ["with a guessed secret", { "x-fieldseal-secret": "secret-of-another-one-00000" }],
    ["in clear, even with the secret", { "x-fieldseal-secret": secret }],
  ])("refuses what comes %s", async (_, more: Record<string, string>) => {
    const [before, told] = [saved.length, refused.length];
    expect(await post(origin, more)).toBe(400);
    expect([saved.length, refused.length]).toEqual([before, told + 1]);
    expect(JSON.stringify(refused)).not.toMatch(/078-05|secret-of/);
  });
});
