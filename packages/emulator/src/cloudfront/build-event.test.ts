import type { CloudFrontRequestEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { post, requestOf, send, setUp } from "./edge.fixture.ts";

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
