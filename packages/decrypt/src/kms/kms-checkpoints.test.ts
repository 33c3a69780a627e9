import { KMSClient } from "@aws-sdk/client-kms";
import { type KmsServer, startKms } from "@fieldseal/emulator";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createAuditTrail, type LineSink } from "../audit/index.ts";
import { kmsCheckpoints } from "./index.ts";

let kms: KmsServer;
let client: KMSClient;
const checkpoints = (timeout = 5000) => kmsCheckpoints({ client, key: kms.keys()[0]!.arn, timeout });
const message = Buffer.from("m");

beforeEach(async () => {
  kms = await startKms({ keys: [{ keySpec: "HMAC_256" }] });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new KMSClient({ endpoint: kms.url, region: kms.region, credentials, maxAttempts: 1 });
});
afterEach(async () => {
  client.destroy();
  await kms.close();
});

it("gives KMS up that does not answer, so that a trail closes", async () => {
  kms.faults.set({ latency: { ms: 60_000 } });
  const sink: LineSink = { append: async () => {} };
  const trail = createAuditTrail({ sink, checkpoints: sink, signer: checkpoints(100) });
  await trail.check();
  await expect(trail.close()).rejects.toMatchObject({ code: "KMS_UNAVAILABLE" });
});

it("tells with a code that KMS cannot be asked, and whom it refuses", async () => {
  kms.faults.set({ accessDenied: {} });
  await expect(checkpoints().verify(message, new Uint8Array(32))).rejects.toMatchObject({
    code: "KMS_ACCESS_DENIED",
    hint: expect.stringContaining("kms:VerifyMac"),
  });
  await kms.close();
  await expect(checkpoints().verify(message, new Uint8Array(32))).rejects.toMatchObject({ code: "KMS_UNAVAILABLE" });
});

it("asks nothing about a MAC of another length: no such checkpoint is one", async () => {
  kms.faults.set({ accessDenied: {} });
  for (const length of [0, 31, 33]) expect(await checkpoints().verify(message, new Uint8Array(length))).toBe(false);
});
