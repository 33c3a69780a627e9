import { createPrivateKey } from "node:crypto";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import forge from "node-forge";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createDecryptor, type KeyProvider, keyRing, pemKeys } from "../../packages/decrypt/src/index.ts";
import { pkcs12Keys } from "../../packages/decrypt/src/pkcs12/index.ts";
import { secretsManagerKeys } from "../../packages/decrypt/src/secrets-manager/index.ts";
import { parameterStoreKeys } from "../../packages/decrypt/src/ssm/index.ts";
import { type AwsServer, startParameterStore, startSecretsManager } from "../../packages/emulator/src/index.ts";
import { bytesOf, codeOf, pci, pii, rsaPair } from "./fixtures.ts";
import { sealUnder, wrapP256, wrapRsa } from "./seal-native.ts";

const passphrase = "open sesame";
const encryptedPem = createPrivateKey(pci.privateKey).export({
  format: "pem",
  type: "pkcs8",
  cipher: "aes-256-cbc",
  passphrase,
}) as string;
const envelopes = {
  "pii-1": sealUnder(wrapRsa(pii.publicKey), '"x"', { kid: "pii-1", field: "ssn" }),
  "pci-1": sealUnder(wrapRsa(pci.publicKey), '"x"', { kid: "pci-1", field: "ssn" }),
};
const opens = (keys: KeyProvider, envelope: string): Promise<string> =>
  createDecryptor({ keys }).decryptField(envelope, { field: "ssn" });

let secrets: AwsServer;
let parameters: AwsServer;
let secretsClient: SecretsManagerClient;
let ssmClient: SSMClient;
beforeAll(async () => {
  const stored = { "/keys/pii": pii.privateKey, "/keys/pci": encryptedPem, "/keys/none": "no key" };
  secrets = await startSecretsManager({ secrets: { ...stored, "/keys/bytes": bytesOf(pii.privateKey) } });
  parameters = await startParameterStore({ parameters: stored });
  const options = {
    region: "us-east-1",
    maxAttempts: 1,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
  secretsClient = new SecretsManagerClient({ ...options, endpoint: secrets.url });
  ssmClient = new SSMClient({ ...options, endpoint: parameters.url });
});
afterAll(async () => {
  secretsClient.destroy();
  ssmClient.destroy();
  await secrets.close();
  await parameters.close();
});
beforeEach(() => {
  secrets.faults.clear();
  parameters.faults.clear();
});

it.each([
  ["Secrets Manager", SecretsManagerClient, secretsManagerKeys],
  ["Parameter Store", SSMClient, parameterStoreKeys],
] as const)(
  "private keys come from %s over TLS, and an emulator's from this machine alone",
  async (_, Client, open) => {
    let asked = 0;
    const from = (endpoint: string | null, name: string): Promise<KeyProvider> => {
      const requestHandler = { handle: async () => Promise.reject(new Error(`asked ${++asked} times`)) };
      const credentials = { accessKeyId: "test", secretAccessKey: "test" };
      const given = endpoint === null ? {} : { endpoint };
      const client = new Client({ region: "us-east-1", ...given, maxAttempts: 1, credentials, requestHandler });
      return open({ client: client as never, keys: { "pii-1": { name } } });
    };
    const emulated = "arn:aws:secretsmanager:us-east-1:000000000000:secret:pii";
    expect(await codeOf(from("http://keys.example:8080", "pii"))).toBe("ENDPOINT_REFUSED");
    expect(await codeOf(from("https://keys.example", emulated))).toBe("ENDPOINT_REFUSED");
    vi.stubEnv("AWS_ENDPOINT_URL", "http://keys.example:8080");
    expect(await codeOf(from(null, "pii"))).toBe("ENDPOINT_REFUSED");
    vi.unstubAllEnvs();
    expect(asked).toBe(0);
    for (const endpoint of ["https://keys.example", "http://127.0.0.1:1"]) {
      expect(await codeOf(from(endpoint, "pii"))).toBe("KEY_STORE_UNAVAILABLE");
    }
    expect(asked).toBe(2);
  },
);

describe.each([
  [
    "Secrets Manager",
    "arn:aws:secretsmanager:us-east-1:000000000000:secret:/keys/pii-AbCdEf",
    (keys: Record<string, { name: string; passphrase?: string }>, timeout = 10_000) =>
      secretsManagerKeys({ client: secretsClient, keys, timeout }),
    () => secrets,
  ],
  [
    "Parameter Store",
    "arn:aws:ssm:us-east-1:000000000000:parameter/keys/pii",
    (keys: Record<string, { name: string; passphrase?: string }>, timeout = 10_000) =>
      parameterStoreKeys({ client: ssmClient, keys, timeout }),
    () => parameters,
  ],
] as const)("private keys in %s", (_, arn, keysOf, server) => {
  it("are fetched by name or ARN, and decrypted with their passphrase", async () => {
    const keys = await keysOf({ "pii-1": { name: "/keys/pii" }, "pci-1": { name: "/keys/pci", passphrase } });
    expect(await opens(keys, envelopes["pii-1"])).toBe("x");
    expect(await opens(keys, envelopes["pci-1"])).toBe("x");
    expect(await opens(await keysOf({ "pii-1": { name: arn } }), envelopes["pii-1"])).toBe("x");
  });

  it("are KEY_STORE_UNAVAILABLE where they are missing or refused, and retryable where the store failed", async () => {
    const failure = { code: "KEY_STORE_UNAVAILABLE", kid: "pii-1" };
    const fetch = (name = "/keys/pii"): Promise<KeyProvider> => keysOf({ "pii-1": { name } });
    await expect(fetch("/keys/missing")).rejects.toMatchObject({ ...failure, retryable: false });
    server().faults.set({ accessDenied: {} });
    await expect(fetch()).rejects.toMatchObject({ ...failure, retryable: false });
    for (const faults of [{ throttling: {} }, { serverError: {} }, { connectionReset: {} }]) {
      server().faults.set(faults);
      await expect(fetch()).rejects.toMatchObject({ ...failure, retryable: true });
    }
    server().faults.set({ latency: { ms: 60_000 } });
    await expect(keysOf({ "pii-1": { name: "/keys/pii" } }, 50)).rejects.toMatchObject({ ...failure, retryable: true });
  });

  it("are PRIVATE_KEY_INVALID where the text is no key or its passphrase another", async () => {
    expect(await codeOf(keysOf({ a: { name: "/keys/none" } }))).toBe("PRIVATE_KEY_INVALID");
    expect(await codeOf(keysOf({ a: { name: "/keys/pci" } }))).toBe("PRIVATE_KEY_INVALID");
    expect(await codeOf(keysOf({ a: { name: "/keys/pci", passphrase: "other" } }))).toBe("PRIVATE_KEY_INVALID");
  });
});

describe("a secret of bytes", () => {
  it("is read as PEM text", async () => {
    const keys = await secretsManagerKeys({ client: secretsClient, keys: { "pii-1": { name: "/keys/bytes" } } });
    expect(await opens(keys, envelopes["pii-1"])).toBe("x");
  });
});

describe("private keys in PKCS#12 files", () => {
  const written = (pem: string, password: string, algorithm: "aes256" | "3des"): Uint8Array => {
    const key = forge.pki.privateKeyFromPem(pem);
    const file = forge.pkcs12.toPkcs12Asn1(key, null as never, password, { algorithm });
    return Buffer.from(forge.asn1.toDer(file).getBytes(), "binary");
  };
  // Made by OpenSSL 3.0 (PBES2, AES-256-CBC, HMAC-SHA-256): a P-256 key that serves this test only.
  const opensslFile =
    "MIIBfgIBAzCCATQGCSqGSIb3DQEHAaCCASUEggEhMIIBHTCCARkGCSqGSIb3DQEHAaCCAQoEggEGMIIBAjCB/wYLKoZIhvcNAQwKAQKgge8wgewwVwYJKoZIhvcNAQUNMEowKQYJKoZIhvcNAQUMMBwECCapPi3Xky/RAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQaA/G+l525zazTk8MjQKamgSBkGKYAHevDjpqtsv3yGjE3y0lW03m2s1SpM5O9cmksp0I7fID7xXU2CxIz3GjApcxmNakFok2y4lGwqPX/GP4/Ms353oInRTDsywYeprQ7dJPqsA4lu4f6H7kgqIWNLj/iYpjyiq8jwtdJcY6uULDGgGJ2aDUg+/SFKOneyvciNzROwzFZo4IAMLxxhbMm7xZezBBMDEwDQYJYIZIAWUDBAIBBQAEIIoXgQtSOMECpwyauOyjGsydyqhdu18bm+nEv9lR9eKKBAjJxE1kHTtfkQICCAA=";
  const opensslPublicKey =
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5YIG5BpzKUxmdGi7aEbfNPSjFI2v\nLRjyHPnHd82Q12bh6gQl08/uWzibkgR4jhhbgeqclqVZf/fk/qiWSXTVnA==\n-----END PUBLIC KEY-----";

  it.each(["aes256", "3des"] as const)("open envelopes: RSA, %s", async (algorithm) => {
    const keys = pkcs12Keys({
      "pii-1": { bytes: written(pii.privateKey, passphrase, algorithm), password: passphrase },
    });
    expect(await opens(keys, envelopes["pii-1"])).toBe("x");
  });

  it("open envelopes: P-256, as OpenSSL writes it", async () => {
    const keys = pkcs12Keys({ "ec-1": { bytes: Buffer.from(opensslFile, "base64"), password: "sesame" } });
    const envelope = sealUnder(wrapP256(opensslPublicKey), '"x"', { kid: "ec-1", field: "ssn", alg: "DHKEM-P256" });
    expect(await opens(keys, envelope)).toBe("x");
  });

  it.each([
    ["another password", () => ({ bytes: written(pii.privateKey, passphrase, "aes256"), password: "other" })],
    ["no PKCS#12", () => ({ bytes: bytesOf("no file"), password: passphrase })],
    ["nothing", () => ({ bytes: new Uint8Array(0), password: passphrase })],
  ])("are PRIVATE_KEY_INVALID with %s", (_, file) => {
    expect(() => pkcs12Keys({ a: file() })).toThrowError(expect.objectContaining({ code: "PRIVATE_KEY_INVALID" }));
  });
});

describe("PEM keys", () => {
  const attempt = (pem: string): unknown => pemKeys({ a: pem });
  it("must be RSA of 2048 bits or more, or on P-256", () => {
    const invalid = expect.objectContaining({ code: "PRIVATE_KEY_INVALID" });
    const pems = ["", "no key", pii.publicKey, rsaPair(1024).privateKey, encryptedPem];
    for (const pem of pems) expect(() => attempt(pem)).toThrowError(invalid);
  });

  it("may be the bytes of a file", async () => {
    const ring = pemKeys({ "pii-1": Buffer.from(pii.privateKey), "pci-1": new TextEncoder().encode(pci.privateKey) });
    for (const kid of ["pii-1", "pci-1"] as const) expect(await opens(ring, envelopes[kid])).toBe("x");
  });

  it("join others in one ring; the first that has a kid serves it", async () => {
    const other = pemKeys({ "pii-1": rsaPair(2048).privateKey, "pci-1": pci.privateKey });
    const ring = keyRing(pemKeys({ "pii-1": pii.privateKey }), other);
    expect(await opens(ring, envelopes["pii-1"])).toBe("x");
    expect(await opens(ring, envelopes["pci-1"])).toBe("x");
    expect(ring.find("none")).toBeUndefined();
  });
});
