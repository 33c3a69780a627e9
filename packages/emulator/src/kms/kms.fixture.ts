// One KMS emulator and its client for the test file that imports this: with keys of every kind, closed behind the last test. I/O.
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt } from "node:crypto";
import { DecryptCommand, type DecryptCommandInput, KMSClient } from "@aws-sdk/client-kms";
import { afterAll, beforeEach, expect } from "vitest";
import { type KmsServer, startKms } from "./start-kms.ts";

const pem = (modulusLength: number): string =>
  generateKeyPairSync("rsa", { modulusLength }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;
export const pem2048 = pem(2048);
export const other2048 = pem(2048);
export const pem3072 = pem(3072);
export const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
export const ids = {
  rsa: "11111111-1111-4111-8111-111111111111",
  other: "22222222-2222-4222-8222-222222222222",
  big: "33333333-3333-4333-8333-333333333333",
  ec: "44444444-4444-4444-8444-444444444444",
  symmetric: "55555555-5555-4555-8555-555555555555",
  hmac: "66666666-6666-4666-8666-666666666666",
  symmetric2: "77777777-7777-4777-8777-777777777777",
};
export const text = (s: string): Uint8Array => new TextEncoder().encode(s);
export const missingId = "99999999-9999-4999-8999-999999999999";

export const kms = await startKms({
  seed: "suite",
  keys: [
    { id: ids.rsa, alias: "alias/pii", privateKeyPem: pem2048 },
    { id: ids.other, privateKeyPem: other2048 },
    { id: ids.big, privateKeyPem: pem3072 },
    { id: ids.ec, privateKeyPem: p256.privateKey.export({ type: "pkcs8", format: "pem" }) as string },
    { id: ids.symmetric, keySpec: "SYMMETRIC_DEFAULT" },
    { id: ids.hmac, keySpec: "HMAC_256" },
    { id: ids.symmetric2, keySpec: "SYMMETRIC_DEFAULT" },
  ],
});

export const clientOf = (kms: KmsServer): KMSClient =>
  new KMSClient({
    endpoint: kms.url,
    region: kms.region,
    maxAttempts: 1,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });

export const client = clientOf(kms);

afterAll(async () => {
  client.destroy();
  await kms.close();
});
beforeEach(() => {
  kms.faults.clear();
  kms.resetCalls();
});

export const wrap = (plaintext: Uint8Array, privateKeyPem = pem2048, oaepHash = "sha256"): Uint8Array =>
  publicEncrypt(
    { key: createPublicKey(privateKeyPem), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
    plaintext,
  );
export const decryptWith = (input: Partial<DecryptCommandInput>) =>
  client.send(
    new DecryptCommand({
      KeyId: ids.rsa,
      CiphertextBlob: wrap(text("data key")),
      EncryptionAlgorithm: "RSAES_OAEP_SHA_256",
      ...input,
    }),
  );
export const status = (httpStatusCode: number) => ({ $metadata: expect.objectContaining({ httpStatusCode }) });

export const arnOf = (id: string): string => `arn:aws:kms:us-east-1:000000000000:key/${id}`;
