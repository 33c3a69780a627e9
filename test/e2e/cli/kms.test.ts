import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { type KmsServer, startKms } from "@fieldseal/emulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { customersPolicy, fieldseal, keygen, newFolder, type Outcome, writeJson } from "./run.ts";

let folder: string;
let kms: KmsServer;
const json = ["--content-type", "application/json"];
const context = ["--context", "tenant=acme"];

const pull = (id: string, kid: string, ...more: string[]): Promise<Outcome> => {
  return fieldseal(folder, [
    "pull-key",
    "--key-id",
    id,
    "--endpoint",
    kms.url,
    "--kid",
    kid,
    "--out",
    `${kid}.json`,
    ...more,
  ]);
};
const pulled = (kid: string): Record<string, Record<string, string>> => {
  return JSON.parse(readFileSync(path.join(folder, `${kid}.json`), "utf8")) as Record<string, Record<string, string>>;
};

beforeAll(async () => {
  folder = newFolder();
  kms = await startKms({
    keys: [
      { alias: "alias/pii", keySpec: "RSA_2048" },
      { alias: "alias/pci", keySpec: "RSA_3072" },
      { alias: "alias/mac", keySpec: "HMAC_256" },
    ],
  });
});
afterAll(() => kms.close());

describe("pull-key", () => {
  it("writes the entry that pastes into the policy's keys, and the spec to stderr", async () => {
    const { code, stdout, stderr } = await pull("alias/pii", "pii-1");
    expect([code, stdout.length]).toEqual([0, 0]);
    expect(stderr).toContain("RSA_2048");
    const entry = pulled("pii-1")["pii-1"]!;
    expect(Object.keys(entry)).toEqual(["alg", "publicKey", "kms", "fingerprint"]);
    expect(entry).toMatchObject({ alg: "RSA-OAEP-256", kms: kms.keys()[0]!.arn });
    expect(entry.publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(stderr).toContain(entry.fingerprint);
  });

  it("leaves the same entry alone, and replaces another one only by --force", async () => {
    expect((await pull("alias/pci", "again")).code).toBe(0);
    expect((await pull("alias/pci", "again")).code).toBe(0);
    const other = await pull("alias/pii", "again");
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/^error\[FILE_EXISTS\]: .*\nhint: .*--force/);
    expect((await pull("alias/pii", "again", "--force")).code).toBe(0);
    expect(pulled("again").again!.kms).toBe(kms.keys()[0]!.arn);
  });

  it.each([
    ["a key that wraps nothing", "alias/mac"],
    ["a key that does not exist", "alias/nobody"],
  ])("answers KMS_KEY_UNUSABLE for %s", async (_, id) => {
    const { code, stderr } = await pull(id, "none");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[KMS_KEY_UNUSABLE\]/);
  });

  it.each([
    ["credentials", { AWS_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true" }, "KMS_ACCESS_DENIED", "--profile"],
    ["a Region", { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" }, "KMS_UNAVAILABLE", "--region"],
  ])("says that %s are missing, as KMS was not asked", async (_, env, code, option) => {
    const args = ["pull-key", "--key-id", "alias/pii", "--kid", "none", "--out", "none.json"];
    const { stderr } = await fieldseal(folder, args, "", { HOME: folder, ...env });
    expect(stderr).toMatch(new RegExp(`^error\\[${code}\\]: KMS was not asked.*\nhint: .*${option}`));
  });

  it("gives a KMS that takes the request and never answers up after 10 s", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const args = ["pull-key", "--key-id", "k", "--kid", "a", "--out", "silent.json", "--endpoint", url];
    const { code, stderr } = await fieldseal(folder, args, "", { AWS_MAX_ATTEMPTS: "1" });
    silent.closeAllConnections();
    silent.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[KMS_UNAVAILABLE\]: .*ETIMEDOUT/);
  });

  it("refuses http: off the loopback interface, before any call", async () => {
    const args = [
      "pull-key",
      "--key-id",
      "alias/pii",
      "--kid",
      "a",
      "--out",
      "a.json",
      "--endpoint",
      "http://kms.example.com",
    ];
    const { code, stderr } = await fieldseal(folder, args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[KMS_ENDPOINT_REFUSED\]/);
    const fromEnvironment = await fieldseal(folder, args.slice(0, -2), "", {
      AWS_ENDPOINT_URL_KMS: "http://kms.example.com",
    });
    expect(fromEnvironment.stderr).toMatch(/^error\[KMS_ENDPOINT_REFUSED\]/);
  });

  it("refuses a key that serves other algorithms, and warns where KMS does not say", async () => {
    const { publicKey, kms: KeyId } = pulled("pii-1")["pii-1"]!;
    const PublicKey = publicKey!.replace(/-----.*-----|\n/g, "");
    const answers = [
      { KeyId, PublicKey, KeyUsage: "ENCRYPT_DECRYPT", EncryptionAlgorithms: ["RSAES_OAEP_SHA_1"] },
      { KeyId, PublicKey, KeyUsage: "SIGN_VERIFY", SigningAlgorithms: ["RSASSA_PSS_SHA_256"] },
      { KeyId, PublicKey },
    ];
    const outcomes: Outcome[] = [];
    for (const [index, answer] of answers.entries()) {
      const server = createServer((_, response) => response.end(JSON.stringify(answer)));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const args = ["pull-key", "--key-id", "k", "--kid", "b", "--out", `b${index}.json`, "--endpoint", url];
      outcomes.push(await fieldseal(folder, args));
      server.close();
    }
    expect(outcomes.map(({ code }) => code)).toEqual([1, 1, 0]);
    for (const { stderr } of outcomes.slice(0, 2)) expect(stderr).toMatch(/^error\[KMS_KEY_UNUSABLE\]/);
    expect(outcomes[2]!.stderr.match(/^warning: /gm)).toHaveLength(2);
  });
});

describe("decrypt --kms", () => {
  const decrypt = ["decrypt", "--kms", "--policy", "kms.json", ...json, ...context];
  const body = '{"ssn":"078-05-1120","payments":[{"card":{"number":1}},{"card":{"number":2}}],"deep":{"ssn":"x"}}';
  let sealed: Buffer;

  beforeAll(async () => {
    await pull("alias/pii", "pii-2");
    await pull("alias/pci", "pci-2");
    const policy = customersPolicy({ ...pulled("pii-2"), ...pulled("pci-2") }, "pii-2");
    (policy.routes as { fields: { key: string }[] }[])[0]!.fields[1]!.key = "pci-2";
    writeJson(folder, "kms.json", policy);
    const args = ["encrypt", "--policy", "kms.json", "--path", "/v1/customers", ...json, ...context];
    sealed = (await fieldseal(folder, args, body)).stdout;
  });

  it("opens through KMS with one call for each data key, however many fields share it", async () => {
    kms.resetCalls();
    const { code, stdout, stderr } = await fieldseal(folder, [...decrypt, "--endpoint", kms.url], sealed);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.toString()).toBe(body);
    expect(kms.calls).toEqual({ Decrypt: 2 });
  });

  it("makes as few calls for envelopes in any text", async () => {
    kms.resetCalls();
    const args = ["decrypt", "--kms", "--policy", "kms.json", ...context, "--endpoint", kms.url];
    expect((await fieldseal(folder, args, sealed)).code).toBe(0);
    expect(kms.calls).toEqual({ Decrypt: 2 });
  });

  it("says that the policy names no key in KMS", async () => {
    const policy = customersPolicy(await keygen(folder, "local-1"), "local-1");
    writeJson(folder, "local.json", policy);
    const { code, stderr } = await fieldseal(folder, ["decrypt", "--kms", "--policy", "local.json"], "{}");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[KEY_UNKNOWN\]: .*"kms" is its ARN\nhint: .*pull-key/);
  });

  it("asks nothing of KMS for a misplaced envelope", async () => {
    kms.resetCalls();
    const [ssn] = /fs1\.r\.pii-2\.ssn\.[^"]*/.exec(sealed.toString())!;
    const { stderr } = await fieldseal(folder, [...decrypt, "--endpoint", kms.url], `{"note":"${ssn}"}`);
    expect(stderr).toMatch(/^error\[ENVELOPE_MISPLACED\]/);
    expect(kms.calls).toEqual({});
  });

  it("refuses an emulator's key anywhere else than on this machine", async () => {
    const { code, stderr } = await fieldseal(folder, decrypt, sealed, {
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[KMS_ENDPOINT_REFUSED\]/);
  });

  it("says what to do about a key that KMS does not have, and about KMS that is not there", async () => {
    const policy = JSON.parse(readFileSync(path.join(folder, "kms.json"), "utf8")) as {
      keys: Record<string, { kms: string }>;
    };
    for (const key of Object.values(policy.keys)) key.kms = key.kms.replace(/[^/]*$/, randomUUID());
    writeJson(folder, "elsewhere.json", policy);
    const words = ["decrypt", "--kms", "--policy", "elsewhere.json", ...json, ...context, "--endpoint"];
    const absent = await fieldseal(folder, [...words, kms.url], sealed);
    expect(absent.stderr).toMatch(/^error\[KMS_KEY_UNUSABLE\].*NotFoundException\nhint: .*ARN/);
    const away = await fieldseal(folder, [...words, "http://127.0.0.1:9"], sealed, { AWS_MAX_ATTEMPTS: "1" });
    expect(away.stderr).toMatch(/^error\[KMS_UNAVAILABLE\].*\nhint: .*endpoint/);
  });

  it.each([
    ["accessDenied", "KMS_ACCESS_DENIED"],
    ["serverError", "KMS_UNAVAILABLE"],
  ] as const)("tells %s as %s, with nothing on stdout", async (kind, code) => {
    kms.faults.set({ [kind]: {} });
    const outcome = await fieldseal(folder, [...decrypt, "--endpoint", kms.url], sealed);
    kms.faults.clear();
    expect([outcome.code, outcome.stdout.length]).toEqual([1, 0]);
    expect(outcome.stderr).toMatch(new RegExp(`^error\\[${code}\\]`));
  });
});
