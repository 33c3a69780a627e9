import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type AwsServer, startSecretsManager } from "@fieldseal/emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createTokenizer, openTokenKeys, parseTokenizerConfig, type Tokenizer } from "../index.ts";
import { createMemoryStore } from "../memory/index.ts";
import { createVault, keySource } from "../vault/index.ts";
import { type StoredTokenKey, secretsManagerTokenKeys } from "./index.ts";

const ids = ["1", "2", "3", "4"].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);
const [first, second, hex, broken] = ids as [string, string, string, string];
const formats = { card: { type: "pan", keepLast: 4 } } as const;
const card = "4111111111111111";
const secretOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const options = { region: "us-east-1", credentials: { accessKeyId: "a", secretAccessKey: "b" }, maxAttempts: 1 };

let server: AwsServer;
let client: SecretsManagerClient;
beforeAll(async () => {
  const versions = { [first]: secretOf(1), [second]: secretOf(2), [hex]: `${"03".repeat(32)}\n`, [broken]: "hunter2" };
  server = await startSecretsManager({ secrets: { tokens: { versions }, "tokens/t-1": { versions } } });
  client = new SecretsManagerClient({ ...options, endpoint: server.url });
});
beforeEach(() => server.faults.clear());
afterAll(async () => {
  client.destroy();
  await server.close();
});

const key = (version: string, versionId: string, more: Partial<StoredTokenKey> = {}): StoredTokenKey => {
  return { version, secret: "tokens", versionId, ...more };
};
const tokenizerOf = (keys: readonly StoredTokenKey[], current = keys[0]!.version): Tokenizer =>
  createTokenizer({ keys: secretsManagerTokenKeys({ client, current, keys }), formats });
const fixed = (byte: number, current: string): Tokenizer =>
  createTokenizer({ keys: { current, versions: { [current]: secretOf(byte) } }, formats });

describe("token keys in Secrets Manager", () => {
  test("are the pinned versions of a secret, as bytes or hexadecimal, fetched once for all tokens", async () => {
    const before = server.calls.GetSecretValue ?? 0;
    const tokenizer = tokenizerOf([key("1", first), key("2", second), key("3", hex)], "2");
    for (const [byte, version] of [1, 2, 3].map((n) => [n, String(n)] as const)) {
      const request = { format: "card", tenant: "t-7", version };
      const [made, again] = await Promise.all([tokenizer.tokenize(card, request), tokenizer.tokenize(card, request)]);
      expect(made).toEqual(await fixed(byte, version).tokenize(card, request));
      expect(again).toEqual(made);
      expect(await tokenizer.detokenize(made.token, request)).toBe(card);
    }
    expect((await tokenizer.tokenize(card, { format: "card" })).version).toBe("2");
    expect(server.calls.GetSecretValue! - before).toBe(3);
  });

  test("are given up where the store does not answer, for all who wait", async () => {
    const keys = secretsManagerTokenKeys({ client, current: "1", keys: [key("1", first)], timeout: 50 });
    const tokenizer = createTokenizer({ keys, formats });
    server.faults.set({ latency: { ms: 60_000 } });
    await expect(tokenizer.tokenize(card, { format: "card" })).rejects.toMatchObject({
      ...{ code: "KEY_STORE_UNAVAILABLE", retryable: true },
    });
    server.faults.clear();
    expect((await tokenizer.tokenize(card, { format: "card" })).version).toBe("1");
  });

  test("may be a tenant's or a format's own, by ARN too", async () => {
    const arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:tokens/t-1-AbCdEf";
    const tokenizer = tokenizerOf([key("1", first), key("1", second, { secret: arn, tenant: "t-1" })]);
    for (const [tenant, byte] of [
      ["t-1", 2],
      ["t-2", 1],
    ] as const) {
      const request = { format: "card", tenant };
      expect(await tokenizer.tokenize(card, request)).toEqual(await fixed(byte, "1").tokenize(card, request));
    }
  });

  test.each([
    ["is not there", key("1", "f".repeat(32)), {}, { code: "KEY_STORE_UNAVAILABLE", retryable: false }],
    ["has no such name", key("1", first, { secret: "none" }), {}, { code: "KEY_STORE_UNAVAILABLE", retryable: false }],
    [
      "cannot be had now",
      key("1", first),
      { throttling: { next: 1 } },
      { code: "KEY_STORE_UNAVAILABLE", retryable: true },
    ],
    ["is no key", key("1", broken), {}, { code: "TOKEN_KEY_INVALID" }],
  ])("one that %s is an error without its value, and not kept", async (_, stored, faults, failure) => {
    server.faults.set(faults);
    const tokenizer = tokenizerOf([stored, key("2", second)]);
    const refused = expect(tokenizer.tokenize(card, { format: "card" })).rejects;
    await refused.toMatchObject({ ...failure, message: expect.not.stringContaining("hunter2") });
    if ("retryable" in failure && failure.retryable) {
      expect(await tokenizer.tokenize(card, { format: "card" })).toMatchObject({ version: "1" });
    }
    expect(await tokenizer.tokenize(card, { format: "card", version: "2" })).toMatchObject({ version: "2" });
  });

  test("are zeroed when the tokenizer is closed", async () => {
    const keys = secretsManagerTokenKeys({ client, current: "1", keys: [key("1", first)] });
    const opened = await keys.open("1", { tenant: "", format: "card" });
    expect(opened!.secret).toEqual(secretOf(1));
    createTokenizer({ keys, formats }).close();
    expect(opened!.secret).toEqual(secretOf(0));
  });

  test("never follow a stage that moves", () => {
    expect(() => secretsManagerTokenKeys({ client, current: "1", keys: [key("1", "AWSCURRENT")] })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });

  test.each([
    ["http://secrets.example", "tokens"],
    ["https://secrets.example", "arn:aws:secretsmanager:us-east-1:000000000000:secret:tokens-AbCdEf"],
  ])("are not fetched from %s as %s", async (endpoint, secret) => {
    const other = new SecretsManagerClient({ ...options, endpoint });
    const keys = secretsManagerTokenKeys({ client: other, current: "1", keys: [key("1", first, { secret })] });
    await expect(createTokenizer({ keys, formats }).tokenize(card, { format: "card" })).rejects.toMatchObject({
      code: "ENDPOINT_REFUSED",
    });
    other.destroy();
  });

  test("are not fetched from a plain endpoint of the environment", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://secrets.example");
    const other = new SecretsManagerClient(options);
    const keys = secretsManagerTokenKeys({ client: other, current: "1", keys: [key("1", first)] });
    const answer = createTokenizer({ keys, formats }).tokenize(card, { format: "card" });
    await expect(answer).rejects.toMatchObject({ code: "ENDPOINT_REFUSED" });
    other.destroy();
    vi.unstubAllEnvs();
  });

  test("stand in a configuration, for tokens and for a vault's root keys", async () => {
    const keys = { current: "2", versions: [key("1", first), key("2", second)] };
    const bin = { type: "pan", engine: "vault", keepFirst: 6 };
    const document = { version: 1, formats: { ...formats, bin }, keys, vault: { sqlite: "v.db", keys } };
    const config = parseTokenizerConfig(document);
    const open = (config: Parameters<typeof openTokenKeys>[0]["config"]) =>
      openTokenKeys({ config, folder: ".", secretsManager: (of) => secretsManagerTokenKeys({ client, ...of }) });
    const vault = createVault({ store: createMemoryStore(), keys: keySource(open(config.vault!)) });
    const tokenizer = createTokenizer({ formats: config.formats, keys: open(config), vault });
    for (const format of ["card", "bin"]) {
      const { token, version } = await tokenizer.tokenize(card, { format });
      expect(await tokenizer.detokenize(token, { format, version })).toBe(card);
    }
    expect(() => openTokenKeys({ config, folder: "." })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", pointer: "/keys/versions/0" }),
    );
    await vault.close();
  });
});
