import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CloudFrontRequest, CloudFrontRequestEvent, CloudFrontRequestResult } from "aws-lambda";
import { afterEach, describe, expect, test } from "vitest";
import { type Origin, type OriginListener, startOrigin } from "../origin/start-origin.ts";
import type { CloudFrontOptions } from "./distribution.ts";
import { loadHandler } from "./load-handler.ts";
import type { EdgeRequestHandler } from "./run-handler.ts";
import { type CloudFrontServer, startCloudFront } from "./start-cloudfront.ts";

interface Setup {
  readonly origin: Origin;
  readonly edge: CloudFrontServer;
  /** Every event that the function saw. */
  readonly seen: CloudFrontRequestEvent[];
}
const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

const requestOf = (event: CloudFrontRequestEvent): CloudFrontRequest => {
  const request = event.Records[0]?.cf.request;
  if (request === undefined) throw new Error("no request");
  return request;
};
type Options = Partial<Omit<CloudFrontOptions, "origin">> & {
  customHeaders?: Record<string, string>;
  path?: string;
  listener?: OriginListener;
};

async function setUp({ customHeaders, path, listener, ...options }: Options = {}): Promise<Setup> {
  const seen: CloudFrontRequestEvent[] = [];
  const origin = await startOrigin(listener);
  const handler: EdgeRequestHandler = options.handler ?? (async (event) => requestOf(event));
  const edge = await startCloudFront({
    ...options,
    origin: {
      host: origin.host,
      port: origin.port,
      domainName: "origin.test",
      ...(customHeaders && { customHeaders }),
      ...(path !== undefined && { path }),
    },
    handler: (event, context) => {
      seen.push(structuredClone(event));
      return handler(event, context);
    },
  });
  running.push(edge, origin);
  return { origin, edge, seen };
}
/** A handler that edits the request of its event. */
const editing =
  (edit: (request: CloudFrontRequest) => void): EdgeRequestHandler =>
  async (event) => {
    const request = requestOf(event);
    edit(request);
    return request;
  };
const returning =
  (result: unknown): EdgeRequestHandler =>
  async () =>
    result as CloudFrontRequestResult;
const post = (edge: CloudFrontServer, body: string | Buffer, path = "/"): Promise<Response> =>
  fetch(edge.url + path, {
    method: "POST",
    body: typeof body === "string" ? body : new Uint8Array(body),
    headers: { "content-type": "application/json" },
  });

/** A request with exactly these headers. */
function send(
  edge: CloudFrontServer,
  init: { method?: string; path?: string; headers?: Record<string, string | string[]>; body?: string },
): Promise<{ status: number; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const { method = "POST", path = "/", headers = {}, body } = init;
    const request = httpRequest({ host: edge.host, port: edge.port, method, path, headers, agent: false });
    request.on("error", reject);
    request.on("response", (response: IncomingMessage) => {
      response.resume().on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    });
    request.end(body);
  });
}

describe("the event", () => {
  test("has the shape of an origin request, with the body in base64 even for text", async () => {
    const { edge, seen } = await setUp({ customHeaders: { "X-Key": "k" }, path: "/api" });
    await post(edge, '{"a":1}', "/v1/x?q=%20a&q=b");
    const cf = seen[0]?.Records[0]?.cf;
    expect(cf?.config).toEqual({
      distributionDomainName: "d111111abcdef8.cloudfront.net",
      distributionId: "EDFDVBD6EXAMPLE",
      eventType: "origin-request",
      requestId: edge.events[0]?.requestId,
    });
    expect(cf?.request).toMatchObject({
      method: "POST",
      uri: "/v1/x",
      querystring: "q=%20a&q=b",
      clientIp: "127.0.0.1",
      body: {
        action: "read-only",
        encoding: "base64",
        inputTruncated: false,
        data: Buffer.from('{"a":1}').toString("base64"),
      },
      headers: {
        host: [{ key: "Host", value: "origin.test" }],
        "content-type": [{ key: "content-type", value: "application/json" }],
        "content-length": [{ key: "content-length", value: "7" }],
        "x-forwarded-for": [{ key: "X-Forwarded-For", value: "127.0.0.1" }],
        via: [{ key: "Via" }],
      },
      origin: {
        custom: { domainName: "origin.test", path: "/api", customHeaders: { "x-key": [{ key: "X-Key", value: "k" }] } },
      },
    });
  });

  test("shows no disallowed header, keeps repeated ones, and lets origin custom headers win over the viewer's", async () => {
    const { edge, seen, origin } = await setUp({ customHeaders: { "X-Secret": "real" } });
    const headers = { "X-Real-IP": "1.2.3.4", "X-Edge-Thing": "1", "X-Secret": "forged", "X-Twice": ["a", "b"] };
    await send(edge, { headers, body: "{}" });
    const names = Object.keys(requestOf(seen[0] as CloudFrontRequestEvent).headers);
    expect(names).toEqual(expect.arrayContaining(["x-twice", "via"]));
    for (const name of ["x-real-ip", "x-edge-thing", "connection", "x-secret"]) expect(names).not.toContain(name);
    expect(requestOf(seen[0] as CloudFrontRequestEvent).headers["x-twice"]).toHaveLength(2);
    expect(origin.last?.headers).toMatchObject({ "x-secret": "real", "x-twice": "a, b", host: "origin.test" });
    expect(origin.last?.headers["x-amz-cf-id"]).toBe(edge.events[0]?.requestId);
  });

  test("appends to the viewer's Via and X-Forwarded-For", async () => {
    const { edge, seen } = await setUp();
    await send(edge, { headers: { Via: "1.1 proxy", "X-Forwarded-For": "198.51.100.7" }, body: "{}" });
    const { headers } = requestOf(seen[0] as CloudFrontRequestEvent);
    expect(headers.via?.map(({ value }) => value)).toEqual(["1.1 proxy", expect.stringContaining("(CloudFront)")]);
    expect(headers["x-forwarded-for"]?.[0]?.value).toBe("198.51.100.7, 127.0.0.1");
  });

  test.each([
    ["POST", "undefined", ""],
    ["GET", "undefined", undefined],
    ["GET", "empty", ""],
  ] as const)("%s without a body, bodyOfReadMethods %s: data is %j", async (method, bodyOfReadMethods, data) => {
    const { edge, seen } = await setUp({ bodyOfReadMethods });
    await send(edge, { method });
    expect(requestOf(seen[0] as CloudFrontRequestEvent).body?.data).toBe(data);
  });

  test("has no body without IncludeBody, and the origin still gets all of it", async () => {
    const { edge, seen, origin } = await setUp({ includeBody: false });
    await post(edge, "secret");
    expect(requestOf(seen[0] as CloudFrontRequestEvent)).not.toHaveProperty("body");
    expect(origin.last?.body.toString()).toBe("secret");
    expect(edge.events[0]?.exposedBytes).toBeUndefined();
  });

  test.each([
    ["origin-request", "decimal", 1_000_000],
    ["origin-request", "binary", 1_048_576],
    ["viewer-request", "decimal", 40_000],
    ["viewer-request", "binary", 40_960],
  ] as const)("%s, %s units: the body is cut after %i bytes", async (eventType, units, limit) => {
    const { edge, seen, origin } = await setUp({ eventType, units });
    for (const [length, truncated] of [
      [limit, false],
      [limit + 1, true],
    ] as const) {
      await post(edge, Buffer.alloc(length, 97));
      const { body } = requestOf(seen.at(-1) as CloudFrontRequestEvent);
      expect(body?.inputTruncated).toBe(truncated);
      expect(Buffer.from(body?.data ?? "", "base64")).toHaveLength(limit);
      expect(origin.last?.body).toHaveLength(length);
    }
  });

  test("of a viewer request has the viewer's host and no origin", async () => {
    const { edge, seen, origin } = await setUp({ eventType: "viewer-request", customHeaders: { "x-key": "k" } });
    await send(edge, { headers: { Host: "shop.example" }, body: "{}" });
    const request = requestOf(seen[0] as CloudFrontRequestEvent);
    expect(request.headers.host?.[0]?.value).toBe("shop.example");
    expect(request).not.toHaveProperty("origin");
    expect(origin.last?.headers).toMatchObject({ host: "origin.test", "x-key": "k" });
  });
});

describe("the body that the origin gets", () => {
  const replace = (body: Partial<NonNullable<CloudFrontRequest["body"]>>): EdgeRequestHandler =>
    editing((request) => {
      request.body = { inputTruncated: false, action: "replace", encoding: "base64", data: "", ...body };
    });

  test("with action read-only is the viewer's, whatever data holds", async () => {
    const { edge, origin } = await setUp({ handler: replace({ action: "read-only", data: "ignored!" }) });
    await post(edge, "original");
    expect(origin.last?.body.toString()).toBe("original");
    expect(edge.lastResult).toMatchObject({ outcome: "forwarded", bodyReplaced: false, originBodyBytes: 8 });
  });

  test.each([
    ["text", "né\u{1f600}w"],
    ["base64", Buffer.from("né\u{1f600}w").toString("base64")],
  ] as const)("with action replace and encoding %s is what was returned, with a new length", async (encoding, data) => {
    const { edge, origin } = await setUp({ handler: replace({ encoding, data }) });
    await post(edge, "a much longer original body");
    expect(origin.last?.body.toString()).toBe("né\u{1f600}w");
    expect(origin.last?.headers["content-length"]).toBe("8");
    expect(edge.lastResult).toMatchObject({ bodyReplaced: true, outputTruncated: false, status: 201 });
  });

  test("keeps arbitrary bytes", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const { edge, origin } = await setUp({ handler: replace({ data: bytes.toString("base64") }) });
    await post(edge, "x");
    expect(origin.last?.body).toEqual(bytes);
  });

  test("is framed in chunks when asked", async () => {
    const { edge, origin } = await setUp({
      originFraming: "chunked",
      handler: replace({ encoding: "text", data: "new" }),
    });
    await post(edge, "old");
    expect(origin.last?.headers).toMatchObject({ "transfer-encoding": "chunked" });
    expect(origin.last?.headers).not.toHaveProperty("content-length");
    expect(origin.last?.body.toString()).toBe("new");
  });

  test.each([
    ["origin-request", "text", 1_000_000, 1_000_000],
    ["origin-request", "base64", 1_330_000, 997_500],
    ["viewer-request", "text", 40_000, 40_000],
    ["viewer-request", "base64", 53_200, 39_900],
  ] as const)("%s, %s: is cut without notice at %i characters", async (eventType, encoding, characters, bytes) => {
    for (const [extra, truncated] of [
      [0, false],
      [4, true],
    ] as const) {
      const { edge, origin } = await setUp({
        eventType,
        handler: replace({ encoding, data: "A".repeat(characters + extra) }),
      });
      expect((await post(edge, "x")).status).toBe(201);
      expect(origin.last?.body).toHaveLength(bytes);
      expect(edge.lastResult?.outputTruncated).toBe(truncated);
    }
  });

  test("arrives whole from a chunked upload, although the event has no content-length", async () => {
    const { edge, origin, seen } = await setUp();
    await send(edge, { headers: { "Transfer-Encoding": "chunked" }, body: "abc" });
    expect(requestOf(seen[0] as CloudFrontRequestEvent).headers).not.toHaveProperty("content-length");
    expect(origin.last?.body.toString()).toBe("abc");
  });
});

describe("a result that fails validation is a 502 and never reaches the origin", () => {
  const header = (name: string, value = "x") =>
    editing(({ headers }) => {
      headers[name] = [{ key: name, value }];
    });
  const body = (change: Record<string, unknown>) =>
    editing((request) => {
      Object.assign(request.body ?? {}, { action: "replace" }, change);
    });
  const custom = (change: Record<string, unknown>) =>
    editing(({ origin }) => {
      Object.assign(origin?.custom ?? {}, change);
    });
  const cases: readonly (readonly [string, EdgeRequestHandler])[] = [
    ["nothing", returning(undefined)],
    ["null", returning(null)],
    ["a string", returning("ok")],
    ["an empty object", returning({})],
    ["the whole event", async (event) => event as unknown as CloudFrontRequestResult],
    ["Content-Length changed", header("content-length", "3")],
    ["Content-Length deleted", editing(({ headers }) => void delete headers["content-length"])],
    ["Transfer-Encoding added", header("transfer-encoding", "chunked")],
    ["Via changed", header("via")],
    ["Accept-Encoding changed", header("accept-encoding", "zstd")],
    ["If-None-Match added", header("if-none-match")],
    ["Connection added", header("connection", "close")],
    ["X-Edge-* added", header("x-edge-marker")],
    ["X-Amz-Cf-* added", header("x-amz-cf-thing")],
    ["X-Forwarded-Proto added", header("x-forwarded-proto", "https")],
    ["a header key in upper case", header("X-Upper")],
    ["a header value with a line break", header("x-split", "a\r\nb: c")],
    [
      "a header entry that is no array",
      editing(({ headers }) => void Object.assign(headers, { "x-a": { value: "b" } })),
    ],
    [
      "a header entry without a value",
      editing(({ headers }) => void Object.assign(headers, { "x-a": [{ key: "X-A" }] })),
    ],
    [
      "a header entry with another key",
      editing(({ headers }) => void Object.assign(headers, { "x-a": [{ key: "X-B", value: "" }] })),
    ],
    ["no headers", editing((request) => void Object.assign(request, { headers: undefined }))],
    ["method changed", editing((request) => void Object.assign(request, { method: "PUT" }))],
    ["clientIp changed", editing((request) => void Object.assign(request, { clientIp: "1.1.1.1" }))],
    ["uri without a slash", editing((request) => void Object.assign(request, { uri: "x" }))],
    ["uri with a query", editing((request) => void Object.assign(request, { uri: "/x?y" }))],
    ["querystring with a space", editing((request) => void Object.assign(request, { querystring: "a b" }))],
    ["inputTruncated changed", body({ inputTruncated: true })],
    ["invalid base64", body({ data: "{}" })],
    ["base64 without padding", body({ data: "YQ" })],
    ["an unknown encoding", body({ encoding: "hex" })],
    ["an unknown action", body({ action: "append" })],
    ["data that is no string", body({ data: 7 })],
    [
      "a custom origin header that the request has too",
      custom({ customHeaders: { "content-type": [{ value: "x" }] } }),
    ],
    ["another origin", custom({ domainName: "elsewhere.example" })],
    ["no origin", editing((request) => void delete request.origin)],
    ["status 199", returning({ status: "199" })],
    ["status 600", returning({ status: "600" })],
    ["status as a number", returning({ status: 200 })],
    ["204 with a body", returning({ status: "204", body: "x" })],
    ["an unknown bodyEncoding", returning({ status: "200", body: "x", bodyEncoding: "hex" })],
    ["a response body in invalid base64", returning({ status: "200", body: "{", bodyEncoding: "base64" })],
    ["a response with Content-Length", returning({ status: "200", headers: { "content-length": [{ value: "0" }] } })],
    ["a response with Via", returning({ status: "200", headers: { via: [{ value: "x" }] } })],
    [
      "a response over 1 MB by its headers",
      returning({ status: "200", headers: { "x-a": [{ value: "y".repeat(100) }] }, body: "x".repeat(999_900) }),
    ],
    ["a response with X-Cache", returning({ status: "200", headers: { "x-cache": [{ value: "Hit" }] } })],
    ["a response over 1 MB", returning({ status: "200", body: "x".repeat(1_000_001) })],
  ];

  test.each(cases)("%s", async (_, handler) => {
    const { edge, origin } = await setUp({ handler });
    const response = await post(edge, '{"a":1}');
    expect([response.status, response.headers.get("x-cache")]).toEqual([502, "LambdaValidationError from cloudfront"]);
    expect(edge.lastResult).toMatchObject({ outcome: "invalid", status: 502, bodyReplaced: false });
    expect(origin.requests).toHaveLength(0);
  });

  test("the error page names the header, escaped", async () => {
    const { edge } = await setUp({ handler: header("x-edge-&") });
    expect(await (await post(edge, "x")).text()).toContain("x-edge-&#38; may not be set");
  });

  test("a body put where none was exposed", async () => {
    const handler = editing((request) => {
      request.body = { action: "replace", encoding: "text", data: "x", inputTruncated: false };
    });
    const { edge } = await setUp({ includeBody: false, handler });
    expect((await post(edge, "y")).status).toBe(502);
  });

  test("Host is read-only for viewer requests only", async () => {
    const handler = header("host", "other.example");
    const viewer = await setUp({ eventType: "viewer-request", handler });
    expect((await post(viewer.edge, "x")).status).toBe(502);
    const atOrigin = await setUp({ handler });
    expect((await post(atOrigin.edge, "x")).status).toBe(201);
    expect(atOrigin.origin.last?.headers.host).toBe("other.example");
  });

  test("a generated response over 40 KB for viewer requests", async () => {
    const handler = returning({ status: "200", body: "x".repeat(40_001) });
    const { edge } = await setUp({ eventType: "viewer-request", handler });
    expect((await post(edge, "x")).status).toBe(502);
  });
});

describe("what a function may do", () => {
  test("change uri, query, headers, origin path and custom headers", async () => {
    const handler = editing((request) => {
      request.uri = "/rewritten";
      request.querystring = "a=1";
      request.headers["x-added"] = [{ value: "1" }];
      delete request.headers["content-type"];
      const origin = request.origin?.custom;
      if (origin) Object.assign(origin, { path: "/v2", customHeaders: { "x-key": [{ key: "X-Key", value: "new" }] } });
    });
    const { edge, origin } = await setUp({ handler, path: "/v1", customHeaders: { "x-key": "old", "x-gone": "1" } });
    await post(edge, "x", "/path?b=2");
    expect(origin.last?.url).toBe("/v2/rewritten?a=1");
    expect(origin.last?.headers).toMatchObject({ "x-added": "1", "x-key": "new" });
    for (const name of ["content-type", "x-gone"]) expect(origin.last?.headers).not.toHaveProperty(name);
    expect(origin.last?.rawHeaders).toContain("X-Added");
    expect(edge.lastResult?.headersChanged).toEqual(["content-type", "x-added"]);
  });

  test("generate a response, which never reaches the origin", async () => {
    const result = {
      status: "413",
      statusDescription: "Too Large",
      headers: { "cache-control": [{ key: "Cache-Control", value: "no-store" }] },
      bodyEncoding: "base64",
      body: Buffer.from("sorry").toString("base64"),
    };
    const { edge, origin } = await setUp({ handler: returning(result) });
    const response = await post(edge, "x");
    expect([response.status, response.statusText, await response.text()]).toEqual([413, "Too Large", "sorry"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(edge.lastResult).toMatchObject({ outcome: "generated", status: 413, originBodyBytes: undefined });
    expect(origin.requests).toHaveLength(0);
  });

  test("use the context: request id, remaining time, but no callbacks", async () => {
    let facts: unknown;
    const { edge } = await setUp({
      handler: async (event, context) => {
        facts = [context.awsRequestId, context.getRemainingTimeInMillis() > 29_000];
        expect(() => context.succeed(event)).toThrow(expect.objectContaining({ code: "HANDLER_INVALID" }));
        return requestOf(event);
      },
    });
    expect((await post(edge, "x")).status).toBe(201);
    expect(facts).toEqual([edge.events[0]?.requestId, true]);
  });
});

describe("failures", () => {
  const canary = "078-05-1120";

  test("a function that throws is a 503; answer and log name the class, the hook gets the error", async () => {
    const errors: unknown[] = [];
    const error = new RangeError(`bad ${canary}`);
    const { edge, origin } = await setUp({
      handler: () => Promise.reject(error),
      onHandlerError: (thrown) => errors.push(thrown),
    });
    const response = await post(edge, canary);
    const page = await response.text();
    expect([response.status, response.headers.get("x-cache")]).toEqual([503, "LambdaExecutionError from cloudfront"]);
    expect(page).toContain("RangeError");
    expect(page + JSON.stringify(edge.events)).not.toContain(canary);
    expect(errors).toEqual([error]);
    expect(origin.requests).toHaveLength(0);
  });

  test("a synchronous throw and a result that JSON cannot hold are a 503", async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const throwing = await setUp({
      handler: () => {
        throw new Error("now");
      },
    });
    expect((await post(throwing.edge, "x")).status).toBe(503);
    const { edge } = await setUp({ handler: returning(cyclic) });
    expect((await post(edge, "x")).status).toBe(503);
  });

  test("a function that takes too long is a 503", async () => {
    const { edge } = await setUp({ handlerTimeoutMs: 20, handler: () => new Promise(() => undefined) });
    expect((await post(edge, "x")).status).toBe(503);
    expect(edge.lastResult?.outcome).toBe("timed-out");
  });

  test("a GET with a body, an unknown method, a long URL and long headers are refused before the function runs", async () => {
    const { edge, seen } = await setUp();
    const statuses = [
      await send(edge, { method: "GET", body: "x", headers: { "Content-Length": "1" } }),
      await send(edge, { method: "PROPFIND" }),
      await send(edge, { path: `/${"a".repeat(8192)}` }),
      await send(edge, { headers: { "x-long": "a".repeat(20_480) } }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([403, 403, 414, 494]);
    expect(seen).toHaveLength(0);
    expect((await send(edge, { path: `/${"a".repeat(8191)}` })).status).toBe(201);
    expect((await send(edge, { headers: { "x-long": "a".repeat(20_000) } })).status).toBe(201);
  });

  test("an origin that is gone is a 502, a silent one a 504, one that breaks off cuts the viewer's response", async () => {
    const gone = await setUp();
    await gone.origin.close();
    expect((await post(gone.edge, "x")).status).toBe(502);
    const silent = await setUp({ originTimeoutMs: 20, listener: () => new Promise(() => undefined) });
    expect((await post(silent.edge, "x")).status).toBe(504);
    const broken = await setUp({
      listener: () => ({
        body: (async function* () {
          yield "first";
          await new Promise((resolve) => setTimeout(resolve, 20));
          throw new Error("broken");
        })(),
      }),
    });
    const response = await post(broken.edge, "x");
    await expect(response.text()).rejects.toThrow();
  });

  test.each([
    ["throttling", 503],
    ["accessDenied", 403],
    ["serverError", 500],
  ] as const)("fault %s answers %i once, without running the function", async (fault, status) => {
    const { edge, seen } = await setUp({ faults: { [fault]: { next: 1, operations: ["POST"] } } });
    expect((await send(edge, { method: "GET" })).status).toBe(201);
    expect((await post(edge, "x")).status).toBe(status);
    expect((await post(edge, "x")).status).toBe(201);
    expect([seen.length, edge.faults.counts[fault]]).toEqual([2, 1]);
  });

  test("fault connectionReset gives the viewer no answer", async () => {
    const { edge } = await setUp();
    edge.faults.set({ connectionReset: {} });
    await expect(send(edge, { body: "x" })).rejects.toMatchObject({ code: "ECONNRESET" });
    edge.faults.clear();
    expect((await post(edge, "x")).status).toBe(201);
  });

  test("wrong options are refused", async () => {
    const handler = returning(null);
    const origin = { host: "127.0.0.1", port: 1 };
    await expect(startCloudFront({ handler, origin, host: "::" })).rejects.toMatchObject({ code: "HOST_REFUSED" });
    for (const name of ["X-Amz-Date", "Connection", "x y"]) {
      const call = startCloudFront({ handler, origin: { ...origin, customHeaders: { [name]: "x" } } });
      await expect(call).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    }
  });
});

describe("the response", () => {
  test("streams through with the origin's status and headers", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { edge } = await setUp({
      listener: () => ({
        status: 202,
        headers: { "x-origin": "1", "set-cookie": ["a=1", "b=2"] },
        body: (async function* () {
          yield "first";
          await gate;
          yield "second";
        })(),
      }),
    });
    const response = await post(edge, "x");
    expect(response.status).toBe(202);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("x-cache")).toBe("Miss from cloudfront");
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("first");
    release();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("second");
  });

  test("the log holds sizes and names and no body", async () => {
    const { edge } = await setUp();
    await post(edge, "canary-value", "/v1/x?secret=canary-value");
    expect(edge.events).toMatchObject([{ method: "POST", uri: "/v1/x", bodyBytes: 12, exposedBytes: 12 }]);
    expect(JSON.stringify(edge.events)).not.toContain("canary");
  });
});

describe("loadHandler", () => {
  test("imports handler from index.mjs, and anew when the file changes", async () => {
    const directory = await mkdtemp(join(tmpdir(), "edge-"));
    const write = (status: string) =>
      writeFile(join(directory, "index.mjs"), `export const handler = async () => ({ status: "${status}" });\n`);
    await write("418");
    const { edge } = await setUp({ handler: await loadHandler(directory) });
    expect((await post(edge, "x")).status).toBe(418);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await write("451");
    const { edge: again } = await setUp({ handler: await loadHandler(directory) });
    expect((await post(again, "x")).status).toBe(451);
    await rm(directory, { recursive: true });
  });

  test.each([
    [undefined, "HANDLER_NOT_FOUND"],
    ["export const other = 1;", "HANDLER_INVALID"],
    ["export const handler = (event, context, callback) => callback();", "HANDLER_INVALID"],
    ["syntax error", "HANDLER_INVALID"],
  ])("%s is refused with %s", async (source, code) => {
    const directory = await mkdtemp(join(tmpdir(), "edge-"));
    if (source !== undefined) await writeFile(join(directory, "index.mjs"), source);
    await expect(loadHandler(directory)).rejects.toMatchObject({ code });
    await rm(directory, { recursive: true });
  });
});
