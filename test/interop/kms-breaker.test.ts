import { generateKeyPairSync } from "node:crypto";
import { KMSClient } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type BodyToDecrypt, createDecryptor, type Decryptor } from "../../packages/decrypt/src/index.ts";
import { type KmsKeyProvider, type KmsKeysOptions, kmsKeys } from "../../packages/decrypt/src/kms/index.ts";
import { type KmsServer, startKms } from "../../packages/emulator/src/index.ts";
import { bytesOf, codeOf, json, p256Pair, pci, pii, textOf } from "./fixtures.ts";
import { sealUnder, wrapP256, wrapRsa } from "./seal-native.ts";

const ids = {
  pii: "11111111-1111-4111-8111-111111111111",
  pci: "22222222-2222-4222-8222-222222222222",
  multi: "mrk-55555555555555555555555555555555",
};
const maxFailures = 3;
const openFor = 10_000;
const attempts = 2;

let kms: KmsServer;
let elsewhere: KmsServer;
let client: KMSClient;
let replica: KMSClient;
let time = 0;
const clientOf = ({ url, region }: KmsServer): KMSClient => {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new KMSClient({ endpoint: url, region, credentials, maxAttempts: attempts });
};
const arnOf = (id: string): string => kms.keys().find((key) => key.id === id)!.arn;

beforeAll(async () => {
  const keys = [
    { id: ids.pii, privateKeyPem: pii.privateKey },
    { id: ids.pci, privateKeyPem: pci.privateKey },
    { id: ids.multi, privateKeyPem: pii.privateKey },
  ];
  kms = await startKms({ seed: "breaker", keys });
  elsewhere = await startKms({ seed: "breaker", region: "eu-west-1", keys });
  client = clientOf(kms);
  replica = clientOf(elsewhere);
});
afterAll(async () => {
  client.destroy();
  replica.destroy();
  await kms.close();
  await elsewhere.close();
});
beforeEach(() => {
  time = 0;
  for (const server of [kms, elsewhere]) {
    server.faults.clear();
    server.resetCalls();
  }
});

const ringOf = (more: Partial<KmsKeysOptions> = {}): KmsKeyProvider =>
  kmsKeys({
    client,
    breaker: { maxFailures, openFor },
    now: () => time,
    keys: {
      "pii-1": { kms: arnOf(ids.pii), alg: "RSA-OAEP-256" },
      "pci-1": { kms: arnOf(ids.pci), alg: "RSA-OAEP-256" },
    },
    ...more,
  });
/** Without a cache, so that each call is one of KMS. */
const decryptorOf = (keys: KmsKeyProvider, kmsTimeout = 10_000): Decryptor =>
  createDecryptor({ keys, kmsTimeout, cache: false });
const sealedField = (kid = "pii-1", { publicKey } = kid === "pci-1" ? pci : pii): string =>
  sealUnder(wrapRsa(publicKey), '"x"', { kid, field: "ssn" });
const openField = (decryptor: Decryptor, envelope = sealedField()): Promise<string> =>
  decryptor.decryptField(envelope, { field: "ssn" });
const fail = async (decryptor: Decryptor, times = maxFailures, kid = "pii-1"): Promise<void> => {
  for (let i = 0; i < times; i++) expect(await codeOf(openField(decryptor, sealedField(kid)))).toMatch(/^KMS_/);
};
const stateOf = (ring: KmsKeyProvider, kid = "pii-1"): string[] =>
  ring.circuits().flatMap((circuit) => (circuit.kid === kid ? [`${circuit.region} ${circuit.state}`] : []));

describe("a Region that keeps failing", () => {
  it.each([
    ["server errors", { serverError: {} }, 10_000],
    ["throttling beyond the retries", { throttling: {} }, 10_000],
    ["resets", { connectionReset: {} }, 10_000],
    ["no answer in time", { latency: { ms: 60_000 } }, 30],
  ] as const)(
    "is not asked for a while, then once, and again by all when it answers: %s",
    async (_, faults, timeout) => {
      const ring = ringOf();
      const failing = decryptorOf(ring, timeout);
      const decryptor = decryptorOf(ring);
      kms.faults.set(faults);
      const counted = ring.calls().Decrypt ?? 0;
      await fail(failing);
      await expect.poll(() => stateOf(ring)).toEqual(["us-east-1 open"]);
      const sent = kms.calls.Decrypt;
      time = openFor - 1;
      for (let i = 0; i < 20; i++) {
        await expect(openField(decryptor)).rejects.toMatchObject({
          code: "KMS_UNAVAILABLE",
          retryable: true,
          retryAfter: 1,
        });
      }
      // What another key of the Region needs is not asked for either.
      expect(await codeOf(openField(decryptor, sealedField("pci-1")))).toBe("KMS_UNAVAILABLE");
      expect(kms.calls.Decrypt).toBe(sent);
      expect(ring.calls().Decrypt! - counted).toBe(sent);

      time = openFor;
      await fail(failing, 1);
      await expect.poll(() => stateOf(ring)).toEqual(["us-east-1 open"]);
      const tried = kms.calls.Decrypt;
      expect(tried! - sent!).toBeLessThanOrEqual(attempts);
      await fail(decryptor, 5);
      expect(kms.calls.Decrypt).toBe(tried);

      time = 2 * openFor;
      kms.faults.clear();
      const answers = await Promise.allSettled(Array.from({ length: 10 }, () => openField(decryptor)));
      expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(kms.calls.Decrypt).toBe(tried! + 1);
      expect(stateOf(ring)).toEqual(["us-east-1 closed"]);
      expect(await Promise.all(Array.from({ length: 10 }, () => openField(decryptor)))).toEqual(Array(10).fill("x"));
    },
  );

  it("is neither tried nor cleared by a point that is none, which KMS is not asked about", async () => {
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const publicKey = pair.publicKey.export({ format: "pem", type: "spki" }) as string;
    const planted = { kms: arnOf(ids.pci), alg: "DHKEM-P256", publicKey } as const;
    const ring = ringOf({ keys: { "pii-1": { kms: arnOf(ids.pii), alg: "RSA-OAEP-256" }, "ec-1": planted } });
    const decryptor = decryptorOf(ring);
    const plant = async (): Promise<void> => {
      const point = new Uint8Array(33).fill(0xff);
      expect(await ring.find("ec-1")!.unwrap(point, AbortSignal.timeout(5000))).toBe(null);
    };
    kms.faults.set({ serverError: {} });
    await fail(decryptor, maxFailures - 1);
    await plant();
    await fail(decryptor, 1);
    expect(stateOf(ring)).toEqual(["us-east-1 open"]);
    time = openFor;
    await plant();
    expect(stateOf(ring)).toEqual(["us-east-1 half-open"]);
    expect(kms.calls.DeriveSharedSecret).toBeUndefined();
  });

  it("serves all that wait for one data key with the one call that tries", async () => {
    const ring = ringOf();
    const decryptor = decryptorOf(ring);
    kms.faults.set({ serverError: {} });
    await fail(decryptor);
    kms.faults.clear();
    kms.resetCalls();
    time = openFor;
    const envelope = sealedField();
    expect(await Promise.all(Array.from({ length: 20 }, () => openField(decryptor, envelope)))).toEqual(
      Array(20).fill("x"),
    );
    expect(kms.calls).toEqual({ Decrypt: 1 });
  });

  it("loses nothing: each record of a batch is whole or refused with a retryable code, and whole in the end", async () => {
    const ring = ringOf();
    const decryptor = createDecryptor({ keys: ring, maxConcurrentKmsCalls: 8 });
    const records = Array.from({ length: 400 }, (_, n): { text: string; body: BodyToDecrypt } => {
      const ssn = sealUnder(wrapRsa(pii.publicKey), `"${n}"`, { kid: "pii-1", field: "ssn" });
      const body = { bytes: bytesOf(`{"ssn":"${ssn}"}`), mediaType: json, expect: { ssn: "$.ssn" } };
      return { text: `{"ssn":"${n}"}`, body };
    });
    let left = records;
    const open = async (): Promise<void> => {
      const results = await decryptor.decryptBodies(left.map(({ body }) => body));
      left = left.filter(({ text }, index) => {
        const result = results[index]!;
        if ("bytes" in result) expect(textOf(result.bytes)).toBe(text);
        else expect(result.error).toMatchObject({ code: "KMS_UNAVAILABLE", retryable: true });
        return "error" in result;
      });
    };
    kms.faults.set({ serverError: {} });
    await open();
    expect(left).toHaveLength(records.length);
    // Those under way when it opened, and not one more: 400 records would have been 800 requests.
    expect(kms.calls.Decrypt).toBeLessThanOrEqual((maxFailures + 8) * attempts);
    kms.faults.clear();
    kms.resetCalls();
    time = openFor;
    await open();
    await open();
    expect(left).toEqual([]);
    expect(kms.calls.Decrypt).toBe(records.length);
  });

  it("is passed over at once for the next Region, and asked again when its time has come", async () => {
    const keys = { "pii-1": { kms: arnOf(ids.multi), alg: "RSA-OAEP-256" } } as const;
    const ring = ringOf({ keys, replicas: [{ region: "eu-west-1", client: replica }], failOverAfter: 50 });
    const decryptor = decryptorOf(ring);
    kms.faults.set({ latency: { ms: 60_000 } });
    for (let i = 0; i < maxFailures; i++) expect(await openField(decryptor)).toBe("x");
    expect(stateOf(ring)).toEqual(["us-east-1 open", "eu-west-1 closed"]);
    const sent = kms.calls.Decrypt;
    for (let i = 0; i < 10; i++) expect(await openField(decryptor)).toBe("x");
    expect([kms.calls.Decrypt, elsewhere.calls.Decrypt]).toEqual([sent, maxFailures + 10]);

    elsewhere.faults.set({ serverError: {} });
    await fail(decryptor);
    expect(stateOf(ring)).toEqual(["us-east-1 open", "eu-west-1 open"]);
    elsewhere.resetCalls();
    await fail(decryptor, 5);
    expect([kms.calls.Decrypt, elsewhere.calls.Decrypt]).toEqual([sent, undefined]);

    kms.faults.clear();
    time = openFor;
    for (let i = 0; i < 3; i++) expect(await openField(decryptor)).toBe("x");
    expect([kms.calls.Decrypt, elsewhere.calls.Decrypt]).toEqual([sent! + 3, undefined]);
  });

  it("is asked every time where the breaker is off", async () => {
    const ring = ringOf({ breaker: false });
    kms.faults.set({ serverError: {} });
    await fail(decryptorOf(ring), 10);
    expect(kms.calls.Decrypt).toBe(10 * attempts);
    expect(stateOf(ring)).toEqual(["us-east-1 closed"]);
  });
});

describe("a key that KMS does not let be used", () => {
  it.each([
    ["disabled", "KMS_KEY_UNUSABLE", () => kms.setKeyState(ids.pii, "Disabled")],
    ["denied", "KMS_ACCESS_DENIED", () => kms.faults.set({ accessDenied: {} })],
  ] as const)("is not asked for a while, with the code of KMS's answer: %s", async (_, code, forbid) => {
    const ring = ringOf();
    const decryptor = decryptorOf(ring);
    forbid();
    await fail(decryptor);
    for (let i = 0; i < 5; i++) expect(await codeOf(openField(decryptor))).toBe(code);
    expect(kms.calls.Decrypt).toBe(maxFailures);
    kms.setKeyState(ids.pii, "Enabled");
    kms.faults.clear();
    // The Region answers, and its other keys are served.
    expect(await openField(decryptor, sealedField("pci-1"))).toBe("x");
    expect([...stateOf(ring), ...stateOf(ring, "pci-1")]).toEqual(["us-east-1 open", "us-east-1 closed"]);
    time = openFor;
    for (let i = 0; i < 3; i++) expect(await openField(decryptor)).toBe("x");
  });
});

describe("between two tries of one call", () => {
  it("the client waits for a time of chance, so that readers that failed together do not come back together", async () => {
    const decryptor = decryptorOf(ringOf());
    const wait = async (chance: number): Promise<number> => {
      kms.faults.set({ throttling: { next: 1 } });
      const spy = vi.spyOn(Math, "random").mockReturnValue(chance);
      const start = performance.now();
      expect(await openField(decryptor)).toBe("x");
      spy.mockRestore();
      return performance.now() - start;
    };
    expect(await wait(0.9)).toBeGreaterThan(850);
    expect(await wait(0)).toBeLessThan(850);
  });
});

describe("no circuit opens", () => {
  it("for ciphertexts that KMS refuses, however many are planted", async () => {
    const ring = ringOf();
    const decryptor = decryptorOf(ring);
    for (let i = 0; i < 2 * maxFailures; i++) {
      const planted = sealUnder({ ...wrapRsa(pii.publicKey), wrapped: new Uint8Array(256).fill(i) }, '"x"', {
        kid: "pii-1",
        field: "ssn",
      });
      expect(await codeOf(openField(decryptor, planted))).toBe("DECRYPTION_FAILED");
    }
    expect(kms.calls.Decrypt).toBe(2 * maxFailures);
    expect(stateOf(ring)).toEqual(["us-east-1 closed"]);
  });

  it("for calls that a decryptor gives up when it closes", async () => {
    const ring = ringOf();
    kms.faults.set({ latency: { ms: 60_000 } });
    for (let i = 0; i < 2 * maxFailures; i++) {
      const decryptor = decryptorOf(ring);
      const calls = kms.calls.Decrypt ?? 0;
      const attempt = codeOf(openField(decryptor));
      await expect.poll(() => kms.calls.Decrypt ?? 0).toBeGreaterThan(calls);
      await decryptor.close();
      expect(await attempt).toBe("KMS_UNAVAILABLE");
    }
    expect(stateOf(ring)).toEqual(["us-east-1 closed"]);
  });
});

describe("the public key of a P-256 key, which its ring does not have", () => {
  const pair = p256Pair();
  const id = "mrk-66666666666666666666666666666666";
  let home: KmsServer;
  let other: KmsServer;
  let clients: KMSClient[];
  beforeAll(async () => {
    const keys = [
      { id, privateKeyPem: pair.privateKey },
      { id: ids.pii, privateKeyPem: pii.privateKey },
    ];
    home = await startKms({ seed: "points", keys });
    other = await startKms({ seed: "points", region: "eu-west-1", keys });
    clients = [home, other].map(clientOf);
  });
  afterAll(async () => {
    for (const one of clients) one.destroy();
    await home.close();
    await other.close();
  });
  beforeEach(() => {
    for (const server of [home, other]) {
      server.faults.clear();
      server.resetCalls();
    }
    hung = home.faults.counts.latency;
  });
  const arn = (wanted: string): string => home.keys().find((key) => key.id === wanted)!.arn;
  const points = (more: Partial<KmsKeysOptions> = {}): KmsKeyProvider => {
    const keys = {
      "ec-1": { kms: arn(id), alg: "DHKEM-P256" },
      "pii-1": { kms: arn(ids.pii), alg: "RSA-OAEP-256" },
    } as const;
    return kmsKeys({ client: clients[0]!, breaker: { maxFailures: 1 }, keys, ...more });
  };
  const sealedP256 = (): string =>
    sealUnder(wrapP256(pair.publicKey), '"x"', { kid: "ec-1", field: "ssn", alg: "DHKEM-P256" });

  let hung = 0;
  const oneHangs = (): Promise<void> => expect.poll(() => home.faults.counts.latency).toBe(hung + 1);

  it("is not waited for in a Region that hangs by whoever asks another", async () => {
    const replicas = [{ region: "eu-west-1", client: clients[1]! }];
    const ring = points({ replicas, failOverAfter: 60_000 });
    const patient = decryptorOf(ring, 60_000);
    home.faults.set({ latency: { ms: 60_000 } });
    const hanging = codeOf(openField(patient, sealedP256()));
    await oneHangs();
    // Opens the circuit of the Region.
    expect(await codeOf(openField(decryptorOf(ring, 30)))).toBe("KMS_UNAVAILABLE");
    await expect.poll(() => stateOf(ring, "pii-1")).toEqual(["us-east-1 open"]);
    expect(await openField(decryptorOf(ring), sealedP256())).toBe("x");
    await patient.close();
    expect(await hanging).toBe("KMS_UNAVAILABLE");
  });

  it("is not waited for longer than a caller has time", async () => {
    const key = points().find("ec-1")!;
    home.faults.set({ latency: { ms: 60_000 } });
    const first = new AbortController();
    const { wrapped } = wrapP256(pair.publicKey);
    const hanging = codeOf(key.unwrap(wrapped, first.signal));
    await oneHangs();
    const asked = key.unwrap(wrapped, AbortSignal.timeout(30));
    await expect(asked).rejects.toMatchObject({ code: "KMS_UNAVAILABLE", retryable: true });
    first.abort();
    expect(await hanging).toBe("KMS_UNAVAILABLE");
    home.faults.clear();
  });

  it("is fetched by another where the one who fetched it went away, and then by nobody", async () => {
    const key = points({ breaker: false }).find("ec-1")!;
    home.faults.set({ latency: { ms: 60_000 } });
    const first = new AbortController();
    const sealed = wrapP256(pair.publicKey);
    const hanging = codeOf(key.unwrap(sealed.wrapped, first.signal));
    await oneHangs();
    const waiting = Array.from({ length: 5 }, () => key.unwrap(sealed.wrapped, new AbortController().signal));
    home.faults.clear();
    first.abort();
    expect(await hanging).toBe("KMS_UNAVAILABLE");
    for (const bytes of await Promise.all(waiting)) expect(bytes).toEqual(sealed.dataKey);
    expect(home.calls.GetPublicKey).toBe(2);
    expect(await key.unwrap(sealed.wrapped, new AbortController().signal)).toEqual(sealed.dataKey);
    expect(home.calls.GetPublicKey).toBe(2);
  });
});
