import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createAuditTrail, fileSink, verifyAuditFile } from "@fieldseal/decrypt/audit";
import {
  type CreatePart,
  decryptPart,
  jwtAuthentication,
  type PartsServiceOptions,
  type RunningService,
  startPartsService,
} from "@fieldseal/decrypt/http";
import { kmsKeys } from "@fieldseal/decrypt/kms";
import { createTokenizer, type FormatDeclarations, type TokenKeys } from "@fieldseal/tokenizer";
import { createMemoryStore } from "@fieldseal/tokenizer/memory";
import { createTokenService, type TokenServiceOptions } from "@fieldseal/tokenizer/service";
import { createVault, staticKeys, type Vault } from "@fieldseal/tokenizer/vault";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { JWTPayload } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createIssuer, type Issuer } from "../../fixtures/issuer.ts";
import { customer, places, type ShopKms, sealed, startShopKms } from "../../fixtures/shop.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-token-service-"));
const card = "4111 1111 1111 1111";
const keys = { current: "1", versions: { 1: new Uint8Array(32).fill(1), 2: new Uint8Array(32).fill(2) } };
const formats: FormatDeclarations = {
  card: { type: "pan", keepLast: 4 },
  bin: { type: "pan", engine: "vault", keepFirst: 6, keepLast: 4 },
  born: { type: "date", engine: "shift", maxDays: 90 },
};
const tenant = { claim: "tenant" } as const;
const context = { tenant };
const allOf = (fields: object) => ({ rules: [{ principal: "role:shop", context, fields: fields as never }] });
const claims = { role: "shop", tenant: "t-1" };
const routes = ["/v1/tokenize", "/v1/tokenize-batch", "/v1/detokenize", "/v1/detokenize-batch"];

let issuer: Issuer;
let shop: ShopKms;
let vaults: Vault[] = [];
let running: RunningService[] = [];
let count = 0;

beforeAll(async () => {
  issuer = await createIssuer();
  shop = await startShopKms();
});
afterEach(async () => {
  await Promise.all(running.map((service) => service.close()));
  await Promise.all(vaults.map((vault) => vault.close()));
  running = [];
  vaults = [];
});
afterAll(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Started {
  readonly service: RunningService;
  readonly file: string;
}
async function start(
  more: Partial<TokenServiceOptions> = {},
  options: Partial<PartsServiceOptions> = {},
  others: readonly CreatePart[] = [],
): Promise<Started> {
  const file = path.join(folder, `audit-${count++}.jsonl`);
  const vault = createVault({
    store: createMemoryStore(),
    keys: staticKeys([{ version: "1", key: new Uint8Array(32) }]),
  });
  vaults.push(vault);
  const tokens: CreatePart = (audit) =>
    createTokenService({ keys, formats, vault, tenant, audit, access: allOf({ "*": "full" }), ...more });
  const service = await startPartsService({
    port: 0,
    parts: [...others, tokens],
    trail: createAuditTrail({ sink: fileSink(file, { fsync: false }) }),
    authenticate: jwtAuthentication({
      issuer: issuer.name,
      audience: "decrypt",
      algorithms: ["ES256"],
      keySet: { keys: issuer.keySet },
      principal: { claim: "role", prefix: "role:" },
      purposeClaim: "purpose",
    }),
    ...options,
  });
  running.push(service);
  return { service, file };
}
interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared member by member
  readonly json: any;
  readonly headers: Headers;
}
async function post(
  { service }: Started,
  route: string,
  body: unknown,
  { payload = claims, token }: { readonly payload?: JWTPayload; readonly token?: string } = {},
): Promise<Answer> {
  const authorization = `Bearer ${token ?? (await issuer.token(payload))}`;
  const response = await fetch(`${service.url}/v1/${route}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text), headers: response.headers };
}
const refused = (status: number, code: string) =>
  expect.objectContaining({ status, json: { code, retryable: expect.any(Boolean), status } });

describe("tokens over HTTP", () => {
  it.each([
    ["card", "1"],
    ["bin", "vault"],
  ])("are made of values and opened again: %s", async (format, version) => {
    const started = await start();
    const made = await post(started, "tokenize", { value: card, format });
    expect(made).toMatchObject({ status: 200, json: { token: expect.stringMatching(/1111$/), version } });
    expect(made.json.token).not.toBe(card);
    expect(made.headers.get("cache-control")).toBe("no-store");
    const opened = await post(started, "detokenize", { ...made.json, format });
    expect(opened).toMatchObject({ status: 200, json: { value: card } });
  });

  it("are those of the library, for field, version, subject and the tenant of the claim", async () => {
    const started = await start();
    const library = createTokenizer({
      keys: { ...keys, versions: { ...keys.versions } },
      formats: { card: formats.card!, born: formats.born! },
    });
    const request = { format: "card", field: "billing", version: "2" };
    const { json } = await post(started, "tokenize", { value: card, ...request });
    expect(json).toEqual(await library.tokenize(card, { ...request, tenant: "t-1" }));
    const born = { format: "born", subject: "customer-42" };
    const moved = await post(started, "tokenize", { value: "1980-02-29", ...born });
    expect(moved.json).toEqual(await library.tokenize("1980-02-29", { ...born, tenant: "t-1" }));
  });

  it("are nobody's without a valid JSON Web Token", async () => {
    const started = await start();
    for (const route of ["tokenize", "detokenize", "tokenize-batch", "detokenize-batch"]) {
      expect(await post(started, route, {}, { token: "x" })).toEqual(refused(401, "UNAUTHENTICATED"));
    }
  });

  it("have the tenant of the caller's claim, and never one that the request names", async () => {
    const started = await start();
    const { json } = await post(started, "tokenize", { value: card, format: "bin" });
    const asOther = { payload: { ...claims, tenant: "t-2" } };
    const request = { token: json.token, format: "bin" };
    expect(await post(started, "detokenize", request, asOther)).toEqual(refused(403, "TOKEN_OTHER_TENANT"));
    expect(await post(started, "detokenize", { ...request, tenant: "t-1" }, asOther)).toEqual(
      refused(400, "REQUEST_INVALID"),
    );
    expect(await post(started, "detokenize", request, { payload: { role: "shop" } })).toEqual(
      refused(403, "CONTEXT_MISSING"),
    );
  });

  it("follow the rules by principal, purpose, field and direction", async () => {
    const reading = {
      principal: "role:support",
      purpose: "refund",
      context,
      fields: { billing: { mask: 4 } },
    } as const;
    const started = await start({
      access: { tokenize: allOf({ billing: "full" }), detokenize: { rules: [reading] } },
    });
    const request = { format: "card", field: "billing" };
    const { json } = await post(started, "tokenize", { value: card, ...request });
    const opening = { token: json.token, ...request };
    const support = { role: "support", tenant: "t-1", purpose: "refund" };
    expect((await post(started, "detokenize", opening, { payload: support })).json).toEqual({
      value: expect.stringMatching(/^\*+1111$/),
    });
    for (const payload of [claims, { ...support, purpose: "other" }]) {
      expect(await post(started, "detokenize", opening, { payload })).toEqual(refused(403, "ACCESS_DENIED"));
    }
    const elsewhere = { value: card, format: "card", field: "shipping" };
    expect(await post(started, "tokenize", elsewhere)).toEqual(refused(403, "ACCESS_DENIED"));
    const asSupport = await post(started, "tokenize", { value: card, ...request }, { payload: support });
    expect(asSupport).toEqual(refused(403, "ACCESS_DENIED"));
  });

  it.each<[number, string, string, object]>([
    [400, "REQUEST_INVALID", "tokenize", { format: "card" }],
    [400, "REQUEST_INVALID", "tokenize", { value: 1, format: "card" }],
    [400, "REQUEST_INVALID", "tokenize", { value: card, format: "card", field: "a\u0000b" }],
    [400, "REQUEST_INVALID", "tokenize", { token: card, format: "card" }],
    [400, "REQUEST_INVALID", "tokenize", { value: card, format: "card", surprise: 1 }],
    [400, "REQUEST_INVALID", "detokenize-batch", { items: {} }],
    [400, "FORMAT_UNKNOWN", "tokenize", { value: card, format: "none" }],
    [400, "SUBJECT_MISSING", "tokenize", { value: "1980-02-29", format: "born" }],
    [404, "TOKEN_UNKNOWN", "detokenize", { token: "4111111111111111", format: "bin" }],
    [422, "VALUE_CHECKSUM_INVALID", "tokenize", { value: "4111 1111 1111 1112", format: "card" }],
    [422, "TOKEN_INVALID", "detokenize", { token: card, format: "card" }],
    [422, "KEY_VERSION_UNKNOWN", "tokenize", { value: card, format: "card", version: "9" }],
  ])("are refused with %i %s and nothing from the request: %s %#", async (status, code, route, body) => {
    const answer = await post(await start(), route, body);
    expect(answer).toEqual(refused(status, code));
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.text).not.toMatch(/4111|1980/);
  });

  it("tell of revoked and erased ones, and of another subject's", async () => {
    const started = await start();
    const [vault] = vaults;
    const theirs = { format: "bin", subject: "customer-42" };
    const { json } = await post(started, "tokenize", { value: card, ...theirs });
    expect(await post(started, "tokenize", { value: card, format: "bin" })).toEqual(
      refused(409, "TOKEN_OTHER_SUBJECT"),
    );
    await vault!.eraseSubject("customer-42", { tenant: "t-1" });
    expect(await post(started, "detokenize", { token: json.token, format: "bin" })).toEqual(
      refused(410, "SUBJECT_ERASED"),
    );
  });
});

describe("a batch of tokens", () => {
  it("answers each item by itself, in order: a bad one fails alone", async () => {
    const started = await start();
    const items = [
      { value: card, format: "card" },
      { value: "4111 1111 1111 1112", format: "card" },
      { value: card, format: "bin" },
      { value: card, format: "none" },
      "no item",
      { value: "5555555555554444", format: "card", version: "2" },
    ];
    const made = await post(started, "tokenize-batch", { items });
    const error = (code: string): object => ({ error: { code, retryable: false } });
    expect(made).toMatchObject({ status: 200 });
    expect(made.json.results).toEqual([
      { token: expect.stringMatching(/ 1111$/), version: "1" },
      error("VALUE_CHECKSUM_INVALID"),
      { token: expect.stringMatching(/ 1111$/), version: "vault" },
      error("FORMAT_UNKNOWN"),
      error("REQUEST_INVALID"),
      { token: expect.stringMatching(/4444$/), version: "2" },
    ]);
    const [first, , third] = made.json.results;
    const tokens = [
      { ...first, format: "card" },
      { token: "4111111111111111", format: "bin" },
      { ...third, format: "bin" },
    ];
    const opened = await post(started, "detokenize-batch", { items: tokens });
    expect(opened.json.results).toEqual([{ value: card }, error("TOKEN_UNKNOWN"), { value: card }]);
  });

  it("is bounded by maxBatchItems", async () => {
    const started = await start({ tokenLimits: { maxBatchItems: 3 } });
    const items = (length: number) => ({ items: Array.from({ length }, () => ({ value: card, format: "card" })) });
    expect((await post(started, "tokenize-batch", items(3))).json.results).toHaveLength(3);
    expect(await post(started, "tokenize-batch", items(4))).toEqual(refused(413, "BATCH_TOO_LARGE"));
    expect(() =>
      createTokenService({ keys, formats: {}, access: allOf({}), tokenLimits: { maxBatchItems: 2001 } }),
    ).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("gives nothing at all where the audit sink does not accept it", async () => {
    const sink = { append: () => Promise.reject(new Error("disk full")) };
    const started = await start({}, { trail: createAuditTrail({ sink }) });
    const items = [{ value: card, format: "card" }];
    expect(await post(started, "tokenize-batch", { items })).toEqual(refused(503, "AUDIT_UNAVAILABLE"));
    expect(await post(started, "tokenize", items[0])).toEqual(refused(503, "AUDIT_UNAVAILABLE"));
  });
});

describe("a principal", () => {
  const batch = (length: number) => ({ items: Array.from({ length }, () => ({ value: card, format: "card" })) });
  const codes = ({ json }: Answer): string[] =>
    json.results.map((one: { error?: { code: string } }) => one.error?.code ?? "made");

  it("has a rate, for both directions together, of its own", async () => {
    let time = Date.parse("2026-11-21T00:00:00Z");
    const started = await start({
      access: { rules: [{ principal: "*", context, fields: { "*": "full" } }] },
      tokenLimits: { burst: 5, perSecond: 1, perDay: 1000, maxBatchItems: 5 },
      now: () => new Date(time),
    });
    expect(codes(await post(started, "tokenize-batch", batch(4)))).toEqual(Array(4).fill("made"));
    const { json } = await post(started, "tokenize", { value: card, format: "card" });
    const limited = await post(started, "detokenize", { ...json, format: "card" });
    expect(limited).toEqual(refused(429, "RATE_LIMITED"));
    expect(limited.headers.get("retry-after")).toBe("1");
    expect(limited.json.retryable).toBe(true);
    expect(codes(await post(started, "tokenize-batch", batch(2)))).toEqual(Array(2).fill("RATE_LIMITED"));
    const other = { payload: { ...claims, role: "other" } };
    expect((await post(started, "tokenize", { value: card, format: "card" }, other)).status).toBe(200);
    time += 1000;
    expect((await post(started, "detokenize", { ...json, format: "card" })).status).toBe(200);
  });

  it("has a budget for the day behind the rate", async () => {
    let time = Date.parse("2026-11-21T00:00:00Z");
    const tokenLimits = { burst: 5, perSecond: 1000, perDay: 10, maxBatchItems: 5 };
    const started = await start({ tokenLimits, now: () => new Date(time) });
    for (let i = 0; i < 2; i++) {
      expect(codes(await post(started, "tokenize-batch", batch(5)))).toEqual(Array(5).fill("made"));
      time += 1000;
    }
    expect(codes(await post(started, "tokenize-batch", batch(1)))).toEqual(["RATE_LIMITED"]);
    time += 86_400_000 / 10;
    expect(codes(await post(started, "tokenize-batch", batch(1)))).toEqual(["made"]);
  });

  it("has no more requests under way than one may", async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: TokenKeys = {
      current: "1",
      open: async () => {
        await held;
        return { secret: new Uint8Array(32) };
      },
      close: () => {},
    };
    const started = await start({ keys: slow }, { limits: { maxConcurrentPerPrincipal: 1 } });
    const request = { value: card, format: "card" };
    const first = post(started, "tokenize", request);
    await expect.poll(() => post(started, "tokenize", request)).toEqual(refused(429, "TOO_MANY_REQUESTS"));
    release();
    expect((await first).status).toBe(200);
  });
});

describe("the trail of tokens", () => {
  it("is one hash chain with an event for each value, and shows neither values nor tokens", async () => {
    const started = await start();
    const items = [
      { value: card, format: "card" },
      { value: "4111 1111 1111 1112", format: "card" },
      { value: card, format: "bin" },
    ];
    const { json } = await post(started, "tokenize-batch", { items });
    await post(started, "detokenize", { ...json.results[0], format: "card" });
    const metrics = await (await fetch(`${started.service.url}/metrics`)).text();
    await started.service.close();
    expect(await verifyAuditFile(started.file)).toMatchObject({ ok: true, events: 4 });
    const written = readFileSync(started.file, "utf8");
    const events = written
      .split("\n")
      .filter((line) => line.includes('"outcome"'))
      .map((line) => JSON.parse(line) as { event?: object });
    expect(events).toHaveLength(4);
    expect(written).toContain('"principal":"role:shop"');
    expect(written).toContain('"code":"VALUE_CHECKSUM_INVALID"');
    expect(written.match(/"action":"tokenize"/g)).toHaveLength(3);
    expect(written.match(/"action":"detokenize"/g)).toHaveLength(1);
    for (const text of [card, "1111 1112", json.results[0].token, json.results[2].token]) {
      for (const place of [written, metrics]) expect(place).not.toContain(text);
    }
    expect(metrics).toContain('fieldseal_tokens_total{operation="tokenize",outcome="opened"} 2');
    expect(metrics).toContain('fieldseal_tokens_total{operation="tokenize",outcome="failed"} 1');
    expect(metrics).toContain('fieldseal_tokens_total{operation="detokenize",outcome="opened"} 1');
    expect(metrics).toContain('fieldseal_requests_total{route="/v1/tokenize-batch",status="200"} 1');
  });
});

describe("the service", () => {
  const decrypting = (): CreatePart =>
    decryptPart({
      keys: kmsKeys({ client: shop.client, keys: { "pii-1": { kms: shop.pii, alg: "RSA-OAEP-256" } } }),
      access: { rules: [{ principal: "role:shop", context, fields: { ssn: "full" } }] },
      context,
      expect: places,
    });
  const documentOf = async ({ service }: Started): Promise<{ paths: Record<string, object> }> =>
    (await (await fetch(`${service.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const always = ["/health", "/ready", "/metrics", "/openapi.json"];
  const decrypts = ["/v1/decrypt", "/v1/decrypt-field", "/v1/decrypt-batch"];

  it.each([
    ["tokens alone", [] as const, [...routes, ...always]],
    ["both parts", [decrypting] as const, [...decrypts, ...routes, ...always]],
  ])("with %s lists each of its routes, and no other, in valid OpenAPI 3.1", async (_, others, expected) => {
    const started = await start(
      {},
      {},
      others.map((create) => create()),
    );
    const document = await documentOf(started);
    expect(Object.keys(document.paths).sort()).toEqual([...expected].sort());
    expect(await new Validator().validate(document)).toEqual({ valid: true });
    for (const route of [...decrypts, ...routes, ...always]) {
      const method = always.includes(route) ? "GET" : "POST";
      const response = await fetch(started.service.url + route, { method });
      expect([route, response.status]).toEqual([
        route,
        expected.includes(route) ? (method === "GET" ? 200 : 401) : 404,
      ]);
      await response.text();
    }
  });

  it("decrypts and tokenizes for one caller, in one trail", async () => {
    const started = await start({}, {}, [decrypting()]);
    const body = Buffer.from(await sealed(customer, "t-1")).toString();
    expect((await post(started, "decrypt", body)).json).toMatchObject({ ssn: customer.ssn });
    expect((await post(started, "tokenize", { value: card, format: "card" })).status).toBe(200);
    await started.service.close();
    expect(await verifyAuditFile(started.file)).toMatchObject({ ok: true });
    const written = readFileSync(started.file, "utf8");
    for (const part of ['"format":"native"', '"format":"token"']) expect(written).toContain(part);
  });

  it("does not start without access rules, with a tenant that no rule binds, with no part, or with one part twice", async () => {
    const fails = (more: Partial<TokenServiceOptions>, code: string): Promise<void> =>
      expect(start(more)).rejects.toMatchObject({ code });
    await fails({ access: undefined as never }, "CONFIG_INVALID");
    const unbound = { rules: [{ principal: "role:shop", fields: { "*": "full" as const } }] };
    await fails({ access: unbound }, "CONTEXT_UNBOUND");
    await fails({ access: { tokenize: allOf({ "*": "full" }), detokenize: unbound } }, "CONTEXT_UNBOUND");
    await expect(start({}, { parts: [] })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(start({}, {}, [decrypting(), decrypting()])).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("lets a rule that does not bind the tenant count for nobody", async () => {
    const unbound = { principal: "role:shop", fields: { "*": "full" as const } };
    const bound = { principal: "role:other", context, fields: { "*": "full" as const } };
    const started = await start({ access: { rules: [unbound, bound] } });
    const request = { value: card, format: "card" };
    expect(await post(started, "tokenize", request)).toEqual(refused(403, "ACCESS_DENIED"));
    const other = { payload: { ...claims, role: "other" } };
    expect((await post(started, "tokenize", request, other)).status).toBe(200);
  });
});
