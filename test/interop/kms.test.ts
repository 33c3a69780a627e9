import { DisableKeyCommand, EnableKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createDecryptor, type Decryptor, type DecryptorOptions } from "../../packages/decrypt/src/index.ts";
import { type KmsKeyProvider, kmsKeys } from "../../packages/decrypt/src/kms/index.ts";
import { type KmsServer, startKms } from "../../packages/emulator/src/index.ts";
import { bytesOf, codeOf, json, p256Pair, pci, pii, policy, sealed, textOf } from "./fixtures.ts";
import { sealUnder, wrapP256, wrapRsa } from "./seal-native.ts";

const ids = {
  pii: "11111111-1111-4111-8111-111111111111",
  pci: "22222222-2222-4222-8222-222222222222",
  ec: "33333333-3333-4333-8333-333333333333",
  hmac: "44444444-4444-4444-8444-444444444444",
  multi: "mrk-55555555555555555555555555555555",
};
const ec = p256Pair();
const text = '{"ssn":"1","email":"a@b.c","x":[{"ssn":2},{"card":"4111111111111111"}]}';

let kms: KmsServer;
let elsewhere: KmsServer;
let client: KMSClient;
const clientOf = ({ url, region }: KmsServer, maxAttempts = 1): KMSClient =>
  new KMSClient({
    endpoint: url,
    region,
    maxAttempts,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
const arnOf = (id: string): string => kms.keys().find((key) => key.id === id)!.arn;

const awsArn = (id: string): string => arnOf(id).replace("000000000000", "111122223333");
// As the SDK's own: without a class that it exports, told by name and message.
const noCredentials = async (): Promise<never> => {
  throw Object.assign(new Error("Could not load credentials from any providers"), { name: "CredentialsProviderError" });
};
const noRegion = async (): Promise<never> => {
  throw new Error("Region is missing");
};

const ringOf = (over: KMSClient = client, called = arnOf): KmsKeyProvider =>
  kmsKeys({
    client: over,
    keys: {
      "pii-1": { kms: called(ids.pii), alg: "RSA-OAEP-256" },
      "pci-1": { kms: arnOf(ids.pci), alg: "RSA-OAEP-256" },
      "ec-1": { kms: arnOf(ids.ec), alg: "DHKEM-P256" },
      "hmac-1": { kms: arnOf(ids.hmac), alg: "RSA-OAEP-256" },
    },
  });
const decryptorOf = (options: Partial<DecryptorOptions> = {}): Decryptor =>
  createDecryptor({ keys: ringOf(), ...options });
const open = (decryptor: Decryptor, body: string): Promise<Uint8Array> =>
  decryptor.decryptBody({ bytes: bytesOf(body), mediaType: json, expect: policy });

beforeAll(async () => {
  const keys = [
    { id: ids.pii, alias: "alias/pii", privateKeyPem: pii.privateKey },
    { id: ids.pci, privateKeyPem: pci.privateKey },
    { id: ids.ec, privateKeyPem: ec.privateKey },
    { id: ids.hmac, keySpec: "HMAC_256" },
    { id: ids.multi, privateKeyPem: pii.privateKey },
  ] as const;
  kms = await startKms({ seed: "reader", keys });
  elsewhere = await startKms({ seed: "reader", region: "eu-west-1", keys });
  client = clientOf(kms);
});
afterAll(async () => {
  client.destroy();
  await kms.close();
  await elsewhere.close();
});
beforeEach(() => {
  kms.faults.clear();
  kms.resetCalls();
  elsewhere.faults.clear();
  elsewhere.resetCalls();
});

describe("a body whose keys are in KMS", () => {
  it("opens with one call for each wrapped key, however many fields share it", async () => {
    expect(textOf(await open(decryptorOf(), await sealed(text)))).toBe(text);
    expect(kms.calls).toEqual({ Decrypt: 2 });
  });

  it("opens again without a call while its data keys are cached, and with as many without a cache", async () => {
    const body = await sealed(text);
    const cached = decryptorOf();
    const uncached = decryptorOf({ cache: false });
    for (const decryptor of [cached, cached, uncached, uncached]) await open(decryptor, body);
    expect(kms.calls).toEqual({ Decrypt: 2 + 4 });
  });

  it("costs one call when many ask for the same data key at once, cached or not", async () => {
    const body = await sealed('{"ssn":1}');
    const decryptor = decryptorOf({ cache: false });
    await Promise.all(Array.from({ length: 20 }, () => open(decryptor, body)));
    expect(kms.calls).toEqual({ Decrypt: 1 });
  });

  it("costs no call for fields that the caller may not see, for misplaced ones and for unknown keys", async () => {
    const body = await sealed(text);
    const access = { rules: [{ principal: "role:support", fields: { card: "none" } }] } as const;
    expect(textOf(await decryptorOf({ access }).decryptBody({ bytes: bytesOf(body), mediaType: json }))).toBe(body);
    const misplacedBody = { bytes: bytesOf(body), mediaType: json, expect: { ssn: "$.nowhere" } };
    expect(await codeOf(decryptorOf().decryptBody(misplacedBody))).toBe("ENVELOPE_MISPLACED");
    expect(await codeOf(open(decryptorOf(), body.replaceAll(".pii-1.", ".pii-2.")))).toBe("KEY_UNKNOWN");
    expect(kms.calls).toEqual({});
  });

  it("costs no second call for a minute where KMS refused the ciphertext, then one more", async () => {
    let time = 0;
    const decryptor = decryptorOf({ now: () => new Date(time) });
    const planted = sealUnder({ ...wrapRsa(pii.publicKey), wrapped: new Uint8Array(256).fill(7) }, '"x"', {
      kid: "pii-1",
      field: "ssn",
    });
    const attempt = (): Promise<string | undefined> => codeOf(decryptor.decryptField(planted, { field: "ssn" }));
    expect(await attempt()).toBe("DECRYPTION_FAILED");
    time += 59_999;
    expect(await attempt()).toBe("DECRYPTION_FAILED");
    expect(kms.calls).toEqual({ Decrypt: 1 });
    time += 1;
    expect(await attempt()).toBe("DECRYPTION_FAILED");
    expect(kms.calls).toEqual({ Decrypt: 2 });
  });
});

describe("P-256 keys in KMS", () => {
  const sealedHere = (): string => {
    return sealUnder(wrapP256(ec.publicKey), '"123-45-6789"', { kid: "ec-1", field: "ssn", alg: "DHKEM-P256" });
  };

  it("open through DeriveSharedSecret; the public key is fetched once where it was not given", async () => {
    const decryptor = decryptorOf();
    for (let i = 0; i < 3; i++)
      expect(await decryptor.decryptField(sealedHere(), { field: "ssn" })).toBe("123-45-6789");
    expect(kms.calls).toEqual({ GetPublicKey: 1, DeriveSharedSecret: 3 });
  });

  it("have their public key fetched once for all that ask at once, and again where that failed", async () => {
    const decryptor = decryptorOf();
    const envelopes = Array.from({ length: 8 }, sealedHere);
    kms.faults.set({ accessDenied: { next: 1 } });
    const codes = envelopes.map((envelope) => codeOf(decryptor.decryptField(envelope, { field: "ssn" })));
    expect(await Promise.all(codes)).toEqual(["KMS_ACCESS_DENIED", ...Array(7).fill(undefined)]);
    expect(kms.calls).toEqual({ GetPublicKey: 2, DeriveSharedSecret: 7 });
  });

  it("need no GetPublicKey where the public key is given", async () => {
    const keys = kmsKeys({
      client,
      keys: { "ec-1": { kms: arnOf(ids.ec), alg: "DHKEM-P256", publicKey: ec.publicKey } },
    });
    const decryptor = createDecryptor({ keys });
    expect(await decryptor.decryptField(sealedHere(), { field: "ssn" })).toBe("123-45-6789");
    expect(kms.calls).toEqual({ DeriveSharedSecret: 1 });
  });

  it("are not asked about a point that is not on the curve", async () => {
    const { dataKey } = wrapRsa(pii.publicKey);
    const wrapped = Uint8Array.from([2, ...new Uint8Array(32).fill(0xff)]);
    const planted = sealUnder({ dataKey, wrapped }, '"x"', { kid: "ec-1", field: "ssn", alg: "DHKEM-P256" });
    const keys = kmsKeys({
      client,
      keys: { "ec-1": { kms: arnOf(ids.ec), alg: "DHKEM-P256", publicKey: ec.publicKey } },
    });
    expect(await codeOf(createDecryptor({ keys }).decryptField(planted, { field: "ssn" }))).toBe("DECRYPTION_FAILED");
    expect(kms.calls).toEqual({});
  });
});

describe("what KMS answers", () => {
  interface Failure {
    readonly code?: string;
    readonly retryable?: boolean;
  }
  const failureOf = (body: string, ring: KmsKeyProvider = ringOf()): Promise<Failure> =>
    open(createDecryptor({ keys: ring }), body).then(
      () => ({}),
      ({ code, retryable }: Failure) => ({ code: code!, retryable: retryable! }),
    );

  it.each([
    ["throttling", { throttling: {} }, "KMS_UNAVAILABLE", true],
    ["a server error", { serverError: {} }, "KMS_UNAVAILABLE", true],
    ["a connection that is reset", { connectionReset: {} }, "KMS_UNAVAILABLE", true],
    ["a refused caller", { accessDenied: {} }, "KMS_ACCESS_DENIED", false],
  ] as const)("becomes a code, and is not remembered: %s", async (_, faults, code, retryable) => {
    const body = await sealed(text);
    const decryptor = decryptorOf();
    kms.faults.set(faults);
    await expect(open(decryptor, body)).rejects.toMatchObject({ code, retryable });
    kms.faults.clear();
    expect(textOf(await open(decryptor, body))).toBe(text);
  });

  it.each(["Unavailable", "Creating", "PendingImport", "Disabled"] as const)(
    "is KMS_KEY_UNUSABLE for a key in state %s, and goes on once the key is enabled",
    async (state) => {
      const body = await sealed(text);
      kms.setKeyState(ids.pci, state);
      expect(await failureOf(body)).toEqual({ code: "KMS_KEY_UNUSABLE", retryable: false });
      kms.setKeyState(ids.pci, "Enabled");
      expect(await failureOf(body)).toEqual({});
    },
  );

  it("is KMS_KEY_UNUSABLE for a disabled key, one pending deletion, and one of another use", async () => {
    const body = await sealed('{"ssn":1}');
    await client.send(new DisableKeyCommand({ KeyId: ids.pii }));
    expect(await failureOf(body)).toMatchObject({ code: "KMS_KEY_UNUSABLE" });
    await client.send(new EnableKeyCommand({ KeyId: ids.pii }));
    expect(await failureOf(body.replace(".pii-1.", ".hmac-1."))).toMatchObject({ code: "KMS_KEY_UNUSABLE" });
    const gone = kmsKeys({
      client,
      keys: { "pii-1": { kms: arnOf(ids.pii).replace(ids.pii, crypto.randomUUID()), alg: "RSA-OAEP-256" } },
    });
    expect(await failureOf(body, gone)).toMatchObject({ code: "KMS_KEY_UNUSABLE" });
    const doomed = await startKms({ seed: "doomed", keys: [{ id: ids.pii, privateKeyPem: pii.privateKey }] });
    const doomedClient = clientOf(doomed);
    await doomedClient.send(new ScheduleKeyDeletionCommand({ KeyId: ids.pii, PendingWindowInDays: 7 }));
    const pending = kmsKeys({
      client: doomedClient,
      keys: { "pii-1": { kms: doomed.keys()[0]!.arn, alg: "RSA-OAEP-256" } },
    });
    expect(await failureOf(body, pending)).toMatchObject({ code: "KMS_KEY_UNUSABLE" });
    await doomed.close();
  });

  it.each([
    ["credentials", { region: "us-east-1", credentials: noCredentials }],
    ["Region", { credentials: { accessKeyId: "test", secretAccessKey: "test" }, region: noRegion }],
  ])("is told with a hint where KMS was not asked for want of a %s", async (name, config) => {
    const nowhere = new KMSClient(config);
    const opening = open(createDecryptor({ keys: ringOf(nowhere, awsArn) }), await sealed('{"ssn":1}'));
    await expect(opening).rejects.toMatchObject({ code: "KMS_UNAVAILABLE", hint: expect.stringContaining(name) });
    nowhere.destroy();
  });

  it("is waited for until the deadline, the SDK's retries included", async () => {
    const body = await sealed('{"ssn":1}');
    kms.faults.set({ throttling: {} });
    const patient = clientOf(kms, 1000);
    const decryptor = createDecryptor({ keys: ringOf(patient), kmsTimeout: 300 });
    await expect(open(decryptor, body)).rejects.toMatchObject({ code: "KMS_UNAVAILABLE", retryable: true });
    kms.faults.set({ latency: { ms: 60_000 } });
    await expect(open(decryptor, body)).rejects.toMatchObject({ code: "KMS_UNAVAILABLE", retryable: true });
    patient.destroy();
  });

  it("is counted at the client, retries included", async () => {
    kms.faults.set({ throttling: { next: 2 } });
    const retrying = clientOf(kms, 5);
    const ring = ringOf(retrying);
    expect(await failureOf(await sealed('{"ssn":1}'), ring)).toEqual({});
    expect(ring.calls()).toEqual({ Decrypt: 3 });
    expect(kms.calls).toEqual({ Decrypt: 3 });
    retrying.destroy();
  });
});

describe("a multi-Region key", () => {
  const ringWithReplica = (replica: KMSClient, failOverAfter = 200): KmsKeyProvider =>
    kmsKeys({
      client,
      replicas: [{ region: "eu-west-1", client: replica }],
      failOverAfter,
      keys: { "pii-1": { kms: arnOf(ids.multi), alg: "RSA-OAEP-256" } },
    });

  it.each([
    ["throttles", { throttling: {} }],
    ["resets connections", { connectionReset: {} }],
    ["does not answer", { latency: { ms: 60_000 } }],
  ] as const)("is asked for in the next Region where the first %s", async (_, faults) => {
    const replica = clientOf(elsewhere);
    kms.faults.set(faults);
    const decryptor = createDecryptor({ keys: ringWithReplica(replica) });
    expect(textOf(await open(decryptor, await sealed('{"ssn":1}')))).toBe('{"ssn":1}');
    expect(elsewhere.calls).toEqual({ Decrypt: 1 });
    replica.destroy();
  });

  it("is not asked for elsewhere where its own Region refuses the caller or the ciphertext", async () => {
    const replica = clientOf(elsewhere);
    const decryptor = createDecryptor({ keys: ringWithReplica(replica, 20_000) });
    kms.faults.set({ accessDenied: {} });
    expect(await codeOf(open(decryptor, await sealed('{"ssn":1}')))).toBe("KMS_ACCESS_DENIED");
    kms.faults.clear();
    const planted = sealUnder({ ...wrapRsa(pii.publicKey), wrapped: new Uint8Array(256) }, "1", {
      kid: "pii-1",
      field: "ssn",
    });
    expect(await codeOf(decryptor.decryptField(planted, { field: "ssn" }))).toBe("DECRYPTION_FAILED");
    expect(elsewhere.calls).toEqual({});
    replica.destroy();
  });
});

describe("a ring of KMS keys", () => {
  it.each(["alias/pii", "arn:aws:kms:us-east-1:111122223333:alias/pii", "pii-1", ""])(
    "refuses what is no key ARN or id: %j",
    (id) => {
      const make = (): unknown => kmsKeys({ client, keys: { "pii-1": { kms: id, alg: "RSA-OAEP-256" } } });
      expect(make).toThrowError(expect.objectContaining({ code: "CONFIG_INVALID" }));
    },
  );

  it("refuses an http: endpoint and an emulator's key away from this machine, before any call", async () => {
    const body = await sealed('{"ssn":1}');
    const real = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111";
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    for (const [endpoint, key] of [
      ["http://kms.example.com", real],
      ["https://kms.us-east-1.amazonaws.com", arnOf(ids.pii)],
    ] as const) {
      const away = new KMSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
      const keys = kmsKeys({ client: away, keys: { "pii-1": { kms: key, alg: "RSA-OAEP-256" } } });
      expect(await codeOf(open(createDecryptor({ keys }), body))).toBe("KMS_ENDPOINT_REFUSED");
      expect(keys.calls()).toEqual({});
    }
  });

  it("refuses and takes an endpoint of the environment as one that the client was given", async () => {
    const body = await sealed('{"ssn":1}');
    const real = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111";
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    for (const [endpoint, key, code] of [
      ["http://kms.example.com", real, "KMS_ENDPOINT_REFUSED"],
      [kms.url, arnOf(ids.pii), undefined],
    ] as const) {
      vi.stubEnv("AWS_ENDPOINT_URL_KMS", endpoint);
      const away = new KMSClient({ region: kms.region, credentials, maxAttempts: 1 });
      const keys = kmsKeys({ client: away, keys: { "pii-1": { kms: key, alg: "RSA-OAEP-256" } } });
      expect(await codeOf(open(createDecryptor({ keys }), body))).toBe(code);
      expect(keys.calls()).toEqual(code === undefined ? { Decrypt: 1 } : {});
      vi.unstubAllEnvs();
    }
  });
});
