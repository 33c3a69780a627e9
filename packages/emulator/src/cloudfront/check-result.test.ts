import type { CloudFrontRequestResult } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { editing, post, returning, setUp } from "./edge.fixture.ts";
import type { EdgeRequestHandler } from "./run-handler.ts";

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
    ["a URL over 8,192 bytes", editing((request) => void Object.assign(request, { querystring: "q".repeat(8192) }))],
    ["headers over 20,480 bytes", header("x-large", "y".repeat(20_480))],
    ["a read timeout over 60 s", custom({ readTimeout: 61 })],
    ["a read timeout below 4 s", custom({ readTimeout: 3 })],
    ["a keep-alive timeout of 0", custom({ keepaliveTimeout: 0 })],
    ["no sslProtocols", custom({ sslProtocols: [] })],
    ["an unknown TLS version", custom({ sslProtocols: ["TLSv1.4"] })],
    ["a custom header that no origin may have", custom({ customHeaders: { cookie: [{ value: "a=b" }] } })],
    ["a custom header over 1,783 characters", custom({ customHeaders: { "x-k": [{ value: "y".repeat(1784) }] } })],
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
