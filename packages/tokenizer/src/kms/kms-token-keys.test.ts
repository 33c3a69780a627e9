import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { KMSClient } from "@aws-sdk/client-kms";
import { type KmsServer, startKms } from "@fieldseal/emulator";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTokenizer, fileTokenKeys, parseTokenizerConfig } from "../index.ts";
import { configuredTokenKeys, generateTokenKey, kmsTokenKeys } from "./index.ts";

const credentials = { accessKeyId: "a", secretAccessKey: "b" };
const kms = "55555555-5555-4555-8555-555555555555";
let server: KmsServer;
let client: KMSClient;

beforeAll(async () => {
  server = await startKms({ seed: "tokens", keys: [{ id: kms, keySpec: "SYMMETRIC_DEFAULT" }] });
  client = new KMSClient({
    region: "us-east-1",
    endpoint: server.url,
    credentials,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

const formats = { card: { type: "pan", keepLast: 4 } } as const;

describe("secrets that KMS wraps", () => {
  test("are opened once for all tokens of their scope", async () => {
    const key = await generateTokenKey({ client, kms, version: "1" });
    const before = server.calls.Decrypt ?? 0;
    const tokenizer = createTokenizer({ keys: kmsTokenKeys({ client, current: "1", keys: [key] }), formats });
    const request = { format: "card", tenant: "t-1" };
    const made = await Promise.all(
      ["t-1", "t-2"].map((tenant) => tokenizer.tokenize("4111111111111111", { ...request, tenant })),
    );
    expect(await tokenizer.detokenize(made[0]!.token, request)).toBe("4111111111111111");
    expect(made[0]!.token).not.toBe(made[1]!.token);
    expect(server.calls.Decrypt! - before).toBe(1);
  });

  test("a tenant's own key opens for that tenant only, and stands before the common one", async () => {
    const common = await generateTokenKey({ client, kms, version: "1" });
    const own = await generateTokenKey({ client, kms, version: "1", tenant: "t-1", format: "card" });
    const tokenOf = async (keys: readonly (typeof own)[], tenant: string): Promise<string> => {
      const tokenizer = createTokenizer({ keys: kmsTokenKeys({ client, current: "1", keys }), formats });
      return (await tokenizer.tokenize("4111111111111111", { format: "card", tenant })).token;
    };
    expect(await tokenOf([common, own], "t-1")).toBe(await tokenOf([own], "t-1"));
    expect(await tokenOf([common, own], "t-2")).toBe(await tokenOf([common], "t-2"));
    await expect(tokenOf([own], "t-2")).rejects.toMatchObject({ code: "KEY_VERSION_UNKNOWN" });
    await expect(tokenOf([{ ...own, tenant: "t-2" }], "t-2")).rejects.toMatchObject({ code: "TOKEN_KEY_INVALID" });
  });

  test("a failure is not kept", async () => {
    const key = await generateTokenKey({ client, kms, version: "1" });
    const tokenizer = createTokenizer({ keys: kmsTokenKeys({ client, current: "1", keys: [key] }), formats });
    server.faults.set({ throttling: { next: 1 } });
    await expect(tokenizer.tokenize("4111111111111111", { format: "card" })).rejects.toMatchObject({
      code: "KMS_UNAVAILABLE",
      retryable: true,
    });
    expect((await tokenizer.tokenize("4111111111111111", { format: "card" })).version).toBe("1");
  });

  test("KMS that does not answer is given up, for all who wait", async () => {
    const key = await generateTokenKey({ client, kms, version: "1" });
    const tokenizer = createTokenizer({
      keys: kmsTokenKeys({ client, current: "1", keys: [key], timeout: 50 }),
      formats,
    });
    server.faults.set({ latency: { ms: 60_000 } });
    await expect(tokenizer.tokenize("4111111111111111", { format: "card" })).rejects.toMatchObject({
      code: "KMS_UNAVAILABLE",
      retryable: true,
    });
    server.faults.clear();
    expect((await tokenizer.tokenize("4111111111111111", { format: "card" })).version).toBe("1");
  });

  test.each(["the client", "the environment"])("a plain endpoint of %s is refused", async (from) => {
    const key = await generateTokenKey({ client, kms, version: "1" });
    const endpoint = "http://kms.example";
    if (from === "the environment") vi.stubEnv("AWS_ENDPOINT_URL_KMS", endpoint);
    const given = from === "the client" ? { endpoint } : {};
    const away = new KMSClient({ region: "us-east-1", credentials, maxAttempts: 1, ...given });
    const tokenizer = createTokenizer({ keys: kmsTokenKeys({ client: away, current: "1", keys: [key] }), formats });
    await expect(tokenizer.tokenize("4111111111111111", { format: "card" })).rejects.toMatchObject({
      code: "KMS_ENDPOINT_REFUSED",
    });
    away.destroy();
    vi.unstubAllEnvs();
  });

  test("an alias is refused", () => {
    expect(() =>
      kmsTokenKeys({ client, current: "1", keys: [{ version: "1", kms: "alias/tokens", wrapped: new Uint8Array(1) }] }),
    ).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  test("stand in a configuration document beside keys in files", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-keys-"));
    try {
      writeFileSync(path.join(folder, "old.key"), `${"0f".repeat(32)}\n`);
      const { wrapped } = await generateTokenKey({ client, kms, version: "2", tenant: "t-1" });
      const inKms = { version: "2", kms, tenant: "t-1", wrapped: Buffer.from(wrapped).toString("base64") };
      const document = {
        version: 1,
        formats: { card: { type: "pan" } },
        keys: { current: "2", versions: [{ version: "1", file: "old.key" }, inKms] },
      };
      const config = parseTokenizerConfig(document);
      const tokenizer = createTokenizer({
        formats: config.formats,
        keys: configuredTokenKeys({ config, folder, client }),
      });
      const request = { format: "card", tenant: "t-1" };
      const old = await tokenizer.tokenize("4111111111111111", { ...request, version: "1" });
      const fixed = createTokenizer({
        formats: config.formats,
        keys: { current: "1", versions: { 1: new Uint8Array(32).fill(15) } },
      });
      expect(old).toEqual(await fixed.tokenize("4111111111111111", request));
      const [now] = await tokenizer.retokenizeBatch([old.token], { ...request, version: "1" });
      expect(await tokenizer.detokenize(now!.token, { ...request, version: "2" })).toBe("4111111111111111");
      expect(() => fileTokenKeys(config, folder)).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", pointer: "/keys/versions/1" }),
      );
      const twice = { ...config, keys: [...config.keys, { version: "2", file: "old.key" }] };
      expect(() => configuredTokenKeys({ config: twice, folder, client })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", pointer: "/keys/versions/2" }),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
