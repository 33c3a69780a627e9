import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type KmsServer, startKms } from "@fieldseal/emulator";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as aws from "../../fixtures/aws-answers.ts";
import { customersPolicy, fieldseal, keygen, newFolder, type Outcome, writeJson } from "./run.ts";

let folder: string;
let kms: KmsServer;
let codeSha256: string;
let ring: Record<string, Record<string, string>>;

const everything = [
  ...["build", "--policy", "policy.json", "--private-key", "pii-1=keys/pii-1.private.pem"],
  ...["--function", "function.json", "--distribution", "distribution.json", "--role", "role.json"],
];
const doctor = (...words: string[]): Promise<Outcome> => fieldseal(folder, ["doctor", ...words]);
const failed = ({ stdout }: Outcome): string[] => {
  const { checks } = JSON.parse(stdout.toString()) as { checks: { check: string; ok: boolean; hint: string | null }[] };
  for (const { ok, hint } of checks) expect(hint === null).toBe(ok);
  return checks.filter(({ ok }) => !ok).map(({ check }) => check);
};

beforeAll(async () => {
  folder = newFolder();
  ring = await keygen(folder, "pii-1");
  writeJson(folder, "policy.json", customersPolicy(ring, "pii-1"));
  const { stdout } = await fieldseal(folder, ["bundle", "--policy", "policy.json", "--out", "build", "--json"]);
  ({ codeSha256 } = (JSON.parse(stdout.toString()) as { zip: { codeSha256: string } }).zip);
  writeJson(folder, "function.json", aws.getFunction(codeSha256));
  writeJson(folder, "distribution.json", aws.getDistributionConfig());
  writeJson(folder, "role.json", aws.getRole());
  kms = await startKms({ keys: [{ alias: "alias/pii", keySpec: "RSA_2048" }] });
});
afterAll(() => kms.close());

describe("doctor", () => {
  it("finds nothing wrong with a sound deployment, and says what it looked at", async () => {
    const { code, stdout, stderr } = await doctor(...everything);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "40 checks hold\n" });
    const lines = stdout.toString().trimEnd().split("\n");
    expect(lines[0]).toMatch(/^RESULT {2}CHECK +SUBJECT +FOUND$/);
    expect(lines.slice(1).every((line) => line.startsWith("ok "))).toBe(true);
    expect(lines.at(-1)).toMatch(/^ok +key-canary +pii-1 +sealed and opened$/);
  });

  it("exits 1 with the failed checks and what to do about each", async () => {
    writeJson(folder, "no-body.json", {
      ...aws.getDistributionConfig({ LambdaFunctionAssociations: aws.associations({ IncludeBody: false }) }),
    });
    const outcome = await doctor("--distribution", "no-body.json");
    expect(outcome.code).toBe(1);
    expect(outcome.stdout.toString()).toMatch(/^FAILED +behavior-body +default +not included$/m);
    expect(outcome.stderr).toMatch(/^behavior-body \(default\): set IncludeBody to true/m);
    expect(outcome.stderr).toMatch(/^error\[DEPLOYMENT_UNSOUND\]: 1 of 12 checks failed: behavior-body$/m);
    expect(failed(await doctor("--distribution", "no-body.json", "--json"))).toEqual(["behavior-body"]);
  });

  it("finds that the bundle does not write the hash that a function URL behind origin access control asks for", async () => {
    const { DistributionConfig, ...rest } = aws.getDistributionConfig() as { DistributionConfig: object };
    const url = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws";
    const bucket = aws.origin("images", "images.s3.us-east-1.amazonaws.com", "E1S3");
    const origins = (accessControl: string): void => {
      const Items = [aws.origin("api", url, accessControl), aws.origin("api-again", url), bucket];
      writeJson(folder, "url.json", {
        ...rest,
        DistributionConfig: { ...DistributionConfig, Origins: { Quantity: 3, Items } },
      });
    };
    const bundle = ["bundle", "--policy", "policy.json", "--origin-payload-hash", "x-amz-content-sha256"];
    await fieldseal(folder, [...bundle, "--out", "hashing"]);
    const given = ["--policy", "policy.json", "--distribution", "url.json", "--json"];
    origins("E1OAC");
    expect(failed(await doctor("build", ...given))).toEqual(["bundle-payload-hash"]);
    expect(failed(await doctor("hashing", ...given))).toEqual([]);
    origins("");
    expect(failed(await doctor("build", ...given))).toEqual([]);
  });

  it("finds that an origin has no key for the receipts that the bundle signs", async () => {
    const { DistributionConfig, ...rest } = aws.getDistributionConfig() as { DistributionConfig: object };
    const [name, key] = ["X-Receipt-Key", "k".repeat(32)];
    const origins = (...headers: readonly object[]): void => {
      const CustomHeaders = { Quantity: headers.length, Items: headers };
      const Items = ["api", "api-again"].map((id) => ({ ...aws.origin(id, "origin.shop.example.com"), CustomHeaders }));
      const DistributionWithKey = { ...DistributionConfig, Origins: { Quantity: 2, Items } };
      writeJson(folder, "keyed.json", { ...rest, DistributionConfig: DistributionWithKey });
    };
    const bundle = ["bundle", "--policy", "policy.json", "--receipt-key-header", "x-receipt-key", "--out", "signing"];
    await fieldseal(folder, bundle);
    const given = ["--policy", "policy.json", "--distribution", "keyed.json", "--json"];
    origins();
    expect(failed(await doctor("signing", ...given))).toContain("bundle-receipt-key");
    expect(failed(await doctor("build", ...given))).not.toContain("bundle-receipt-key");
    origins({ HeaderName: name, HeaderValue: key.slice(1) });
    expect(failed(await doctor("signing", ...given))).toContain("bundle-receipt-key");
    origins({ HeaderName: name, HeaderValue: key });
    const found = await doctor("signing", ...given);
    expect(failed(found)).not.toContain("bundle-receipt-key");
    expect(found.stdout.toString()).not.toContain(key);
  });

  it("finds another zip than the one deployed", async () => {
    writeJson(folder, "other.json", aws.getFunction(Buffer.alloc(32).toString("base64")));
    expect(failed(await doctor("build", "--function", "other.json", "--json"))).toEqual(["bundle-hash"]);
  });

  it("finds a bundle of another policy", async () => {
    const policy = { ...customersPolicy(ring, "pii-1"), onUnmatched: "forward" };
    writeJson(folder, "changed.json", policy);
    expect(failed(await doctor("build", "--policy", "changed.json", "--json"))).toEqual(["bundle-policy"]);
  });

  it("finds a bundle that protects nothing", async () => {
    const words = ["--policy", "policy.json", "--out", "shadow", "--mode", "shadow"];
    expect((await fieldseal(folder, ["bundle", ...words])).stderr).toMatch(
      /^warning: in shadow mode nothing is protected/,
    );
    expect(failed(await doctor("shadow", "--policy", "policy.json", "--json"))).toEqual(["bundle-mode"]);
  });

  it("finds more files than the module, a private key, and a zip that `bundle` did not write", async () => {
    const module = readFileSync(path.join(folder, "build/index.mjs"));
    const key = readFileSync(path.join(folder, "keys/pii-1.private.pem"));
    writeFileSync(path.join(folder, "two.zip"), zipSync({ "index.mjs": module, "key.pem": key }));
    expect(failed(await doctor("two.zip", "--json"))).toEqual(["bundle-files", "bundle-secrets"]);
    writeFileSync(path.join(folder, "foreign.zip"), zipSync({ "index.mjs": Buffer.from("export {}") }));
    expect(failed(await doctor("foreign.zip", "--json"))).toEqual(["bundle-policy-inside"]);
    expect((await doctor("policy.json")).stderr).toMatch(/^error\[CONFIG_INVALID\]/);
  });

  it("finds a package that is too large for its event", async () => {
    const module = readFileSync(path.join(folder, "build/index.mjs"));
    const padded = Buffer.concat([module, Buffer.from("/*"), Buffer.alloc(1024 * 1024, 0x20), Buffer.from("*/")]);
    writeFileSync(path.join(folder, "large.zip"), zipSync({ "index.mjs": padded }, { level: 0 }));
    expect(failed(await doctor("large.zip", "--json"))).toEqual([]);
    expect(failed(await doctor("large.zip", "--event", "viewer-request", "--json"))).toEqual(["bundle-size"]);
  });

  it("finds a private key that is not the public key's other half", async () => {
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    writeFileSync(path.join(folder, "other.pem"), other.export({ format: "pem", type: "pkcs8" }));
    const outcome = await doctor("--policy", "policy.json", "--private-key", "pii-1=other.pem", "--json");
    expect(failed(outcome)).toEqual(["key-canary"]);
    expect(outcome.stdout.toString()).toContain("DECRYPTION_FAILED");
  });

  it("says which file is not what it should be, and what a zip and a key should be", async () => {
    writeJson(folder, "list.json", []);
    for (const option of ["--function", "--distribution", "--role"]) {
      const { code, stderr } = await doctor(option, "list.json");
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^error\[CONFIG_INVALID\]: list\.json:1:1: .*\nhint: /),
      ]);
    }
    expect((await doctor("policy.json")).stderr).toMatch(/\nhint: .*function\.zip/);
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    writeFileSync(path.join(folder, "ec.pem"), other.export({ format: "pem", type: "pkcs8" }));
    const { stderr } = await doctor("--policy", "policy.json", "--private-key", "pii-1=ec.pem");
    expect(stderr).toMatch(/^key-canary \(pii-1\): the private key is not the half/);
  });

  it.each([
    [[]],
    [["--policy", "policy.json"]],
    [["--kms"]],
    [["build", "--kms", "--policy", "policy.json", "--private-key", "pii-1=keys/pii-1.private.pem"]],
    [["build", "--region", "us-east-1"]],
    [["--policy", "policy.json", "--private-key", "pii-2=keys/pii-1.private.pem"]],
    [["build", "--event", "origin-response"]],
  ])("answers %j with wrong usage", async (words) => {
    const { code, stderr } = await doctor(...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error\[USAGE_INVALID\]/);
  });
});

describe("with KMS", () => {
  const local = (): string[] => ["--endpoint", kms.url];
  const policyFile = async (name: string, change: Record<string, string> = {}): Promise<string> => {
    const out = `${name}.key.json`;
    await fieldseal(folder, ["pull-key", "--key-id", "alias/pii", "--kid", "k", "--out", out, ...local()]);
    const { k } = JSON.parse(readFileSync(path.join(folder, out), "utf8")) as { k: Record<string, string> };
    const { fingerprint: _, ...entry } = k;
    return writeJson(folder, `${name}.json`, customersPolicy({ k: { ...entry, ...change } }, "k"));
  };
  const bundle = (policy: string): Promise<Outcome> => {
    const words = ["bundle", "--policy", policy, "--out", "verified", "--development", "--verify-kms", ...local()];
    return fieldseal(folder, words);
  };

  it("doctor seals and opens a canary under every key, retired ones included", async () => {
    for (const policy of [await policyFile("kms"), await policyFile("retired", { status: "decrypt-only" })]) {
      const document = JSON.parse(readFileSync(path.join(folder, policy), "utf8")) as Record<string, never>;
      const retired = policy === "retired.json" ? { ...document, routes: [{ path: "/", fields: [] }] } : document;
      kms.resetCalls();
      const outcome = await doctor("--policy", writeJson(folder, "canary.json", retired), "--kms", ...local());
      expect(outcome.stdout.toString()).toMatch(/^ok +key-canary +k +sealed and opened$/m);
      expect([outcome.code, kms.calls]).toEqual([0, { Decrypt: 1 }]);
    }
  });

  it("doctor tells a caller without rights, and a key without an ARN", async () => {
    const policy = await policyFile("denied");
    kms.faults.set({ accessDenied: {} });
    const denied = await doctor("--policy", policy, "--kms", "--json", ...local());
    kms.faults.clear();
    expect(failed(denied)).toEqual(["key-canary"]);
    expect(denied.stdout.toString()).toContain("KMS_ACCESS_DENIED");
    expect(failed(await doctor("--policy", "policy.json", "--kms", "--json", ...local()))).toEqual(["key-canary"]);
  });

  it("bundle --verify-kms writes where KMS has the policy's keys, and only there", async () => {
    const sound = await bundle(await policyFile("sound"));
    expect(sound.code).toBe(0);
    expect(sound.stderr).toMatch(/^KMS has the public keys of k$/m);
    const { publicKey } = ring["pii-1"]!;
    const swapped = await bundle(await policyFile("swapped", { publicKey: publicKey! }));
    expect([swapped.code, swapped.stdout.length]).toEqual([1, 0]);
    expect(swapped.stderr).toMatch(/^error\[KMS_KEY_MISMATCH\]/);
    const unnamed = await fieldseal(folder, ["bundle", "--policy", "policy.json", "--out", "v", "--verify-kms"]);
    expect(unnamed.stderr).toMatch(/^error\[KMS_KEY_MISMATCH\]/);
  });

  it("bundle --verify-kms tells a key that is disabled or gone", async () => {
    const policy = await policyFile("disabled");
    kms.setKeyState(kms.keys()[0]!.id, "Disabled");
    const outcome = await bundle(policy);
    kms.setKeyState(kms.keys()[0]!.id, "Enabled");
    expect(outcome.stderr).toMatch(/^error\[KMS_KEY_UNUSABLE\]/);
  });
});
