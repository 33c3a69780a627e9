import { execFile, execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { originRequestEvent } from "@fieldseal/emulator";
import type { CloudFrontRequest } from "aws-lambda";
import { unzipSync } from "fflate";
import { beforeAll, describe, expect, it } from "vitest";
import { root } from "../../repo/workspace.ts";
import { customersPolicy, fieldseal, keygen, newFolder, type Outcome, writeJson } from "./run.ts";

// What the runtime may weigh, without the policy. Raise it only with its reason:
// 40 KB for JSON and forms; 15 KB for NDJSON, multipart, XML and text; 10 KB for query, headers, cookies, receipts, path
// folding and content codings; 5 KB for the actions, formats, key reuse and filters; 3 KB for JSON within strings; 2 KB
// for every action and format in query, headers and cookies; 1 KB for strings scanned four bytes a step and for what is
// prepared once; 1 KB for names, cookies and paths that parsers of origins read in another way than they are written. The
// build leaves messages out.
const runtimeCeilingBytes = 77 * 1024;

let folder: string;
let ring: Record<string, Record<string, string>>;
let report: { module: { bytes: number }; zip: { bytes: number; sha256: string; codeSha256: string } };
const file = (name: string): Buffer => readFileSync(path.join(folder, name));

const bundle = (policy: unknown, ...more: string[]): Promise<Outcome> => {
  return fieldseal(folder, [
    "bundle",
    "--policy",
    writeJson(folder, "p.json", policy),
    "--out",
    "other",
    "--json",
    ...more,
  ]);
};

beforeAll(async () => {
  folder = newFolder();
  ring = await keygen(folder, "pii-1");
  writeJson(folder, "policy.json", customersPolicy(ring, "pii-1"));
  const { stdout } = await fieldseal(folder, ["bundle", "--policy", "policy.json", "--out", "out", "--json"]);
  report = JSON.parse(stdout.toString()) as typeof report;
});

describe("bundle", () => {
  it("reports the sizes and the hash of what it wrote", () => {
    const zip = file("out/function.zip");
    const digest = createHash("sha256").update(zip).digest();
    expect(report.zip).toMatchObject({ bytes: zip.length, sha256: digest.toString("hex") });
    expect(report.zip.codeSha256).toBe(digest.toString("base64"));
    expect(report.module.bytes).toBe(file("out/index.mjs").length);
  });

  it("zips index.mjs and nothing else", () => {
    const files = unzipSync(file("out/function.zip"));
    expect(Object.keys(files)).toEqual(["index.mjs"]);
    expect(Buffer.from(files["index.mjs"]!).equals(file("out/index.mjs"))).toBe(true);
  });

  it("stays below its ceiling", () => {
    const text = file("out/index.mjs");
    expect(text.length - text.indexOf("\n")).toBeLessThan(runtimeCeilingBytes);
  });

  it("holds no AWS SDK, no decryption, no file access, no policy parser", () => {
    const text = file("out/index.mjs").toString();
    expect(text).toContain("createCipheriv");
    const foreign =
      /createDecipheriv|privateDecrypt|client-kms|@aws-sdk|@fieldseal|node:fs|process\.env|unknown property/;
    expect(foreign.exec(text)).toBeNull();
    const imported = [...text.matchAll(/\bfrom\s*"([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(imported)).toEqual(new Set(["node:crypto", "node:buffer"]));
  });

  it.each(["America/New_York", "Asia/Tokyo"])("writes the same bytes again in %s", async (TZ) => {
    await fieldseal(folder, ["bundle", "--policy", "policy.json", "--out", "again"], "", { TZ });
    expect(file("again/function.zip").equals(file("out/function.zip"))).toBe(true);
  });

  it.each(["node_modules/node22/bin/node", "node_modules/node/bin/node"])("runs unzipped on %s", async (node) => {
    mkdirSync(path.join(folder, "unzipped"), { recursive: true });
    writeFileSync(path.join(folder, "unzipped/index.mjs"), unzipSync(file("out/function.zip"))["index.mjs"]!);
    const body = '{"id":1.0,"ssn":"078-05-1120"}';
    const headers = { "content-type": "application/json", "x-tenant-id": "acme" };
    const event = originRequestEvent({ uri: "/v1/customers/7", headers, body });
    const script = `
      const { handler } = await import(${JSON.stringify(path.join(folder, "unzipped/index.mjs"))});
      const result = await handler(${JSON.stringify(event)});
      console.log(Buffer.from(result.body.data, "base64").toString());`;
    const run = promisify(execFile);
    const { stdout } = await run(path.join(root, node), ["--input-type=module", "-e", script]);
    expect(stdout).toMatch(/^\{"id":1\.0,"ssn":"fs1\.r\.pii-1\.ssn\./);
    const decrypt = ["decrypt", "--private-key", "pii-1=keys/pii-1.private.pem", "--policy", "policy.json"];
    const opened = await fieldseal(
      folder,
      [...decrypt, "--content-type", "application/json", "--context", "tenant=acme"],
      stdout.trimEnd(),
    );
    expect(opened.stdout.toString()).toBe(body);
  });

  it("hands its options to the handler", async () => {
    const options = ["--origin-payload-hash", "x-amz-content-sha256", "--body-digests", "recompute"];
    const run = async (out: string, ...more: string[]): Promise<CloudFrontRequest> => {
      await fieldseal(folder, ["bundle", "--policy", "policy.json", "--out", out, ...more]);
      const headers = { "content-type": "application/json", "x-tenant-id": "acme" };
      const event = originRequestEvent({ uri: "/v1/customers/7", headers, body: '{"ssn":"078-05-1120"}' });
      const script = `
        const { handler } = await import(${JSON.stringify(path.join(folder, out, "index.mjs"))});
        console.log = () => {};
        process.stdout.write(JSON.stringify(await handler(${JSON.stringify(event)})));`;
      const stdout = execFileSync(process.execPath, ["--input-type=module", "-e", script], { stdio: "pipe" });
      return JSON.parse(stdout.toString()) as CloudFrontRequest;
    };
    const enforced = await run("hash", ...options);
    const digest = createHash("sha256").update(Buffer.from(enforced.body!.data, "base64")).digest("hex");
    expect(enforced.headers["x-amz-content-sha256"]).toMatchObject([{ value: digest }]);
    const shadow = await run("shadow", "--mode", "shadow");
    expect(shadow.body?.action ?? "read-only").toBe("read-only");
  });

  it("logs requests as it was told", async () => {
    const options = ["--policy", "policy.json", "--out", "logging", "--request-log", "emf"];
    await fieldseal(folder, ["bundle", ...options]);
    const headers = { "content-type": "application/json", "x-tenant-id": "acme" };
    const event = originRequestEvent({ uri: "/v1/customers/7", headers, body: '{"ssn":"078-05-1120"}' });
    const script = `
      const { handler } = await import(${JSON.stringify(path.join(folder, "logging/index.mjs"))});
      await handler(${JSON.stringify(event)});`;
    const stdout = execFileSync(process.execPath, ["--input-type=module", "-e", script], { stdio: "pipe" });
    expect(JSON.parse(stdout.toString())).toMatchObject({ outcome: "SEALED", Requests: 1, Fields: 1 });
  });

  it("refuses with the same answers as the policy it was made of", async () => {
    const headers = { "content-type": "application/json" };
    const event = originRequestEvent({ uri: "/v1/customers/7", headers, body: '{"SSN":"078-05-1120"}' });
    const script = `
      const { handler } = await import(${JSON.stringify(path.join(folder, "out/index.mjs"))});
      console.log((await handler(${JSON.stringify(event)})).status);`;
    const stdout = execFileSync(process.execPath, ["--input-type=module", "-e", script], { stdio: "pipe" });
    expect(stdout.toString()).toBe("400\n");
  });

  it("carries every kind of rule and context there is", async () => {
    const policy = customersPolicy(ring, "pii-1");
    const [route] = policy.routes as Record<string, unknown>[];
    const under = { action: "encrypt", key: "pii-1" };
    Object.assign(route!, {
      path: "/v1/{customer}/*",
      context: { id: { select: "$.id" }, customer: { pathParam: "customer" } },
      fields: [
        { name: "a", select: "$.a[1:]", required: true, ...under, pad: 64 },
        { name: "b", select: "$.b[-1]['x', \"__proto__\"]", ...under, dataKey: "field" },
        { name: "c", select: "$..c[::2].*", ...under, format: "direct", prefix: "#E1#", suffix: "#1E#" },
        { name: "d", select: "$.d", action: "mask", keepLast: 4 },
        { name: "e", select: "$.e", action: "round", decimals: 2 },
        { name: "f", select: "$.f", action: "remove" },
      ],
      limits: { maxFields: 3 },
      mediaTypes: ["application/json"],
      onNameVariant: "select",
    });
    const { code, stderr } = await bundle(policy);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

describe("bundle refuses", () => {
  const pem = (): string =>
    generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "pem", type: "pkcs8" }).toString();

  it.each([
    ["a private key in PEM", () => pem()],
    ["a private key without its PEM lines", () => pem().replace(/-----.*-----|\n/g, "")],
    ["a symmetric key in base64", () => randomBytes(32).toString("base64")],
    ["a symmetric key in hexadecimal", () => randomBytes(32).toString("hex")],
  ])("%s, and writes nothing", async (_, text) => {
    const secret = text();
    const { code, stdout, stderr } = await bundle(
      customersPolicy({ "pii-1": { ...ring["pii-1"], publicKey: secret } }, "pii-1"),
    );
    expect([code, stdout.length]).toEqual([1, 0]);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: "SECRET_KEY_REFUSED", pointer: "/keys/pii-1/publicKey" },
    });
    expect(stderr).not.toContain(secret.slice(40, 60));
  });

  it("a private key that hides elsewhere in the policy", async () => {
    const { stderr } = await bundle({ ...customersPolicy(ring, "pii-1"), note: { kty: "RSA", n: "x", d: "y" } });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "SECRET_KEY_REFUSED", pointer: "/note/d" } });
  });

  it("keys of an emulator, unless --development", async () => {
    const kms = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const policy = customersPolicy({ "pii-1": { ...ring["pii-1"], kms } }, "pii-1");
    const refused = await bundle(policy);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: "DEVELOPMENT_KEY_REFUSED", kid: "pii-1" } });
    expect((await bundle(policy, "--development")).code).toBe(0);
  });

  it.each(["bad header", "x-amz-key", "Host", "X-Fieldseal"])(
    "refuses %j for the key of receipts, which CloudFront adds to no request",
    async (name) => {
      const words = ["bundle", "--policy", "policy.json", "--out", "never", "--receipt-key-header", name];
      const { code, stderr } = await fieldseal(folder, words);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^error\[USAGE_INVALID\]: --receipt-key-header expects /);
    },
  );
});
