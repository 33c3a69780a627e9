import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AwsServer } from "../aws-server/aws-server.ts";
import { startSecretsManager } from "./start-secrets-manager.ts";

const ids = Array.from({ length: 3 }, () => crypto.randomUUID());
let server: AwsServer;
let client: SecretsManagerClient;
beforeAll(async () => {
  const rotated = { versions: { [ids[0]!]: "first", [ids[1]!]: "second", [ids[2]!]: "third" } };
  server = await startSecretsManager({ secrets: { "app/key": "text", bytes: Uint8Array.of(0, 255), rotated } });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new SecretsManagerClient({ endpoint: server.url, region: "us-east-1", credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

describe("GetSecretValue", () => {
  test("answers text as SecretString and bytes as SecretBinary, by name and by ARN", async () => {
    const text = await client.send(new GetSecretValueCommand({ SecretId: "app/key" }));
    expect(text).toMatchObject({ Name: "app/key", SecretString: "text", VersionStages: ["AWSCURRENT"] });
    const byArn = await client.send(new GetSecretValueCommand({ SecretId: text.ARN, VersionId: text.VersionId }));
    expect(byArn.SecretString).toBe("text");
    const { SecretBinary } = await client.send(new GetSecretValueCommand({ SecretId: "bytes" }));
    expect(SecretBinary).toEqual(Uint8Array.of(0, 255));
  });

  test("answers each version by its id, the last two by their stages, and the current one without either", async () => {
    const read = async (input: object): Promise<unknown> =>
      (await client.send(new GetSecretValueCommand({ SecretId: "rotated", ...input }))).SecretString;
    expect(await Promise.all(ids.map((VersionId) => read({ VersionId })))).toEqual(["first", "second", "third"]);
    expect(await read({ VersionStage: "AWSPREVIOUS" })).toBe("second");
    expect(await read({ VersionStage: "AWSCURRENT", VersionId: ids[2] })).toBe("third");
    expect(await read({})).toBe("third");
    await expect(read({ VersionStage: "AWSCURRENT", VersionId: ids[0] })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  test.each([
    { SecretId: "missing" },
    { SecretId: "app/key", VersionStage: "AWSPREVIOUS" },
    { SecretId: "app/key", VersionId: crypto.randomUUID() },
  ])("answers ResourceNotFoundException for %j", async (input) => {
    const failure = client.send(new GetSecretValueCommand(input));
    await expect(failure).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  test("logs the name, never the value", () => {
    expect(JSON.stringify(server.log)).toContain("app/key");
    expect(JSON.stringify(server.log)).not.toContain('"text"');
  });
});
