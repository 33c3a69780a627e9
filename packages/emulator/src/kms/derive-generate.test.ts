import { createECDH, diffieHellman, generateKeyPairSync } from "node:crypto";
import { DeriveSharedSecretCommand, GenerateMacCommand, VerifyMacCommand } from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { client, ids, p256, text } from "./kms.fixture.ts";

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
