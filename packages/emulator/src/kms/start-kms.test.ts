import { constants, createECDH, createPublicKey, diffieHellman, generateKeyPairSync, publicEncrypt } from "node:crypto";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  type DecryptCommandInput,
  DeleteAliasCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
  VerifyMacCommand,
} from "@aws-sdk/client-kms";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type KmsServer, startKms } from "./start-kms.ts";

const pem = (modulusLength: number): string =>
  generateKeyPairSync("rsa", { modulusLength }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const pem2048 = pem(2048);
const other2048 = pem(2048);
const pem3072 = pem(3072);
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ids = {
  rsa: "11111111-1111-4111-8111-111111111111",
  other: "22222222-2222-4222-8222-222222222222",
  big: "33333333-3333-4333-8333-333333333333",
  ec: "44444444-4444-4444-8444-444444444444",
  symmetric: "55555555-5555-4555-8555-555555555555",
  hmac: "66666666-6666-4666-8666-666666666666",
  symmetric2: "77777777-7777-4777-8777-777777777777",
};
const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const missingId = "99999999-9999-4999-8999-999999999999";

const start = (): Promise<KmsServer> =>
  startKms({
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
const clientOf = (kms: KmsServer): KMSClient =>
  new KMSClient({
    endpoint: kms.url,
    region: kms.region,
    maxAttempts: 1,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });

let kms: KmsServer;
let client: KMSClient;
beforeAll(async () => {
  kms = await start();
  client = clientOf(kms);
});
afterAll(async () => {
  client.destroy();
  await kms.close();
});
beforeEach(() => {
  kms.faults.clear();
  kms.resetCalls();
});

const wrap = (plaintext: Uint8Array, privateKeyPem = pem2048, oaepHash = "sha256"): Uint8Array =>
  publicEncrypt(
    { key: createPublicKey(privateKeyPem), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
    plaintext,
  );
const decryptWith = (input: Partial<DecryptCommandInput>) =>
  client.send(
    new DecryptCommand({
      KeyId: ids.rsa,
      CiphertextBlob: wrap(text("data key")),
      EncryptionAlgorithm: "RSAES_OAEP_SHA_256",
      ...input,
    }),
  );
const status = (httpStatusCode: number) => ({ $metadata: expect.objectContaining({ httpStatusCode }) });

describe("RSAES_OAEP", () => {
  test.each(["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"] as const)(
    "%s: what node:crypto wraps, Decrypt opens",
    async (alg) => {
      const blob = wrap(text("secret"), pem2048, alg === "RSAES_OAEP_SHA_1" ? "sha1" : "sha256");
      const out = await decryptWith({ CiphertextBlob: blob, EncryptionAlgorithm: alg });
      expect(Buffer.from(out.Plaintext ?? []).toString()).toBe("secret");
      expect(out).toMatchObject({
        KeyId: `arn:aws:kms:us-east-1:000000000000:key/${ids.rsa}`,
        EncryptionAlgorithm: alg,
      });
    },
  );

  test("Encrypt then Decrypt gives the plaintext back", async () => {
    const { CiphertextBlob } = await client.send(
      new EncryptCommand({ KeyId: ids.big, Plaintext: text("x"), EncryptionAlgorithm: "RSAES_OAEP_SHA_1" }),
    );
    expect(CiphertextBlob).toHaveLength(384);
    const out = await decryptWith({ KeyId: ids.big, CiphertextBlob, EncryptionAlgorithm: "RSAES_OAEP_SHA_1" });
    expect(Buffer.from(out.Plaintext ?? []).toString()).toBe("x");
  });

  test("wrong key, wrong hash, wrong length and a flipped bit answer the same, without a message", async () => {
    const flipped = Uint8Array.from(wrap(text("data key")));
    flipped[100] = (flipped[100] ?? 0) ^ 1;
    const seen = await Promise.all(
      [
        decryptWith({ KeyId: ids.other }),
        decryptWith({ EncryptionAlgorithm: "RSAES_OAEP_SHA_1" }),
        decryptWith({ CiphertextBlob: wrap(text("k"), pem3072) }),
        decryptWith({ CiphertextBlob: flipped }),
      ].map((call) => call.catch((e: Error & { $metadata: { httpStatusCode: number } }) => e)),
    );
    const shapes = seen.map((e) => [(e as Error).name, (e as Error).message, e.$metadata.httpStatusCode]);
    expect(new Set(shapes.map((shape) => JSON.stringify(shape))).size).toBe(1);
    expect(seen[0]).toMatchObject({ name: "InvalidCiphertextException", ...status(400) });
  });

  test("a ciphertext whose leading zero byte was dropped is not accepted", async () => {
    let blob: Uint8Array;
    do blob = wrap(text("x"));
    while (blob[0] !== 0);
    await expect(decryptWith({ CiphertextBlob: blob })).resolves.toBeDefined();
    const call = decryptWith({ CiphertextBlob: blob.subarray(1) });
    await expect(call).rejects.toMatchObject({ name: "InvalidCiphertextException" });
  });

  test("without EncryptionAlgorithm the default SYMMETRIC_DEFAULT does not fit an RSA key", async () => {
    await expect(decryptWith({ EncryptionAlgorithm: undefined })).rejects.toMatchObject({
      name: "InvalidKeyUsageException",
    });
  });

  test("KeyId is required, and an encryption context is refused", async () => {
    await expect(decryptWith({ KeyId: undefined })).rejects.toMatchObject({ name: "ValidationException" });
    await expect(decryptWith({ EncryptionContext: { a: "b" } })).rejects.toMatchObject({ name: "ValidationException" });
  });

  test.each([
    [ids.rsa, "RSAES_OAEP_SHA_256", 190],
    [ids.rsa, "RSAES_OAEP_SHA_1", 214],
    [ids.big, "RSAES_OAEP_SHA_256", 318],
    [ids.big, "RSAES_OAEP_SHA_1", 342],
  ] as const)("%s with %s takes exactly %i bytes", async (KeyId, EncryptionAlgorithm, limit) => {
    const encrypt = (n: number) =>
      client.send(new EncryptCommand({ KeyId, EncryptionAlgorithm, Plaintext: new Uint8Array(n) }));
    await expect(encrypt(limit)).resolves.toMatchObject({ EncryptionAlgorithm });
    await expect(encrypt(limit + 1)).rejects.toMatchObject({ name: "ValidationException", ...status(400) });
  });
});

describe("SYMMETRIC_DEFAULT", () => {
  const encrypt = (plaintext: Uint8Array, context?: Record<string, string>) =>
    client.send(
      new EncryptCommand({
        KeyId: ids.symmetric,
        Plaintext: plaintext,
        ...(context && { EncryptionContext: context }),
      }),
    );

  test("the ciphertext names its key and the context is bound whatever its order", async () => {
    const { CiphertextBlob } = await encrypt(text("hello"), { a: "1", b: "2" });
    const out = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { b: "2", a: "1" } }));
    expect(Buffer.from(out.Plaintext ?? []).toString()).toBe("hello");
    expect(out.KeyId).toContain(ids.symmetric);
    const wrong = client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { a: "1" } }));
    await expect(wrong).rejects.toMatchObject({ name: "InvalidCiphertextException" });
  });

  test("an encryption context has at most 8,192 characters", async () => {
    await expect(encrypt(text("x"), { k: "v".repeat(8191) })).resolves.toBeDefined();
    await expect(encrypt(text("x"), { k: "v".repeat(8192) })).rejects.toMatchObject({ name: "ValidationException" });
  });

  test("another KeyId is an IncorrectKeyException, random bytes an InvalidCiphertextException", async () => {
    const { CiphertextBlob } = await encrypt(text("hello"));
    const other = client.send(new DecryptCommand({ CiphertextBlob, KeyId: ids.symmetric2 }));
    await expect(other).rejects.toMatchObject({ name: "IncorrectKeyException" });
    for (const length of [1, 2, 40, 300]) {
      const junk = client.send(new DecryptCommand({ CiphertextBlob: new Uint8Array(length).fill(1) }));
      await expect(junk).rejects.toMatchObject({ name: "InvalidCiphertextException" });
    }
  });

  test("plaintext is 1 to 4,096 bytes", async () => {
    await expect(encrypt(new Uint8Array(0))).rejects.toMatchObject({ name: "ValidationException" });
    await expect(encrypt(new Uint8Array(4097))).rejects.toMatchObject({ name: "ValidationException" });
    await expect(encrypt(new Uint8Array(4096))).resolves.toHaveProperty("CiphertextBlob");
  });

  test("GenerateDataKey returns a key and its wrapped form, by spec or by length but not both", async () => {
    const out = await client.send(new GenerateDataKeyCommand({ KeyId: ids.symmetric, KeySpec: "AES_256" }));
    expect(out.Plaintext).toHaveLength(32);
    const opened = await client.send(new DecryptCommand({ CiphertextBlob: out.CiphertextBlob }));
    expect(opened.Plaintext).toEqual(out.Plaintext);
    const both = new GenerateDataKeyCommand({ KeyId: ids.symmetric, KeySpec: "AES_256", NumberOfBytes: 32 });
    await expect(client.send(both)).rejects.toMatchObject({ name: "ValidationException" });
    const rsa = new GenerateDataKeyCommand({ KeyId: ids.rsa, NumberOfBytes: 32 });
    await expect(client.send(rsa)).rejects.toMatchObject({ name: "InvalidKeyUsageException" });
  });
});

describe("key agreement and MACs", () => {
  const derive = (KeyId: string, PublicKey: Uint8Array) =>
    client.send(new DeriveSharedSecretCommand({ KeyId, PublicKey, KeyAgreementAlgorithm: "ECDH" }));

  test("DeriveSharedSecret agrees with node:crypto", async () => {
    const mine = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const out = await derive(ids.ec, mine.publicKey.export({ type: "spki", format: "der" }));
    const expected = diffieHellman({ privateKey: mine.privateKey, publicKey: p256.publicKey });
    expect(Buffer.from(out.SharedSecret ?? [])).toEqual(expected);
    expect(out).toMatchObject({ KeyAgreementAlgorithm: "ECDH", KeyOrigin: "AWS_KMS" });
  });

  test("DeriveSharedSecret refuses another curve, a raw point and an RSA key", async () => {
    const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({ type: "spki", format: "der" });
    await expect(derive(ids.ec, p384)).rejects.toMatchObject({ name: "ValidationException" });
    const point = createECDH("prime256v1").generateKeys();
    await expect(derive(ids.ec, point)).rejects.toMatchObject({ name: "ValidationException" });
    await expect(derive(ids.rsa, p384)).rejects.toMatchObject({ name: "InvalidKeyUsageException" });
  });

  test("a MAC is deterministic, verifies, and a wrong one is a KMSInvalidMacException", async () => {
    const input = { KeyId: ids.hmac, Message: text("m"), MacAlgorithm: "HMAC_SHA_256" } as const;
    const { Mac } = await client.send(new GenerateMacCommand(input));
    expect((await client.send(new GenerateMacCommand(input))).Mac).toEqual(Mac);
    expect(await client.send(new VerifyMacCommand({ ...input, Mac }))).toMatchObject({ MacValid: true });
    const wrong = client.send(new VerifyMacCommand({ ...input, Message: text("n"), Mac }));
    await expect(wrong).rejects.toMatchObject({ name: "KMSInvalidMacException" });
    const other = client.send(new GenerateMacCommand({ ...input, MacAlgorithm: "HMAC_SHA_512" }));
    await expect(other).rejects.toMatchObject({ name: "InvalidKeyUsageException" });
  });
});

describe("naming keys", () => {
  const arn = (resource: string, region = "us-east-1") => `arn:aws:kms:${region}:000000000000:${resource}`;

  test.each([ids.rsa, arn(`key/${ids.rsa}`), "alias/pii", arn("alias/pii")])("%s is accepted", async (KeyId) => {
    await expect(decryptWith({ KeyId })).resolves.toMatchObject({ KeyId: arn(`key/${ids.rsa}`) });
  });

  test.each([
    missingId,
    "alias/none",
    arn(`key/${ids.rsa}`, "eu-west-1"),
    arn(`key/${missingId}`),
    "nonsense",
    "arn:x",
  ])("%s is a NotFoundException", async (KeyId) => {
    await expect(decryptWith({ KeyId })).rejects.toMatchObject({ name: "NotFoundException", ...status(400) });
  });

  test("a malformed ARN is an InvalidArnException where the operation declares it", async () => {
    const call = client.send(new DescribeKeyCommand({ KeyId: "arn:aws:kms:x" }));
    await expect(call).rejects.toMatchObject({ name: "InvalidArnException" });
  });

  test("management operations take no alias", async () => {
    const call = client.send(new DisableKeyCommand({ KeyId: "alias/pii" }));
    await expect(call).rejects.toMatchObject({ name: "NotFoundException" });
  });

  test("an alias can be made, listed, moved and deleted", async () => {
    const AliasName = "alias/moving";
    await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: ids.rsa }));
    const again = client.send(new CreateAliasCommand({ AliasName, TargetKeyId: ids.rsa }));
    await expect(again).rejects.toMatchObject({ name: "AlreadyExistsException" });
    await client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: ids.other }));
    const { Aliases } = await client.send(new ListAliasesCommand({ KeyId: ids.other }));
    expect(Aliases).toMatchObject([{ AliasName, TargetKeyId: ids.other, AliasArn: arn(AliasName) }]);
    await expect(decryptWith({ KeyId: AliasName })).rejects.toMatchObject({ name: "InvalidCiphertextException" });
    await client.send(new DeleteAliasCommand({ AliasName }));
    await expect(decryptWith({ KeyId: AliasName })).rejects.toMatchObject({ name: "NotFoundException" });
    const bad = client.send(new CreateAliasCommand({ AliasName: "moving", TargetKeyId: ids.rsa }));
    await expect(bad).rejects.toMatchObject({ name: "InvalidAliasNameException" });
  });

  test("ListKeys pages through every key once", async () => {
    const seen: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await client.send(new ListKeysCommand({ Limit: 2, ...(Marker !== undefined && { Marker }) }));
      seen.push(...(page.Keys ?? []).map(({ KeyId }) => KeyId ?? ""));
      Marker = page.NextMarker;
      expect(page.Truncated).toBe(Marker !== undefined);
    } while (Marker !== undefined);
    expect(seen).toEqual(kms.keys().map(({ id }) => id));
  });
});

describe("pages", () => {
  test("a page that holds exactly what is left is the last; an unknown marker is refused", async () => {
    const all = await client.send(new ListKeysCommand({ Limit: kms.keys().length }));
    expect([all.Keys?.length, all.Truncated, all.NextMarker]).toEqual([kms.keys().length, false, undefined]);
    const unknown = client.send(new ListKeysCommand({ Marker: "x" }));
    await expect(unknown).rejects.toMatchObject({ name: "InvalidMarkerException" });
  });
});

describe("GetPublicKey and CreateKey", () => {
  test("GetPublicKey returns the SPKI of the imported key with its algorithms", async () => {
    const out = await client.send(new GetPublicKeyCommand({ KeyId: "alias/pii" }));
    const der = createPublicKey(pem2048).export({ type: "spki", format: "der" });
    expect(Buffer.from(out.PublicKey ?? [])).toEqual(der);
    expect(out).toMatchObject({
      KeySpec: "RSA_2048",
      KeyUsage: "ENCRYPT_DECRYPT",
      EncryptionAlgorithms: ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
    });
    const ec = await client.send(new GetPublicKeyCommand({ KeyId: ids.ec }));
    expect(ec.KeyAgreementAlgorithms).toEqual(["ECDH"]);
  });

  test("GetPublicKey of a symmetric key is an UnsupportedOperationException", async () => {
    const call = client.send(new GetPublicKeyCommand({ KeyId: ids.symmetric }));
    await expect(call).rejects.toMatchObject({ name: "UnsupportedOperationException" });
  });

  test.each([
    ["RSA_2048", "ENCRYPT_DECRYPT"],
    ["ECC_NIST_P256", "KEY_AGREEMENT"],
    ["SYMMETRIC_DEFAULT", undefined],
    ["HMAC_256", "GENERATE_VERIFY_MAC"],
  ] as const)("CreateKey makes %s and DescribeKey tells its metadata", async (KeySpec, KeyUsage) => {
    const own = await startKms({ seed: "create" });
    const ownClient = clientOf(own);
    const made = await ownClient.send(new CreateKeyCommand({ KeySpec, KeyUsage, Description: "d" }));
    const KeyId = made.KeyMetadata?.KeyId ?? "";
    const { KeyMetadata } = await ownClient.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata).toEqual(made.KeyMetadata);
    expect(KeyMetadata).toMatchObject({
      Arn: arnOf(KeyId),
      AWSAccountId: "000000000000",
      KeySpec,
      KeyUsage: KeyUsage ?? "ENCRYPT_DECRYPT",
      KeyState: "Enabled",
      Enabled: true,
      Description: "d",
    });
    expect(KeyMetadata?.CreationDate).toBeInstanceOf(Date);
    await own.close();
  });

  test("KeyUsage must be given and must fit", async () => {
    const make = (input: CreateKeyCommandInput) => client.send(new CreateKeyCommand(input));
    await expect(make({ KeySpec: "RSA_2048" })).rejects.toMatchObject({ name: "ValidationException" });
    const misfit = make({ KeySpec: "HMAC_256", KeyUsage: "ENCRYPT_DECRYPT" });
    await expect(misfit).rejects.toMatchObject({ name: "ValidationException" });
    const signing = make({ KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" });
    await expect(signing).rejects.toMatchObject({ name: "UnsupportedOperationException" });
  });

  test("a seed fixes derived key ids and symmetric material", async () => {
    const options = { seed: "s", keys: [{ keySpec: "SYMMETRIC_DEFAULT" }, { keySpec: "HMAC_256" }] } as const;
    const [a, b, c] = await Promise.all([startKms(options), startKms(options), startKms({ ...options, seed: "t" })]);
    expect(a.keys()).toEqual(b.keys());
    expect(a.keys()).not.toEqual(c.keys());
    const { CiphertextBlob } = await clientOf(a).send(
      new EncryptCommand({ KeyId: a.keys()[0]?.id, Plaintext: text("x") }),
    );
    const out = await clientOf(b).send(new DecryptCommand({ CiphertextBlob }));
    expect(Buffer.from(out.Plaintext ?? []).toString()).toBe("x");
    await Promise.all([a.close(), b.close(), c.close()]);
  });

  test("two seeds give the same key id different material", async () => {
    const keys = [{ id: ids.hmac, keySpec: "HMAC_256" as const }];
    const servers = await Promise.all([startKms({ seed: "s", keys }), startKms({ seed: "t", keys })]);
    const input = { KeyId: ids.hmac, Message: text("m"), MacAlgorithm: "HMAC_SHA_256" } as const;
    const [a, b] = await Promise.all(servers.map((server) => clientOf(server).send(new GenerateMacCommand(input))));
    expect(a?.Mac).not.toEqual(b?.Mac);
    await Promise.all(servers.map((server) => server.close()));
  });

  test("a multi-Region key works under the same id in two Regions", async () => {
    const id = `mrk-${"a".repeat(32)}`;
    const keys = [{ id, privateKeyPem: pem2048 }];
    const [us, eu] = await Promise.all([startKms({ keys }), startKms({ keys, region: "eu-central-1" })]);
    const { KeyMetadata } = await clientOf(eu).send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata).toMatchObject({ MultiRegion: true, Arn: `arn:aws:kms:eu-central-1:000000000000:key/${id}` });
    for (const region of [us, eu]) {
      const call = new DecryptCommand({
        KeyId: id,
        CiphertextBlob: wrap(text("x")),
        EncryptionAlgorithm: "RSAES_OAEP_SHA_256",
      });
      expect(Buffer.from((await clientOf(region).send(call)).Plaintext ?? []).toString()).toBe("x");
    }
    await Promise.all([us.close(), eu.close()]);
  });

  test.each([
    [{ keys: [{ id: "x", keySpec: "RSA_2048" as const }] }, "CONFIG_INVALID"],
    [{ keys: [{ privateKeyPem: "nope" }] }, "CONFIG_INVALID"],
    [{ keys: [{ alias: "pii", keySpec: "HMAC_256" as const }] }, "CONFIG_INVALID"],
    [{ region: "nowhere" }, "CONFIG_INVALID"],
    [{ host: "0.0.0.0" }, "HOST_REFUSED"],
  ])("wrong options %# are refused with %s", async (options, code) => {
    await expect(startKms(options)).rejects.toMatchObject({ code });
  });
});

const arnOf = (id: string): string => `arn:aws:kms:us-east-1:000000000000:key/${id}`;

describe("key states", () => {
  const id = ids.other;
  const use = () => decryptWith({ KeyId: id, CiphertextBlob: wrap(text("x"), other2048) });

  test("Disabled: cryptography and GetPublicKey answer DisabledException, DescribeKey works, EnableKey restores", async () => {
    await client.send(new DisableKeyCommand({ KeyId: id }));
    await expect(use()).rejects.toMatchObject({ name: "DisabledException", ...status(400) });
    const publicKey = client.send(new GetPublicKeyCommand({ KeyId: id }));
    await expect(publicKey).rejects.toMatchObject({ name: "DisabledException" });
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata).toMatchObject({ KeyState: "Disabled", Enabled: false });
    await client.send(new EnableKeyCommand({ KeyId: id }));
    await expect(use()).resolves.toBeDefined();
  });

  test("PendingDeletion: KMSInvalidStateException until cancelled, which leaves the key disabled", async () => {
    const out = await client.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    expect(out).toMatchObject({ KeyState: "PendingDeletion", PendingWindowInDays: 7 });
    await expect(use()).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    const enable = client.send(new EnableKeyCommand({ KeyId: id }));
    await expect(enable).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    const alias = client.send(new CreateAliasCommand({ AliasName: "alias/late", TargetKeyId: id }));
    await expect(alias).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    await client.send(new CancelKeyDeletionCommand({ KeyId: id }));
    await expect(use()).rejects.toMatchObject({ name: "DisabledException" });
    const again = client.send(new CancelKeyDeletionCommand({ KeyId: id }));
    await expect(again).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    await client.send(new EnableKeyCommand({ KeyId: id }));
  });

  test("the waiting period is 7 to 30 days, and afterwards the key is gone", async () => {
    let now = Date.UTC(2026, 0, 1);
    const own = await startKms({ now: () => now, keys: [{ alias: "alias/a", keySpec: "SYMMETRIC_DEFAULT" }] });
    const ownClient = clientOf(own);
    const KeyId = own.keys()[0]?.id;
    const short = ownClient.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 6 }));
    await expect(short).rejects.toMatchObject({ name: "ValidationException" });
    await ownClient.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    now += 7 * 86_400_000;
    await expect(ownClient.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: "NotFoundException",
    });
    expect((await ownClient.send(new ListAliasesCommand({}))).Aliases).toEqual([]);
    await own.close();
  });

  test.each(["Creating", "PendingImport", "Unavailable"] as const)("%s: KMSInvalidStateException", async (state) => {
    kms.setKeyState(id, state);
    await expect(use()).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    kms.setKeyState(id, "Updating");
    await expect(use()).resolves.toBeDefined();
    kms.setKeyState(id, "Enabled");
  });

  test("a key with external origin waits for its material", async () => {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT", Origin: "EXTERNAL" }),
    );
    expect(KeyMetadata?.KeyState).toBe("PendingImport");
    await expect(decryptWith({ KeyId: KeyMetadata?.KeyId })).rejects.toMatchObject({
      name: "KMSInvalidStateException",
    });
  });
});

describe("protocol, counting and faults", () => {
  const post = (target: string | undefined, body: string) =>
    fetch(kms.url, { method: "POST", body, headers: { ...(target !== undefined && { "x-amz-target": target }) } });

  test("errors carry __type, message and x-amzn-errortype", async () => {
    const response = await post("TrentService.DescribeKey", JSON.stringify({ KeyId: missingId }));
    expect(response.status).toBe(400);
    expect(response.headers.get("x-amzn-errortype")).toBe("NotFoundException");
    expect(response.headers.get("content-type")).toBe("application/x-amz-json-1.1");
    expect(await response.json()).toEqual({ __type: "NotFoundException", message: expect.stringContaining(missingId) });
  });

  test.each([
    ["TrentService.Nope", "{}", "UnknownOperationException"],
    ["Other.Decrypt", "{}", "UnknownOperationException"],
    [undefined, "{}", "UnknownOperationException"],
    ["TrentService.Decrypt", "{", "SerializationException"],
    ["TrentService.Decrypt", `{"Description":"${"x".repeat(2 * 1024 * 1024)}"}`, "SerializationException"],
    ["TrentService.Decrypt", "[]", "SerializationException"],
    ["TrentService.Decrypt", '{"CiphertextBlob":7}', "SerializationException"],
    ["TrentService.Decrypt", "{}", "ValidationException"],
    ["TrentService.Decrypt", '{"CiphertextBlob":"AA==","EncryptionAlgorithm":"ROT13"}', "ValidationException"],
    ["TrentService.Decrypt", `{"CiphertextBlob":"${"AAAA".repeat(2049)}"}`, "ValidationException"],
    ["TrentService.Decrypt", '{"CiphertextBlob":"AA==","GrantTokens":["t"]}', "InvalidGrantTokenException"],
    ["TrentService.Decrypt", '{"CiphertextBlob":"AA==","Recipient":{}}', "UnsupportedOperationException"],
  ])("%s, case %#, is refused with HTTP 400", async (target, body, type) => {
    const response = await post(target, body);
    expect([response.status, ((await response.json()) as { __type: string }).__type]).toEqual([400, type]);
  });

  test("a dry run that would succeed is a DryRunOperationException; one that would fail fails as usual", async () => {
    await expect(decryptWith({ DryRun: true })).rejects.toMatchObject({ name: "DryRunOperationException" });
    await expect(decryptWith({ DryRun: true, KeyId: ids.other })).rejects.toMatchObject({
      name: "InvalidCiphertextException",
    });
  });

  test("calls are counted by operation, failed ones included, and the log holds no plaintext", async () => {
    const canary = "canary-4111111111111111";
    await decryptWith({ CiphertextBlob: wrap(text(canary)) });
    await decryptWith({ KeyId: missingId }).catch(() => undefined);
    await client.send(new EncryptCommand({ KeyId: ids.symmetric, Plaintext: text(canary) }));
    expect(kms.calls).toEqual({ Decrypt: 2, Encrypt: 1 });
    expect(kms.log.map(({ operation, resource, status: code, error }) => [operation, resource, code, error])).toEqual([
      ["Decrypt", ids.rsa, 200, undefined],
      ["Decrypt", missingId, 400, "NotFoundException"],
      ["Encrypt", ids.symmetric, 200, undefined],
    ]);
    await decryptWith({ KeyId: `"${canary}" in the wrong place` }).catch(() => undefined);
    const log = JSON.stringify(kms.log);
    expect(log).not.toContain(canary);
    expect(log).not.toContain(Buffer.from(canary).toString("base64").slice(0, 20));
    kms.resetCalls();
    expect(kms.calls).toEqual({});
  });

  test("an unknown operation is neither struck by faults nor counted against them", async () => {
    const before = kms.faults.counts.throttling;
    kms.faults.set({ throttling: {} });
    const response = await post("TrentService.Nope", "{}");
    expect(await response.json()).toEqual({ __type: "UnknownOperationException" });
    expect(kms.faults.counts.throttling).toBe(before);
  });

  test.each([
    ["throttling", "ThrottlingException", 400],
    ["accessDenied", "AccessDeniedException", 400],
    ["serverError", "KMSInternalException", 500],
  ] as const)("fault %s answers %s with HTTP %i for the next call only", async (fault, name, code) => {
    const before = kms.faults.counts[fault];
    kms.faults.set({ [fault]: { next: 1, operations: ["Decrypt"] } });
    await expect(client.send(new DescribeKeyCommand({ KeyId: ids.rsa }))).resolves.toBeDefined();
    await expect(decryptWith({})).rejects.toMatchObject({ name, ...status(code) });
    await expect(decryptWith({})).resolves.toBeDefined();
    expect(kms.faults.counts[fault]).toBe(before + 1);
    expect(kms.log.filter((entry) => entry.fault === fault)).toHaveLength(1);
  });

  test("fault connectionReset ends the connection without an answer, and the SDK's retry gets through", async () => {
    kms.faults.set({ connectionReset: { next: 1 } });
    await expect(decryptWith({})).rejects.toMatchObject({ code: "ECONNRESET" });
    const retrying = new KMSClient({
      endpoint: kms.url,
      region: "us-east-1",
      maxAttempts: 3,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    kms.faults.set({ connectionReset: { next: 1 } });
    kms.resetCalls();
    await expect(retrying.send(new DescribeKeyCommand({ KeyId: ids.rsa }))).resolves.toBeDefined();
    expect(kms.calls).toEqual({ DescribeKey: 2 });
    retrying.destroy();
  });

  test("2,000 calls under seeded faults: every one that succeeds is right, and every try is counted", async () => {
    const own = await startKms({
      seed: "soak",
      keys: [{ id: ids.rsa, privateKeyPem: pem2048 }],
      faults: {
        latency: { ms: 2, probability: 0.05 },
        throttling: { probability: 0.1 },
        serverError: { probability: 0.1 },
        connectionReset: { probability: 0.05 },
      },
    });
    const retrying = new KMSClient({
      endpoint: own.url,
      region: own.region,
      maxAttempts: 1,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    const blob = wrap(text("data key"));
    const call = new DecryptCommand({
      KeyId: ids.rsa,
      CiphertextBlob: blob,
      EncryptionAlgorithm: "RSAES_OAEP_SHA_256",
    });
    let opened = 0;
    const failed = new Map<string, number>();
    const worker = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) {
        try {
          const { Plaintext } = await retrying.send(call);
          opened += Buffer.from(Plaintext ?? []).equals(Buffer.from("data key")) ? 1 : 0;
        } catch (error) {
          const { name, code } = error as Error & { code?: string };
          failed.set(code ?? name, (failed.get(code ?? name) ?? 0) + 1);
        }
      }
    };
    await Promise.all(Array.from({ length: 20 }, worker));
    const { throttling, serverError, connectionReset } = own.faults.counts;
    expect(own.calls).toEqual({ Decrypt: 2000 });
    expect(Object.fromEntries(failed)).toEqual({
      ThrottlingException: throttling,
      KMSInternalException: serverError,
      ECONNRESET: connectionReset,
    });
    expect(opened).toBe(2000 - throttling - serverError - connectionReset);
    retrying.destroy();
    await own.close();
  });

  test("close ends idle keep-alive connections and calls in flight", async () => {
    const own = await startKms({ faults: { latency: { ms: 60_000 } } });
    const ownClient = clientOf(own);
    const pending = ownClient.send(new ListKeysCommand({})).catch((e: Error) => e);
    await expect.poll(() => own.faults.counts.latency).toBe(1);
    await own.close();
    expect(await pending).toBeInstanceOf(Error);
    await expect(fetch(own.url)).rejects.toThrow();
  });
});
