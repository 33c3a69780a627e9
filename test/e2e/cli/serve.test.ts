import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { verifyAuditFile } from "@fieldseal/decrypt/audit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type PostgresServer,
  postgresPrograms,
  startPostgres,
} from "../../../packages/tokenizer/src/vault/start-postgres.fixture.ts";
import { createIssuer, type Issuer } from "../../fixtures/issuer.ts";
import { customer, places, type ShopKms, sealed, startShopKms } from "../../fixtures/shop.ts";
import { fieldseal, newFolder, program, writeJson } from "./run.ts";
import { type DynamodbServer, startDynamodb } from "./start-dynamodb.ts";

const card = "4111 1111 1111 1111";
const credentials = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
const context = { tenant: { claim: "tenant" } };
const rulesFor = (fields: object): object => ({ rules: [{ principal: "role:shop", context, fields }] });
const vaultKeys = { current: "v1", versions: [{ version: "v1", file: "vault.key" }] };
const tokenizerOf = (vault: object): object => ({
  version: 1,
  formats: { card: { type: "pan", keepLast: 4 }, bin: { type: "pan", engine: "vault", keepFirst: 6, keepLast: 4 } },
  keys: { current: "1", versions: [{ version: "1", file: "tokens.key" }] },
  vault: { ...vault, keys: vaultKeys },
  access: rulesFor({ "*": "full" }),
});

let issuer: Issuer;
let shop: ShopKms;
let dynamodb: DynamodbServer;
let postgres: PostgresServer | undefined;
let folder: string;
let children: ChildProcess[] = [];

beforeAll(async () => {
  issuer = await createIssuer();
  shop = await startShopKms();
  dynamodb = await startDynamodb();
  if (postgresPrograms !== undefined) postgres = await startPostgres();
  folder = newFolder();
  writeJson(folder, "jwks.json", issuer.keySet);
  writeFileSync(path.join(folder, "tokens.key"), "07".repeat(32));
  writeJson(folder, "tokenizer.json", tokenizerOf({ sqlite: "vault.db" }));
  expect((await fieldseal(folder, ["vault", "init", "--config", "tokenizer.json"])).code).toBe(0);
}, 60_000);
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
});
afterAll(async () => {
  await shop.close();
  await dynamodb.close();
  await postgres?.stop();
});

const sharedSections = (name: string): object => ({
  listen: { port: 0 },
  kms: { region: shop.kms.region, endpoint: shop.kms.url },
  authentication: {
    issuer: issuer.name,
    audience: "decrypt",
    algorithms: ["ES256"],
    keySet: { file: "jwks.json" },
    principal: { claim: "role", prefix: "role:" },
  },
  audit: { file: `${name}.jsonl`, fsync: false },
});
const decrypting = (): object => ({
  keys: { "pii-1": { kms: shop.pii, alg: "RSA-OAEP-256" } },
  expect: { fields: places },
  access: rulesFor({ ssn: "full" }),
  context,
});

interface Served {
  readonly url: string;
  readonly errors: () => string;
  /** Ends it by a signal; the answer is its exit code. */
  stop(): Promise<number | null>;
}
async function serve(config: string, env: Readonly<Record<string, string>> = {}): Promise<Served> {
  const child = spawn(process.execPath, [program, "serve", "--config", config, "--json"], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...credentials, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let errors = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    let out = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      if (out.endsWith("\n")) resolve((JSON.parse(out) as { url: string }).url);
    });
    void ended.then((code) => reject(new Error(`ended with ${code}: ${errors}`)));
  });
  const stop = (): Promise<number | null> => {
    child.kill("SIGTERM");
    return ended;
  };
  return { url, errors: () => errors, stop };
}
async function post({ url }: Served, route: string, body: unknown, tenant = "t-1") {
  const response = await fetch(`${url}/v1/${route}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${await issuer.token({ role: "shop", tenant })}`,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Record<string, never> };
}
const ready = async ({ url }: Served): Promise<unknown> => (await fetch(`${url}/ready`)).json();
const tokenRoute = (served: Served) => post(served, "tokenize", { value: card, format: "card" });
const decryptRoute = async (served: Served) =>
  post(served, "decrypt", Buffer.from(await sealed(customer, "t-1")).toString());

describe("serve", () => {
  it.runIf(postgresPrograms !== undefined)("counts rates in a table that its processes share", async () => {
    const configuration = {
      ...decrypting(),
      rateLimit: { burst: 5, perSecond: 1 },
      rateStore: { postgres: { urlEnv: "RATES" } },
    };
    for (const name of ["rates-1", "rates-2"]) {
      writeJson(folder, `${name}.json`, { ...sharedSections(name), ...configuration });
    }
    const env = { RATES: `postgres://postgres@/postgres?host=${postgres!.host}` };
    const both = await Promise.all([serve("rates-1.json", env), serve("rates-2.json", env)]);
    expect(await ready(both[0])).toMatchObject({ checks: { rates: "ok" } });
    const from = performance.now();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => decryptRoute(both[n % 2]!)));
    const opened = answers.filter(({ status }) => status === 200).length;
    expect(opened).toBeGreaterThanOrEqual(5);
    expect(opened).toBeLessThanOrEqual(5 + Math.ceil((performance.now() - from) / 1000));
    expect(answers.filter(({ status }) => status !== 200)).toContainEqual(
      expect.objectContaining({ status: 429, json: expect.objectContaining({ code: "RATE_LIMITED" }) }),
    );
    for (const served of both) expect(await served.stop()).toBe(0);
    const away = { RATES: "postgres://postgres@127.0.0.1:1/postgres" };
    const failed = await serve("rates-1.json", away).then(String, (error: Error) => error.message);
    expect(failed).toContain("RATE_STORE_UNAVAILABLE");
  });

  it("has nothing but its trail on stdout, where that is to be there", async () => {
    writeJson(folder, "told.json", { ...sharedSections("told"), ...decrypting(), audit: { stdout: true } });
    const child = spawn(process.execPath, [program, "serve", "--config", "told.json", "--json"], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...credentials },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    let lines = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => {
      lines += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk;
    });
    await expect.poll(() => errors, { timeout: 20_000 }).toMatch(/\n$/);
    const { url } = JSON.parse(errors) as { url: string };
    expect(await decryptRoute({ url } as Served)).toMatchObject({ status: 200 });
    child.kill("SIGTERM");
    await new Promise((resolve) => child.once("close", resolve));
    writeFileSync(path.join(folder, "told.jsonl"), lines);
    expect(await verifyAuditFile(path.join(folder, "told.jsonl"))).toMatchObject({ ok: true, events: 3 });
  });

  it("decrypts alone", async () => {
    writeJson(folder, "decrypt.json", { ...sharedSections("decrypt"), ...decrypting() });
    const served = await serve("decrypt.json");
    expect(await ready(served)).toEqual({ checks: { kms: "ok", keys: "ok", audit: "ok" } });
    expect(await decryptRoute(served)).toMatchObject({ status: 200, json: { ssn: customer.ssn } });
    expect(await tokenRoute(served)).toMatchObject({ status: 404, json: { code: "RESOURCE_UNKNOWN" } });
    expect(await served.stop()).toBe(0);
  });

  it.each([
    ["in a file", { file: "tokenizer.json" }],
    ["in its own configuration", { config: tokenizerOf({ sqlite: "vault.db" }) }],
  ])("tokenizes alone, with the tokenizer's configuration %s", async (_, tokenizer) => {
    writeJson(folder, "tokens.json", {
      ...sharedSections("tokens"),
      tokenizer: { ...tokenizer, tenant: { claim: "tenant" } },
    });
    const served = await serve("tokens.json");
    expect(await ready(served)).toEqual({ checks: { "token-keys": "ok", vault: "ok", audit: "ok" } });
    expect(await decryptRoute(served)).toMatchObject({ status: 404, json: { code: "RESOURCE_UNKNOWN" } });
    const items = ["card", "bin", "none"].map((format) => ({ value: card, format }));
    const { json } = await post(served, "tokenize-batch", { items });
    expect(json).toEqual({
      results: [
        { token: expect.stringMatching(/ 1111$/), version: "1" },
        { token: expect.stringMatching(/^4111 11.* 1111$/), version: "vault" },
        { error: { code: "FORMAT_UNKNOWN", retryable: false } },
      ],
    });
    const { token } = (json as unknown as { results: { token: string }[] }).results[1]!;
    const byCommand = await fieldseal(
      folder,
      "detokenize --config tokenizer.json --format bin --tenant t-1 --principal role:shop --claim tenant=t-1".split(
        " ",
      ),
      token,
    );
    expect([byCommand.stdout.toString(), byCommand.code]).toEqual([`${card}\n`, 0]);
    expect(await post(served, "detokenize", { token, format: "bin" }, "t-2")).toMatchObject({
      status: 403,
      json: { code: "TOKEN_OTHER_TENANT" },
    });
    expect(await served.stop()).toBe(0);
    expect(served.errors()).toBe("");
  });

  it("does both, in one audit trail, with limits of its own", async () => {
    const limits = { burst: 2, perSecond: 1, perDay: 2, maxBatchItems: 2 };
    const tokenizer = { file: "tokenizer.json", tenant: { claim: "tenant" }, limits };
    writeJson(folder, "both.json", { ...sharedSections("both"), ...decrypting(), tokenizer });
    const served = await serve("both.json");
    expect(await ready(served)).toEqual({
      checks: { kms: "ok", keys: "ok", "token-keys": "ok", vault: "ok", audit: "ok" },
    });
    expect(await decryptRoute(served)).toMatchObject({ status: 200 });
    const items = Array.from({ length: 3 }, () => ({ value: card, format: "card" }));
    expect(await post(served, "tokenize-batch", { items })).toMatchObject({ status: 413 });
    expect(await post(served, "tokenize-batch", { items: items.slice(1) })).toMatchObject({ status: 200 });
    expect(await tokenRoute(served)).toMatchObject({ status: 429, json: { code: "RATE_LIMITED" } });
    expect(await served.stop()).toBe(0);
    const file = path.join(folder, "both.jsonl");
    expect(await verifyAuditFile(file)).toMatchObject({ ok: true });
    const written = readFileSync(file, "utf8");
    for (const part of ['"action":"tokenize"', '"kid":"pii-1"', "RATE_LIMITED"]) expect(written).toContain(part);
    expect(written).not.toContain("4111");
  });

  it.each([
    [
      "PostgreSQL",
      postgresPrograms !== undefined,
      () => ({ postgres: { urlEnv: "VAULT_URL" } }),
      () => ({ VAULT_URL: `postgres://postgres@${encodeURIComponent(postgres!.host)}/postgres` }),
    ],
    ["DynamoDB", true, () => ({ dynamodb: { table: "vault", endpoint: dynamodb.url } }), () => ({})],
  ] as const)(
    "keeps tokens in %s, is not ready without it, and two services share them",
    async (name, runs, place, env) => {
      if (!runs) return;
      writeJson(folder, "store.json", tokenizerOf(place()));
      const init = await fieldseal(folder, ["vault", "init", "--config", "store.json"], "", env());
      expect(init.code, init.stderr).toBe(0);
      const tokenizer = { file: "store.json", tenant: { claim: "tenant" } };
      for (const one of ["a", "b"])
        writeJson(folder, `${one}.json`, { ...sharedSections(`${name}-${one}`), tokenizer });
      const [a, b] = await Promise.all([serve("a.json", env()), serve("b.json", env())]);
      const request = { value: card, format: "bin" };
      const [made, again] = await Promise.all([post(a!, "tokenize", request), post(b!, "tokenize", request)]);
      expect(made).toMatchObject({ status: 200 });
      expect(again).toEqual(made);
      expect(await post(b!, "detokenize", { token: made.json.token, format: "bin" })).toMatchObject({
        json: { value: card },
      });
      expect(await ready(a!)).toMatchObject({ checks: { vault: "ok" } });
      await (name === "DynamoDB" ? dynamodb.close() : postgres!.crash());
      expect(await post(a!, "tokenize", request)).toMatchObject({
        status: 503,
        json: { code: "VAULT_UNAVAILABLE", retryable: true },
      });
      expect(await tokenRoute(a!)).toMatchObject({ status: 200 });
      expect(await Promise.all([a!.stop(), b!.stop()])).toEqual([0, 0]);
      const failed = await fieldseal(folder, ["serve", "--config", "a.json"], "", env());
      expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/^error\[VAULT_UNAVAILABLE\]/)]);
      if (name === "PostgreSQL") await postgres!.restart();
      else dynamodb = await startDynamodb();
    },
    30_000,
  );

  it.each<[string, string, object]>([
    ["CONFIG_INVALID", "/tokenizer: expects exactly one of file, config", { tenant: { claim: "tenant" } }],
    ["CONFIG_INVALID", "/tokenizer/surprise: ", { file: "tokenizer.json", surprise: 1 }],
    ["CONFIG_INVALID", "/tokenizer/tenant/header: ", { file: "tokenizer.json", tenant: { header: "x-tenant" } }],
    ["CONFIG_INVALID", "/tokenizer/limits/perHour: ", { file: "tokenizer.json", limits: { perHour: 1 } }],
    ["CONFIG_INVALID", "/tokenizer/limits: ", { file: "tokenizer.json", limits: { burst: 10 } }],
    ["CONFIG_INVALID", "/tokenizer/config/formats: ", { config: { version: 1, formats: {} } }],
    [
      "CONFIG_INVALID",
      "/tokenizer/config/formats/bin: the format needs a vault",
      { config: { ...tokenizerOf({ sqlite: "x" }), vault: undefined } },
    ],
  ])("answers %s with line and column: %s", async (code, says, tokenizer) => {
    writeJson(folder, "bad.json", { ...sharedSections("bad"), tokenizer });
    const outcome = await fieldseal(folder, ["serve", "--config", "bad.json"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(new RegExp(`^error\\[${code}\\]: bad\\.json:\\d+:\\d+: ${says}`));
  });

  it.each([
    ["POLICY_INVALID", { expect: { policy: "twice.json" } }],
    ["ACCESS_INVALID", { access: { file: "twice.json" } }],
    [
      "CONFIG_INVALID",
      { authentication: { issuer: "i", audience: "a", algorithms: ["ES256"], keySet: { file: "twice.json" } } },
    ],
  ])("answers %s at its place to a file with a member that is there twice", async (code, parts) => {
    writeFileSync(path.join(folder, "twice.json"), '{ "rules": [],\n  "rules": [] }');
    writeJson(folder, "bad.json", { ...sharedSections("bad"), ...decrypting(), ...parts });
    const outcome = await fieldseal(folder, ["serve", "--config", "bad.json"]);
    expect([outcome.code, outcome.stderr]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^error\\[${code}\\]: .*/twice\\.json:2:3: /rules: `)),
    ]);
  });

  it("does not start without a part, without access rules, or with a tenant that they do not bind", async () => {
    const fails = async (document: object): Promise<string> => {
      writeJson(folder, "bad.json", { ...sharedSections("bad"), ...document });
      const { code, stderr } = await fieldseal(folder, ["serve", "--config", "bad.json"]);
      return `${code} ${/^error\[([A-Z_]+)\]/.exec(stderr)?.[1]}`;
    };
    const document = tokenizerOf({ sqlite: "vault.db" });
    const unbound = { rules: [{ principal: "role:shop", fields: { "*": "full" } }] };
    expect(await fails({})).toBe("1 CONFIG_INVALID");
    expect(await fails({ keys: {}, tokenizer: { file: "tokenizer.json" } })).toBe("1 CONFIG_INVALID");
    expect(await fails({ tokenizer: { config: { ...document, access: undefined } } })).toBe("1 CONFIG_INVALID");
    const config = { ...document, access: unbound };
    expect(await fails({ tokenizer: { config, tenant: { claim: "tenant" } } })).toBe("1 CONTEXT_UNBOUND");
  });

  it("does not start on a port that is taken", async () => {
    const { port } = shop.kms;
    writeJson(folder, "taken.json", { ...sharedSections("taken"), ...decrypting(), listen: { port } });
    const { code, stderr } = await fieldseal(folder, ["serve", "--config", "taken.json"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error\[CONFIG_INVALID\].*\nhint: /)]);
  });

  it("finds files from the folder of the configuration that names them", async () => {
    const elsewhere = newFolder();
    writeJson(elsewhere, "jwks.json", issuer.keySet);
    const tokenizer = { file: path.join(folder, "tokenizer.json"), tenant: { claim: "tenant" } };
    writeJson(elsewhere, "service.json", { ...sharedSections("moved"), tokenizer });
    const served = await serve(path.join(elsewhere, "service.json"));
    expect(await tokenRoute(served)).toMatchObject({ status: 200 });
    expect(await served.stop()).toBe(0);
  });
});
