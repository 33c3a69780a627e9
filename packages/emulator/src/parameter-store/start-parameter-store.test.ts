import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AwsServer } from "../aws-server/aws-server.ts";
import { startParameterStore } from "./start-parameter-store.ts";

let server: AwsServer;
let client: SSMClient;
beforeAll(async () => {
  server = await startParameterStore({ parameters: { "/app/key": "text" } });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new SSMClient({ endpoint: server.url, region: "us-east-1", credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

describe("GetParameter", () => {
  test("answers the value of a SecureString with decryption only, by name and by ARN", async () => {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: "/app/key", WithDecryption: true }));
    expect(Parameter).toMatchObject({ Name: "/app/key", Type: "SecureString", Value: "text", Version: 1 });
    const byArn = await client.send(new GetParameterCommand({ Name: Parameter!.ARN, WithDecryption: true }));
    expect(byArn.Parameter?.Value).toBe("text");
    const sealed = await client.send(new GetParameterCommand({ Name: "/app/key" }));
    expect(sealed.Parameter?.Value).not.toBe("text");
  });

  test("answers ParameterNotFound for another name", async () => {
    const failure = client.send(new GetParameterCommand({ Name: "/app/other" }));
    await expect(failure).rejects.toMatchObject({ name: "ParameterNotFound" });
  });
});
