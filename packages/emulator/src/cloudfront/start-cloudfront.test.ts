import type { CloudFrontRequestEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { editing, post, requestOf, returning, send, setUp } from "./edge.fixture.ts";
import { startCloudFront } from "./start-cloudfront.ts";

test("a whole URL as the request's target is its path and query to function and origin", async () => {
  const { edge, origin, seen } = await setUp();
  for (const [path, uri, querystring] of [
    ["http://shop.example/a?b=http://c", "/a", "b=http://c"],
    ["HTTPS://shop.example?b", "/", "b"],
    ["http://shop.example", "/", ""],
  ] as const) {
    expect((await send(edge, { path })).status).toBe(201);
    expect(requestOf(seen.at(-1)!)).toMatchObject({ uri, querystring });
    expect([origin.last?.url, edge.events.at(-1)?.uri]).toEqual([
      querystring === "" ? uri : `${uri}?${querystring}`,
      uri,
    ]);
  }
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

  test("a function that returns no promise is a 503: Lambda would not wait for what it returns", async () => {
    const errors: unknown[] = [];
    const { edge, origin } = await setUp({
      handler: ((event: CloudFrontRequestEvent) => requestOf(event)) as never,
      onHandlerError: (thrown) => errors.push(thrown),
    });
    expect((await post(edge, canary)).status).toBe(503);
    expect(errors).toMatchObject([{ code: "HANDLER_INVALID" }]);
    expect(origin.requests).toHaveLength(0);
  });

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
    for (const name of [
      "X-Amz-Date",
      "Connection",
      "x y",
      "Host",
      "Cookie",
      "Content-Length",
      "Range",
      "x".repeat(257),
    ]) {
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
