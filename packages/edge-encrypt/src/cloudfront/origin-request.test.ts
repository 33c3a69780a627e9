import { Buffer } from "node:buffer";
import type { CloudFrontRequest, CloudFrontRequestEvent, CloudFrontResultResponse } from "aws-lambda";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withRawValues } from "../../../../test/fixtures/native-envelope.ts";
import { policyDocument, privateKeys, type SealingRule, seals } from "../../../../test/fixtures/sealing-policy.ts";
import { createOriginRequestHandler, type Policy, parsePolicy, type RefusalEvent } from "../index.ts";

type Request = CloudFrontRequest & { body?: NonNullable<CloudFrontRequest["body"]> };

interface Sent {
  readonly method?: string;
  readonly uri?: string;
  /** Undefined: no body exposed. */
  readonly body?: string | Uint8Array | undefined;
  readonly contentType?: string | readonly string[];
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

function requestOf({ method = "POST", uri = "/v1/customers", headers = {}, ...sent }: Sent): Request {
  const { contentType = "application/json" } = sent;
  const all = { "content-type": contentType, "content-length": "12345", host: "origin.example.com", ...headers };
  const listed = Object.entries(all).map(([name, values]) => {
    return [name, [values].flat().map((value) => ({ key: name, value }))] as const;
  });
  const request: CloudFrontRequest = {
    ...{ clientIp: "203.0.113.7", method, uri, querystring: "a=1" },
    headers: Object.fromEntries(listed.filter(([, values]) => values.length > 0)),
    origin: { custom: {} as never },
  };
  if (sent.body === undefined) return request as Request;
  const data = Buffer.from(sent.body).toString("base64");
  const body = { inputTruncated: false, action: "read-only", encoding: "base64", data, ...sent.with } as never;
  return { ...request, body };
}

function eventOf(request: CloudFrontRequest): CloudFrontRequestEvent {
  const config = { distributionDomainName: "d", distributionId: "D", eventType: "origin-request", requestId: "req-1" };
  return { Records: [{ cf: { config: config as never, request } }] };
}

const policyOf = (fields: readonly SealingRule[], route: object = {}, more: object = {}): Policy =>
  parsePolicy(policyDocument(fields, route, more));
const covered = { path: "/v1/**", methods: ["POST", "PUT"] };
const policy = policyOf([seals("$..ssn")], covered);

const said: string[] = [];
const events: RefusalEvent[] = [];
const log = (event: RefusalEvent): void => {
  events.push(event);
};

beforeEach(() => {
  said.length = events.length = 0;
  for (const level of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, level).mockImplementation((...args) => {
      said.push(args.map(String).join(" "));
    });
  }
});
afterEach(() => vi.restoreAllMocks());

async function answer(sent: Sent, to: Policy = policy): Promise<Request | CloudFrontResultResponse> {
  return (await createOriginRequestHandler({ policy: to, log })(eventOf(requestOf(sent)))) as never;
}

async function refusal(sent: Sent, to: Policy = policy): Promise<{ status: string; code: string }> {
  const response = (await answer(sent, to)) as CloudFrontResultResponse;
  expect(Object.keys(response).sort()).toEqual(["body", "bodyEncoding", "headers", "status", "statusDescription"]);
  expect(response.headers!["cache-control"]).toEqual([{ key: "Cache-Control", value: "no-store" }]);
  expect(response.headers!["content-type"]).toEqual([{ key: "Content-Type", value: "application/problem+json" }]);
  expect(Object.keys(response.headers!)).toHaveLength(2);
  const problem = JSON.parse(response.body!) as { type: string; title: string; status: number; code: string };
  expect(Object.keys(problem).sort()).toEqual(["code", "status", "title", "type"]);
  expect(String(problem.status)).toBe(response.status);
  expect(events.at(-1)).toMatchObject({ event: "fieldseal.refused", code: problem.code, requestId: "req-1" });
  return { status: response.status, code: problem.code };
}

describe("the origin-request handler", () => {
  it("hands a sealed body on in base64, and nothing else of the request changes", async () => {
    const text = '{"ssn" : "123-45-6789", "n": 1.0}';
    const request = requestOf({ body: text });
    const before = structuredClone(request);
    const result = (await createOriginRequestHandler({ policy, log })(eventOf(request))) as Request;
    const { body, ...rest } = result;
    const { body: _, ...given } = before;
    const receipt = [{ key: "x-fieldseal", value: expect.stringContaining("ssn") }];
    expect(rest).toEqual({ ...given, headers: { ...given.headers, "x-fieldseal": receipt } });
    expect(rest.headers["content-length"]).toEqual([{ key: "content-length", value: "12345" }]);
    expect(body).toMatchObject({ action: "replace", encoding: "base64", inputTruncated: false });
    const sealed = Buffer.from(body!.data, "base64");
    expect(sealed.toString()).not.toContain("123-45");
    expect(withRawValues(sealed, privateKeys, { quote: '"' }).toString()).toBe(text);
    expect(request).toEqual(before);
    expect(events).toEqual([]);
  });

  it.each([
    ["no route covers the path", { uri: "/v2", body: '{"ssn":1}' }],
    ["no route covers the path and no body is exposed", { uri: "/v2" }],
    ["a GET has no body exposed", { method: "GET" }],
    ["a HEAD of an unlisted method has none", { method: "HEAD" }],
    ["an OPTIONS has an empty one", { method: "OPTIONS", body: "" }],
    ["an unlisted method has an empty body", { method: "DELETE", body: "" }],
  ])("hands on the very request where %s", async (_, sent: Sent) => {
    const request = requestOf(sent);
    const before = structuredClone(request);
    expect(await createOriginRequestHandler({ policy, log })(eventOf(request))).toBe(request);
    expect(request).toEqual(before);
  });

  it.each([
    ["nothing is selected", { body: '{"a":1}' }],
    ["the body is empty", { body: "", contentType: [] }],
  ])("adds nothing but a receipt where %s", async (_, sent: Sent) => {
    const request = requestOf(sent);
    const result = (await createOriginRequestHandler({ policy, log })(eventOf(request))) as Request;
    const { "x-fieldseal": receipt, ...headers } = result.headers;
    expect({ ...result, headers }).toEqual(request);
    expect(receipt).toHaveLength(1);
  });

  it("reads a body in text encoding", async () => {
    const result = (await answer({ body: "x", with: { encoding: "text", data: '{"ssn":"ë"}' } })) as Request;
    const sealed = Buffer.from(result.body!.data, "base64");
    expect(withRawValues(sealed, privateKeys, { quote: '"' }).toString()).toBe('{"ssn":"ë"}');
  });

  it("draws context from headers and path, and refuses what is absent, repeated or empty", async () => {
    const context = { tenant: { header: "x-tenant" }, id: { pathParam: "id" } };
    const bound = policyOf([seals("$.ssn")], { path: "/v1/{id}", context });
    const sent = { uri: "/v1/c%207", body: '{"ssn":1}' };
    const result = (await answer({ ...sent, headers: { "x-tenant": "acme" } }, bound)) as Request;
    const sealed = Buffer.from(result.body!.data, "base64");
    const opened = withRawValues(sealed, privateKeys, { quote: '"', context: { tenant: "acme", id: "c 7" } });
    expect(opened.toString()).toBe('{"ssn":1}');
    for (const headers of [{}, { "x-tenant": "" }, { "x-tenant": ["a", "a"] }, { "x-tenant": "a\u0007" }]) {
      expect(await refusal({ ...sent, headers }, bound)).toEqual({ status: "400", code: "CONTEXT_MISSING" });
    }
  });

  const ssn = '{"ssn":1}';
  const utf16 = "application/json; charset=utf-16";
  const form = "application/x-www-form-urlencoded";
  const required = policyOf([seals("$.ssn", { required: true })]);
  const overlapping = policyOf([seals("$.a"), seals("$.a.b", { name: "b" })]);
  const envelopeLike = `fs1.r.k.f.${"A".repeat(40)}.x`;
  it.each<[string, string, Sent, Policy?]>([
    ["BODY_NOT_EXPOSED", "500", {}],
    ["BODY_NOT_EXPOSED", "500", { method: "DELETE" }, policyOf([seals("$.ssn")])],
    ["METHOD_NOT_COVERED", "405", { method: "PATCH" }],
    ["METHOD_NOT_COVERED", "405", { method: "PATCH", body: ssn }],
    ["METHOD_NOT_COVERED", "405", { method: "GET", body: ssn }],
    ["METHOD_NOT_COVERED", "405", { method: "PATCH", body: "", with: { inputTruncated: true } }],
    ["ROUTE_UNMATCHED", "403", { uri: "/v2", body: ssn }, policyOf([], covered, { onUnmatched: "reject" })],
    ["ROUTE_UNMATCHED", "403", { uri: "/v2", method: "GET" }, policyOf([], covered, { onUnmatched: "reject" })],
    ["BODY_TRUNCATED", "413", { body: ssn, with: { inputTruncated: true } }],
    ["BODY_TRUNCATED", "413", { body: "", with: { inputTruncated: true } }],
    ["BODY_ENCODING_INVALID", "400", { body: ssn, with: { encoding: "hex" } }],
    ["BODY_ENCODING_INVALID", "400", { body: ssn, with: { encoding: undefined } }],
    ["BODY_ENCODING_INVALID", "400", { body: ssn, with: { data: undefined } }],
    ["CONTENT_CODING_UNSUPPORTED", "415", { body: ssn, headers: { "content-encoding": "gzip" } }],
    ["CONTENT_CODING_UNSUPPORTED", "415", { body: ssn, headers: { "content-encoding": "identity, br" } }],
    ["CONTENT_CODING_UNSUPPORTED", "415", { body: ssn, headers: { "content-encoding": ["identity", "br"] } }],
    ["MEDIA_TYPE_MISSING", "415", { body: ssn, contentType: [] }],
    ["MEDIA_TYPE_MISSING", "415", { body: ssn, contentType: "" }],
    ["MEDIA_TYPE_MISMATCH", "415", { body: ssn, contentType: ["application/json", "application/json"] }],
    ["MEDIA_TYPE_MISMATCH", "415", { body: ssn, contentType: "application/json, text/plain" }],
    ["MEDIA_TYPE_UNSUPPORTED", "415", { body: ssn, contentType: "image/png" }],
    ["CHARSET_UNSUPPORTED", "415", { body: ssn, contentType: utf16 }],
    ["BODY_NOT_UTF8", "400", { body: Buffer.from('{"ssn":"\xff"}', "latin1") }],
    ["BODY_MALFORMED", "400", { body: '{"ssn":1' }],
    ["BODY_TOO_DEEP", "400", { body: "[".repeat(100_000) }],
    ["FORM_NOT_PLAUSIBLE", "400", { body: ssn, contentType: form }],
    ["FIELD_REQUIRED_MISSING", "400", { body: "{}" }, required],
    ["FIELD_REQUIRED_MISSING", "400", { body: "", contentType: [] }, required],
    ["FIELD_NAME_VARIANT", "400", { body: '{"SSN":1}' }],
    ["FIELD_SHAPE_MISMATCH", "400", { body: "[1]" }, required],
    ["FIELD_OVERLAP", "400", { body: '{"a":{"b":1}}' }, overlapping],
    ["FOREIGN_ENVELOPE", "400", { body: `["${envelopeLike}"]` }],
    [
      "TOO_MANY_FIELDS",
      "413",
      { body: '[{"ssn":1},{"ssn":2}]' },
      policyOf([seals("$..ssn")], { limits: { maxFields: 1 } }),
    ],
    ["OUTPUT_TOO_LARGE", "413", { body: ssn }, policyOf([seals("$..ssn")], { limits: { maxOutputBytes: 100 } })],
    [
      "CONTEXT_INVALID",
      "400",
      { body: ssn, headers: { "x-t": "a".repeat(257) } },
      policyOf([seals("$.ssn")], { context: { t: { header: "x-t" } } }),
    ],
  ])("answers %s with status %s, uncached and without a word of the body", async (code, status, sent, to) => {
    expect(await refusal(sent, to)).toEqual({ status, code });
    expect(said).toEqual([]);
  });

  it("refuses base64 that does not re-encode to itself", async () => {
    const clean = Buffer.from('{"ssn":1,"abc":"defg"}').toString("base64");
    const flawed = [
      ...[clean.replace("=", ""), `${clean}=`, ` ${clean}`, `${clean}\n`, clean.replace(/^(.{4})/, "$1*")],
      ...[`AAAA*AAA${clean.slice(8)}`, "AAAA*AAAAAAA", "AAAA=AAAAAAA", "AB==", "AAB=", "A", "_-_-", "AA=A"],
    ];
    for (const data of flawed) {
      const sent = { body: "x", with: { data } };
      expect([data, (await refusal(sent)).code]).toEqual([data, "BODY_ENCODING_INVALID"]);
    }
  });

  it("is not made of what is no parsed policy", () => {
    for (const other of [{ version: 1, id: "raw", keys: {}, routes: [] }, undefined, "{}"]) {
      const raw = other as unknown as typeof policy;
      expect(() => createOriginRequestHandler({ policy: raw })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID" }),
      );
    }
  });

  it("answers EVENT_INVALID to what is no request event, whatever it is", async () => {
    const handler = createOriginRequestHandler({ policy, log });
    const bad = [
      {},
      { Records: [] },
      { Records: [{ cf: {} }] },
      { Records: [{ cf: { request: { uri: "/" } } }] },
      null,
      undefined,
    ];
    for (const event of bad) {
      const response = (await handler(event as never)) as CloudFrontResultResponse;
      expect([response.status, JSON.parse(response.body!)]).toEqual([
        "500",
        expect.objectContaining({ code: "EVENT_INVALID" }),
      ]);
    }
  });

  it("answers INTERNAL_ERROR to what nobody foresaw, and still forwards nothing", async () => {
    const request = requestOf({ body: "{}" });
    Object.defineProperty(request, "body", {
      get: () => {
        throw new Error("boom");
      },
    });
    const response = (await createOriginRequestHandler({ policy, log })(eventOf(request))) as CloudFrontResultResponse;
    expect(response.status).toBe("500");
    expect(response.body).toContain("INTERNAL_ERROR");
    expect(JSON.stringify([response, events])).not.toContain("boom");
  });

  it("writes one JSON line for each refusal where no log is given", async () => {
    await createOriginRequestHandler({ policy })(eventOf(requestOf({ body: '{"x":{"SSN":1}}' })));
    expect(said).toHaveLength(1);
    expect(JSON.parse(said[0]!)).toEqual({
      event: "fieldseal.refused",
      code: "FIELD_NAME_VARIANT",
      policy: "test",
      requestId: "req-1",
      ...{ field: "ssn", selector: "$..ssn", offset: 12, microseconds: expect.any(Number) },
    });
  });

  it("lets no canary of a refused body, in values or in names, into response, log or error", async () => {
    const canary = "canary7Q";
    const c = canary;
    const like = `fs1.r.${c}.f.${c.repeat(5)}.x`;
    const both = policyOf([seals("$.a.b", { required: true }), seals("$..ssn", { name: "ssn2" })], {
      context: { id: { select: "$.id" } },
    });
    const bodies: Sent[] = [
      { body: `{"${c}":"${c}"` },
      { body: `{"${c}":${c}}` },
      { body: `{"${c}":"${c}"}` },
      { body: `${c}` },
      { body: `{"a":"${c}"}` },
      { body: `{"a":["${c}"],"${c}":1}` },
      { body: `{"a":{"${c}":"${c}"}}` },
      { body: `{"a":{"b":"${c}"},"A":{"B":"${c}"}}` },
      { body: `{"a":{"b":{"ssn":"${c}"}}}` },
      { body: `{"a":{"b":1},"ssn":"${c}","id":["${c}"]}` },
      { body: `{"a":{"b":1},"id":"${c}\\n"}` },
      { body: `{"a":{"b":1},"id":"${c.repeat(40)}"}` },
      { body: `{"a":{"b":1},"id":"x","${like}":"${like}"}` },
      { body: Buffer.concat([Buffer.from(`{"${c}":"${c}`), Buffer.of(0xff)]) },
      { body: `{"${c}":`.repeat(300) },
      { body: `{"${c}":1}`, contentType: form },
      { body: `${c}=${c}%zz`, contentType: form },
      { body: `${c}=${c}`, contentType: `text/${c}` },
      { body: `{"${c}":"${c}"}`, contentType: [] },
      { body: `{"${c}":"${c}"}`, contentType: `application/json; charset=${c}` },
      { body: `{"${c}":"${c}"}`, headers: { "content-encoding": c } },
      { body: `{"${c}":"${c}"}`, with: { inputTruncated: true } },
      { body: "x", with: { encoding: "text", data: `{"${c}":"${c}` } },
      { body: "x", with: { data: `${c}*` } },
      { body: "x", with: { encoding: c, data: c } },
    ];
    const codes = new Set<string>();
    for (const sent of bodies) {
      const response = (await answer(sent, both)) as CloudFrontResultResponse;
      expect(response.status).toMatch(/^[45]/);
      codes.add((JSON.parse(response.body!) as { code: string }).code);
      await createOriginRequestHandler({ policy: both })(eventOf(requestOf(sent)));
      const spoken = JSON.stringify([response, events, said]);
      expect(spoken).not.toContain(canary);
      expect(spoken).not.toContain(Buffer.from(canary).toString("base64").slice(0, 8));
    }
    expect(codes.size).toBeGreaterThanOrEqual(14);
    expect(said).toHaveLength(bodies.length);
  });

  it("lets none of a part's name, a file's, a parameter's or an element's into them either", async () => {
    const c = "canary7Q";
    const like = `fs1.r.${c}.f.${c.repeat(5)}.x`;
    const multipart = "multipart/form-data; boundary=b";
    const part = (parameters: string, value = c, more = ""): string =>
      `--b\r\nContent-Disposition: form-data; ${parameters}${more}\r\n\r\n${value}\r\n`;
    const names = policyOf([seals("$.ssn")], { limits: { maxFields: 1 } });
    const tree = policyOf([seals("$.r.ssn", { required: true })]);
    const cases: readonly [typeof names, string, string][] = [
      [names, multipart, `${part(`name="${c}"; filename="${c}`)}--b--`],
      [names, multipart, `${part(`name="${c}"; ${c}="${c}"`)}--b--`],
      [names, multipart, `${part(`name="${c}"; filename="${c}"`, c, `\r\nContent-Type: multipart/${c}`)}--b--`],
      [names, multipart, `${part(`name="${like}"; filename="${c}"`)}--b--`],
      [names, multipart, `${part(`name="${c}"`, like)}--b--`],
      [names, multipart, `${part(`name="SSN"; filename="${c}"`)}--b--`],
      [names, multipart, `${part("name=ssn")}${part("name=ssn")}--b--`],
      [names, multipart, `${part('name="_charset_"')}--b--`],
      [names, multipart, `${part("name=ssn", c, `\r\nContent-Type: text/plain; charset=${c}`)}--b--`],
      [names, `multipart/form-data; boundary=${c}; ${c}=1`, c],
      [names, form, `${c}=1&SSN=${c}`],
      [names, form, `${like}=${c}`],
      [tree, "application/xml", `<${c} ${c}="${c}"`],
      [tree, "application/xml", `<r><${c} ${c}="1" ${c}="2"/></r>`],
      [tree, "application/xml", `<!DOCTYPE ${c}><r/>`],
      [tree, "application/xml", `<r><SSN ${c}="${c}">${c}</SSN></r>`],
      [tree, "application/xml", `<r><${c}>${c}</${c}></r>`],
      [tree, "application/xml", `<r xmlns:${c}="http://www.w3.org/2001/XInclude"><${c}:${c}/></r>`],
      [tree, "application/x-ndjson", `{"r":{"ssn":1}}\n{"${c}":"${c}"}`],
    ];
    const codes = new Set<string>();
    for (const [policy, contentType, body] of cases) {
      const sent = { body, contentType };
      const response = (await answer(sent, policy)) as CloudFrontResultResponse;
      expect(response.status, body).toMatch(/^[45]/);
      codes.add((JSON.parse(response.body!) as { code: string }).code);
      expect(JSON.stringify([response, events])).not.toContain(c);
    }
    expect(codes.size).toBeGreaterThanOrEqual(9);
  });
});
