import { KMSClient } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BodyToDecrypt, createDecryptor } from "../../packages/decrypt/src/index.ts";
import { kmsKeys } from "../../packages/decrypt/src/kms/index.ts";
import { type KmsServer, startKms } from "../../packages/emulator/src/index.ts";
import { bytesOf, json, p256Pair, pii, policy, textOf } from "./fixtures.ts";
import { sealUnder, wrapP256, wrapRsa } from "./seal-native.ts";

const records = 10_000;
/** So many records after each other have the same two data keys. */
const sharing = 5;
const ec = p256Pair();
let kms: KmsServer;
let client: KMSClient;
beforeAll(async () => {
  kms = await startKms({ seed: "faults", keys: [{ privateKeyPem: pii.privateKey }, { privateKeyPem: ec.privateKey }] });
  client = new KMSClient({
    endpoint: kms.url,
    region: kms.region,
    maxAttempts: 2,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
});
afterAll(async () => {
  client.destroy();
  await kms.close();
});

/** A record of two fields under two data keys, one of them wrapped for P-256. */
function makeRecords(): { readonly text: string; readonly body: BodyToDecrypt }[] {
  const made: { text: string; body: BodyToDecrypt }[] = [];
  let [rsa, p256] = [wrapRsa(pii.publicKey), wrapP256(ec.publicKey)];
  for (let n = 0; n < records; n++) {
    if (n % sharing === 0) [rsa, p256] = [wrapRsa(pii.publicKey), wrapP256(ec.publicKey)];
    const ssn = sealUnder(rsa, String(n), { kid: "pii-1", field: "ssn" });
    const email = sealUnder(p256, `"${n}@b.c"`, { kid: "ec-1", field: "email", alg: "DHKEM-P256" });
    const body = { bytes: bytesOf(`{"ssn":"${ssn}","email":"${email}"}`), mediaType: json, expect: policy };
    made.push({ text: `{"ssn":${n},"email":"${n}@b.c"}`, body });
  }
  return made;
}

describe("10,000 records under throttling, latency, resets and server errors", () => {
  it("are returned whole or refused with a retryable code; none is lost, and KMS is asked once for each data key", async () => {
    const [rsaKey, ecKey] = kms.keys();
    const keys = kmsKeys({
      client,
      keys: {
        "pii-1": { kms: rsaKey!.arn, alg: "RSA-OAEP-256" },
        "ec-1": { kms: ecKey!.arn, alg: "DHKEM-P256", publicKey: ec.publicKey },
      },
    });
    const decryptor = createDecryptor({
      keys,
      cache: { maxEntries: records },
      maxConcurrentKmsCalls: 128,
      onFieldError: "leave",
    });
    kms.faults.set({
      latency: { ms: 5, probability: 0.02 },
      throttling: { probability: 0.05 },
      connectionReset: { probability: 0.02 },
      serverError: { probability: 0.05 },
    });
    let left = makeRecords();
    for (let round = 0; left.length > 0 && round < 20; round++) {
      const results = await decryptor.decryptBodies(left.map(({ body }) => body));
      left = left.filter(({ text }, index) => {
        const result = results[index]!;
        if ("bytes" in result) expect(textOf(result.bytes)).toBe(text);
        else expect(result.error).toMatchObject({ code: "KMS_UNAVAILABLE", retryable: true });
        return "error" in result;
      });
    }
    expect(left).toEqual([]);
    const { throttling, connectionReset, serverError } = kms.faults.counts;
    expect(Math.min(throttling, connectionReset, serverError)).toBeGreaterThan(50);
    const { Decrypt = 0, DeriveSharedSecret = 0 } = kms.calls;
    expect(Decrypt + DeriveSharedSecret).toBe((2 * records) / sharing + throttling + connectionReset + serverError);
    expect(keys.calls()).toEqual({ Decrypt, DeriveSharedSecret });
    await decryptor.close();
  }, 120_000);
});
