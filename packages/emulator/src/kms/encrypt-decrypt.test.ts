import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand } from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { client, decryptWith, ids, pem2048, pem3072, status, text, wrap } from "./kms.fixture.ts";

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
