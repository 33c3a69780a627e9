import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createAuditTrail, fileSink, verifyAuditFile } from "@fieldseal/decrypt/audit";
import { jwtAuthentication, type RunningService, type ServiceOptions, startService } from "@fieldseal/decrypt/http";
import { kmsKeys, kmsReachable } from "@fieldseal/decrypt/kms";
import { startOrigin } from "@fieldseal/emulator";
import { Validator } from "@seriousme/openapi-schema-validator";
import { type JWTPayload, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createIssuer, type Issuer } from "../../fixtures/issuer.ts";
import { canaries, customer, places, type ShopKms, sealed, startShopKms } from "../../fixtures/shop.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-service-"));
const context = { tenant: { claim: "tenant" } } as const;
const claims = { role: "support", tenant: "acme" };
let shop: ShopKms;
let issuer: Issuer;
let acme: Uint8Array;
let running: RunningService[] = [];
let count = 0;

beforeAll(async () => {
  shop = await startShopKms();
  issuer = await createIssuer();
  acme = await sealed(customer, "acme");
});
afterEach(async () => {
  shop.kms.faults.clear();
  await Promise.all(running.map((service) => service.close()));
  running = [];
});
afterAll(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

function options(more: Partial<ServiceOptions> = {}): ServiceOptions & { readonly file: string } {
  const file = path.join(folder, `audit-${count++}.jsonl`);
  return {
    file,
    port: 0,
    keys: kmsKeys({ client: shop.client, keys: { "pii-1": { kms: shop.pii, alg: "RSA-OAEP-256" } } }),
    access: { rules: [{ principal: "role:support", context, fields: { ssn: "full", "card-number": { mask: 4 } } }] },
    context,
    expect: places,
    authenticate: jwtAuthentication({
      issuer: issuer.name,
      audience: "decrypt",
      algorithms: ["ES256"],
      keySet: { keys: issuer.keySet },
      principal: { claim: "role", prefix: "role:" },
    }),
    trail: createAuditTrail({ sink: fileSink(file, { fsync: false }) }),
    ready: { kms: kmsReachable({ client: shop.client, kms: shop.pii }) },
    ...more,
  };
}
async function start(given = options()): Promise<RunningService> {
  const service = await startService(given);
  running.push(service);
  return service;
}
interface Sent {
  readonly path?: string;
  readonly token?: string;
  readonly body?: Uint8Array | string;
  readonly headers?: Record<string, string>;
}
async function post(
  { url }: RunningService,
  sent: Sent = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const token = sent.token ?? (await issuer.token(claims));
  const response = await fetch(url + (sent.path ?? "/v1/decrypt"), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}`, ...sent.headers },
    body: sent.body ?? acme,
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}
const refused = (status: number, code: string) =>
  expect.objectContaining({ status, text: expect.stringContaining(`"code":"${code}"`) });

describe("a caller", () => {
  it("is believed with a token that is signed, in time, and for this service", async () => {
    const service = await start();
    const { status, text, headers } = await post(service);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ ssn: customer.ssn, payments: [{ card: { number: "****1111" } }] });
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it.each<[string, (payload: JWTPayload) => Promise<string>]>([
    ["expired", (payload) => issuer.token(payload, (jwt) => jwt.setExpirationTime("-1m"))],
    ["not yet valid", (payload) => issuer.token(payload, (jwt) => jwt.setNotBefore("1h"))],
    ["of another issuer", (payload) => issuer.token(payload, (jwt) => jwt.setIssuer("https://other.example"))],
    ["for another audience", (payload) => issuer.token(payload, (jwt) => jwt.setAudience("other"))],
    ["signed by another key", async (payload) => (await createIssuer()).token(payload)],
    ["without a principal", ({ tenant }) => issuer.token({ tenant })],
    ["with a list for a principal", (payload) => issuer.token({ ...payload, role: ["support"] })],
    ["with a secret for a key", (payload) => hmacToken(payload)],
    ["without a signature", async (payload) => unsigned(payload)],
    ["without an expiry", (payload) => issuer.token(payload, undefined, false)],
    ["no token", async () => "x"],
  ])("is refused with a token that is %s", async (_, token) => {
    const service = await start();
    const answer = await post(service, { token: await token(claims) });
    expect(answer).toEqual(refused(401, "UNAUTHENTICATED"));
    expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  });

  it("without any token is refused before the body is read", async () => {
    const { url } = await start();
    const response = await fetch(`${url}/v1/decrypt`, { method: "POST", body: "x" });
    expect(response.status).toBe(401);
  });

  it("is checked with a key set from its URL, and refused as retryable where that does not answer", async () => {
    const origin = await startOrigin(() => ({ status: 200, body: JSON.stringify(issuer.keySet) }));
    const jwt = { issuer: issuer.name, audience: "decrypt", algorithms: ["ES256"] };
    const principal = { claim: "role", prefix: "role:" };
    const keySet = { url: `${origin.url}/jwks.json` };
    const service = await start(options({ authenticate: jwtAuthentication({ ...jwt, keySet, principal }) }));
    expect((await post(service)).status).toBe(200);
    await origin.close();
    const other = await start(options({ authenticate: jwtAuthentication({ ...jwt, keySet, principal }) }));
    expect(await post(other)).toEqual(refused(503, "KEY_SET_UNAVAILABLE"));
    for (const wrong of [
      { keySet: { url: "http://issuer.example/jwks" } },
      { algorithms: ["HS256"] },
      { algorithms: [] },
    ]) {
      expect(() => jwtAuthentication({ ...jwt, keySet, ...wrong })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID" }),
      );
    }
  });

  it("cannot choose the context: it comes from the claims alone", async () => {
    const service = await start();
    const token = await issuer.token({ ...claims, tenant: "other" });
    const headers = { "x-tenant-id": "acme", "x-fieldseal-context": "tenant=acme" };
    const path = "/v1/decrypt?tenant=acme";
    expect(await post(service, { token, headers, path })).toEqual(refused(422, "DECRYPTION_FAILED"));
    expect(await post(service, { token: await issuer.token({ role: "support" }) })).toEqual(
      refused(403, "CONTEXT_MISSING"),
    );
  });
});

async function hmacToken(payload: JWTPayload): Promise<string> {
  const jwt = new SignJWT(payload).setProtectedHeader({ alg: "HS256", kid: "k1" });
  const secret = Buffer.from(JSON.stringify(issuer.keySet.keys[0]));
  return await jwt.setIssuer(issuer.name).setAudience("decrypt").setExpirationTime("5m").sign(secret);
}
function unsigned(payload: JWTPayload): string {
  const whole = { ...payload, iss: issuer.name, aud: "decrypt", exp: 4_000_000_000 };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(whole)}.`;
}

describe("a request", () => {
  it("opens one field", async () => {
    const service = await start();
    const { ssn } = JSON.parse(Buffer.from(acme).toString()) as { ssn: string };
    const ask = (body: object) => post(service, { path: "/v1/decrypt-field", body: JSON.stringify(body) });
    expect((await ask({ field: "ssn", envelope: ssn })).text).toBe(JSON.stringify({ value: customer.ssn }));
    expect(await ask({ field: "email", envelope: ssn })).toEqual(refused(422, "ENVELOPE_MISPLACED"));
    expect(await ask({ field: "other", envelope: ssn })).toEqual(refused(422, "ENVELOPE_MISPLACED"));
    expect(await ask({ field: "ssn" })).toEqual(refused(400, "REQUEST_INVALID"));
    expect(await ask({ field: "ssn", envelope: ssn, context: {} })).toEqual(refused(400, "REQUEST_INVALID"));
  });

  it("opens a batch, each record alone", async () => {
    const service = await start();
    const body = Buffer.from(acme).toString();
    const moved = JSON.stringify({ contact: { email: JSON.parse(body).ssn } });
    const records = [body, moved, "{", body].map((one) => ({ mediaType: "application/json", body: one }));
    const { text } = await post(service, { path: "/v1/decrypt-batch", body: JSON.stringify({ records }) });
    const { results } = JSON.parse(text) as { results: { body?: string; error?: object }[] };
    expect(JSON.parse(results[0]!.body!).ssn).toBe(customer.ssn);
    expect(results[1]).toEqual({ error: { code: "ENVELOPE_MISPLACED", retryable: false } });
    expect(results[2]).toEqual({ error: { code: "BODY_MALFORMED", retryable: false } });
    expect(results[3]).toEqual(results[0]);
  });

  it("is refused with a code where it is none of the service's", async () => {
    const service = await start(options({ limits: { maxBodyBytes: 2000 } }));
    expect(await post(service, { body: "{" })).toEqual(refused(400, "BODY_MALFORMED"));
    expect(await post(service, { path: "/v1/other" })).toEqual(refused(404, "RESOURCE_UNKNOWN"));
    expect(await post(service, { path: "/health" })).toEqual(refused(405, "METHOD_NOT_ALLOWED"));
    expect(await post(service, { headers: { "content-type": "image/png" } })).toEqual(
      refused(415, "MEDIA_TYPE_UNSUPPORTED"),
    );
    expect(await post(service, { headers: { "content-encoding": "gzip" } })).toEqual(
      refused(415, "CONTENT_CODING_UNSUPPORTED"),
    );
    expect(await post(service, { body: "x".repeat(2001) })).toEqual(refused(413, "BODY_TOO_LARGE"));
    expect(await post(service, { path: "/v1/decrypt-field", body: "{" })).toEqual(refused(400, "REQUEST_INVALID"));
  });

  it("that is larger than it said, in chunks, is refused", async () => {
    const service = await start(options({ limits: { maxBodyBytes: 2000 } }));
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < 3; i++) controller.enqueue(new Uint8Array(1000));
        controller.close();
      },
    });
    const response = await fetch(`${service.url}/v1/decrypt`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${await issuer.token(claims)}` },
      body: stream,
      duplex: "half",
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  it("that does not arrive in time is refused", async () => {
    const service = await start(options({ limits: { maxSeconds: 0.05 } }));
    const token = await issuer.token(claims);
    const head = ["POST /v1/decrypt HTTP/1.1", "host: x", "content-type: application/json", "content-length: 10"];
    const socket = connect(service.port, "127.0.0.1");
    socket.write(`${[...head, `authorization: Bearer ${token}`].join("\r\n")}\r\n\r\n{`);
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    expect(answer).toContain("REQUEST_TIMEOUT");
  });

  it("is refused where too many are under way, of all callers or of one", async () => {
    shop.kms.faults.set({ latency: { ms: 200 } });
    const all = await start(options({ limits: { maxConcurrent: 1 } }));
    const one = await start(options({ limits: { maxConcurrentPerPrincipal: 1 } }));
    const statuses = async (service: RunningService): Promise<number[]> =>
      (await Promise.all([post(service), post(service), post(service)])).map(({ status }) => status).sort();
    expect(await statuses(all)).toEqual([200, 503, 503]);
    expect(await statuses(one)).toEqual([200, 429, 429]);
  });

  it("gets one opaque answer for whatever fails behind the keys", async () => {
    const service = await start();
    const text = Buffer.from(acme).toString();
    const other = Buffer.from(await sealed(customer, "other"));
    const flipped = text.replace(/(.)(\.fs")/, (_, last: string, end: string) => (last === "A" ? "E" : "A") + end);
    const answers = await Promise.all([post(service, { body: other }), post(service, { body: flipped })]);
    const [first, second] = answers.map(({ status, text }) => ({ status, text }));
    expect(first).toEqual({ status: 422, text: '{"code":"DECRYPTION_FAILED","retryable":false,"status":422}' });
    expect(second).toEqual(first);
  });
});

describe("the service", () => {
  it("is ready while KMS answers and the trail accepts", async () => {
    const given = options();
    const { url } = await start(given);
    const ready = async (): Promise<unknown> => {
      const response = await fetch(`${url}/ready`);
      return { status: response.status, ...((await response.json()) as object) };
    };
    expect(await ready()).toEqual({ status: 200, checks: { kms: "ok", audit: "ok", keys: "ok" } });
    shop.kms.faults.set({ serverError: { probability: 1 } });
    expect(await ready()).toMatchObject({ status: 503, code: "NOT_READY", checks: { kms: "failed", audit: "ok" } });
    shop.kms.faults.clear();
    appendFileSync(given.file, "another hand\n");
    expect(await ready()).toMatchObject({ status: 503, checks: { kms: "ok", audit: "failed" } });
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it("returns nothing that the trail has not accepted, and says when to come again", async () => {
    const sink = { append: () => Promise.reject(new Error("disk full")) };
    const service = await start(options({ trail: createAuditTrail({ sink }) }));
    const answer = await post(service);
    expect(answer).toEqual(refused(503, "AUDIT_UNAVAILABLE"));
    expect(answer.text).toContain('"retryable":true');
    expect(answer.headers.get("retry-after")).toBe("1");
  });

  it("ends at each principal's rate, and alerts", async () => {
    const alerts: string[] = [];
    const onAlert = ({ principal }: { readonly principal: string }): void => void alerts.push(principal);
    const service = await start(options({ rateLimit: { burst: 3, perSecond: 0, onAlert }, onDenied: "mask" }));
    const { status, text } = await post(service);
    expect(status).toBe(200);
    expect(text).not.toContain("fs1.");
    expect(await post(service)).toEqual(refused(429, "RATE_LIMITED"));
    expect(alerts).toEqual(["role:support"]);
  });

  it("passes on that KMS cannot be reached as retryable", async () => {
    shop.kms.faults.set({ throttling: { probability: 1 } });
    expect(await post(await start())).toEqual(refused(503, "KMS_UNAVAILABLE"));
  });

  it("shows in metrics and readiness that a Region is not asked, and says when it will be", async () => {
    let time = 0;
    const keys = kmsKeys({
      client: shop.client,
      breaker: { maxFailures: 1, openFor: 4500 },
      now: () => time,
      keys: { "pii-1": { kms: shop.pii, alg: "RSA-OAEP-256" } },
    });
    const service = await start(options({ keys }));
    const shown = async (): Promise<unknown> => {
      const [metrics, ready] = await Promise.all(["/metrics", "/ready"].map((path) => fetch(service.url + path)));
      const { checks } = (await ready!.json()) as { readonly checks: object };
      const [, state] = /fieldseal_key_circuit{kid="pii-1",region="[a-z0-9-]+",state="([a-z-]+)"} 1/.exec(
        await metrics!.text(),
      )!;
      return { state, status: ready!.status, ...checks };
    };
    expect(await shown()).toEqual({ state: "closed", status: 200, kms: "ok", audit: "ok", keys: "ok" });
    shop.kms.faults.set({ serverError: { operations: ["Decrypt"] } });
    expect(await post(service)).toEqual(refused(503, "KMS_UNAVAILABLE"));
    shop.kms.faults.clear();
    const calls = shop.kms.calls.Decrypt;
    const answer = await post(service);
    expect([answer.status, answer.headers.get("retry-after"), shop.kms.calls.Decrypt]).toEqual([503, "5", calls]);
    expect(await shown()).toEqual({ state: "open", status: 503, kms: "ok", audit: "ok", keys: "failed" });
    time = 4500;
    expect(await shown()).toMatchObject({ state: "half-open", status: 200 });
    expect((await post(service)).status).toBe(200);
    expect(await shown()).toMatchObject({ state: "closed", status: 200 });
  });

  it("describes itself in valid OpenAPI 3.1", async () => {
    const { url } = await start();
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
    const validator = new Validator();
    expect(await validator.validate(document)).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const response = await fetch(url + path, { method: method.toUpperCase() });
        expect([200, 401]).toContain(response.status);
        await response.text();
      }
    }
  });

  it("counts in Prometheus' format by route, status and outcome, and by nothing else", async () => {
    const service = await start();
    await post(service);
    await post(service, { body: "{" });
    await post(service, { path: "/v1/other-path" });
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(text).toContain('fieldseal_requests_total{route="/v1/decrypt",status="200"} 1');
    expect(text).toContain('fieldseal_requests_total{route="/v1/decrypt",status="400"} 1');
    expect(text).toContain('fieldseal_requests_total{route="other",status="404"} 1');
    expect(text).toContain('fieldseal_fields_total{outcome="opened"} 1');
    expect(text).toContain('fieldseal_fields_total{outcome="denied"} 1');
    const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label));
    // `kid`, `region` and `state` tell of the ways to the keys.
    const expected = ["kid", "le", "operation", "outcome", "region", "route", "state", "status"];
    expect([...labels].sort()).toEqual(expected);
  });

  it("shows no value in trail, metrics or refusals", async () => {
    const given = options();
    const service = await start(given);
    const names = JSON.stringify({ [canaries[0]!]: 1, contact: { [canaries[1]!]: "x" } });
    const texts = [(await post(service)).text].slice(1);
    for (const body of [names, `${names}}`, Buffer.from(await sealed(customer, "other")).toString()]) {
      const { status, text } = await post(service, { body });
      if (status !== 200) texts.push(text);
    }
    expect(texts).toHaveLength(2);
    texts.push(await (await fetch(`${service.url}/metrics`)).text(), readFileSync(given.file, "utf8"));
    for (const text of texts) for (const canary of canaries) expect(text).not.toContain(canary);
  });

  it("answers what is under way when it stops, and closes the trail", async () => {
    shop.kms.faults.set({ latency: { ms: 150 } });
    const given = options();
    const service = await start(given);
    const calls = shop.kms.calls.Decrypt ?? 0;
    const underWay = post(service);
    await expect.poll(() => shop.kms.calls.Decrypt ?? 0).toBeGreaterThan(calls);
    await service.close();
    expect((await underWay).status).toBe(200);
    await expect(post(service)).rejects.toThrow();
    expect(await verifyAuditFile(given.file)).toMatchObject({ ok: true, events: 3, writers: [{ closed: true }] });
  });

  it.each([
    ["expect", "CONFIG_INVALID"],
    ["access", "CONFIG_INVALID"],
  ] as const)("does not start without %s", async (name, code) => {
    await expect(startService({ ...options(), [name]: undefined as never })).rejects.toMatchObject({ code });
  });

  it("does not start where no rule binds a key of its context", async () => {
    const access = { rules: [{ principal: "role:support", fields: { ssn: "full" } }] } as const;
    await expect(startService({ ...options(), access })).rejects.toMatchObject({ code: "CONTEXT_UNBOUND" });
  });

  it("counts no rule that leaves a key of its context unbound", async () => {
    const bound = { principal: "role:other", context, fields: { ssn: "full" } } as const;
    const access = { rules: [{ principal: "role:support", fields: { ssn: "full" } }, bound] } as const;
    const { text } = await post(await start(options({ access })));
    expect(text).not.toContain(customer.ssn);
  });
});
