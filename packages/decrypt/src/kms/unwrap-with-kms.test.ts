import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { KMSClient } from "@aws-sdk/client-kms";
import { expect, it } from "vitest";
import { kmsKeys } from "./index.ts";

it("takes an answer without a secret for no answer", async () => {
  const server = createServer((_, response) => response.end("{}")).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new KMSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
  const kms = "1234abcd-12ab-34cd-56ef-1234567890ab";
  const { find } = kmsKeys({ client, keys: { rsa: { kms, alg: "RSA-OAEP-256" } } });
  await expect(find("rsa")!.unwrap(new Uint8Array(256), AbortSignal.timeout(5000))).rejects.toMatchObject({
    code: "KMS_UNAVAILABLE",
    retryable: true,
  });
  client.destroy();
  server.close();
});
