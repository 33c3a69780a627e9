import { createPublicKey } from "node:crypto";
import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
} from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { arnOf, client, clientOf, ids, pem2048, text, wrap } from "./kms.fixture.ts";
import { startKms } from "./start-kms.ts";

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

  const statement = { Effect: "Allow", Principal: { AWS: "*" }, Action: "kms:*", Resource: "*" };
  const policyOf = (...statements: object[]): string =>
    JSON.stringify({ Version: "2012-10-17", Statement: statements });
  test.each([
    ["MalformedPolicyDocumentException", { Policy: "{" }],
    ["MalformedPolicyDocumentException", { Policy: "null" }],
    ["MalformedPolicyDocumentException", { Policy: policyOf() }],
    ["MalformedPolicyDocumentException", { Policy: policyOf(statement, { ...statement, Action: undefined }) }],
    ["TagException", { Tags: ["team", "team"].map((TagKey) => ({ TagKey, TagValue: "" })) }],
    ["TagException", { Tags: [{ TagKey: "aws:team", TagValue: "" }] }],
    ["ValidationException", { Tags: [{ TagKey: "", TagValue: "" }] }],
  ])("CreateKey answers %s to %j", async (name, input) => {
    await expect(client.send(new CreateKeyCommand(input))).rejects.toMatchObject({ name });
  });

  test("CreateKey takes a policy and tags", async () => {
    const own = await startKms();
    const made = clientOf(own).send(
      new CreateKeyCommand({ Policy: policyOf(statement), Tags: [{ TagKey: "team", TagValue: "edge" }] }),
    );
    expect((await made).KeyMetadata?.KeyState).toBe("Enabled");
    await own.close();
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
