import { createHash } from "node:crypto";
import { parseReceipt } from "@fieldseal/edge-encrypt/guard";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Edge, open, policyOf, startEdge } from "./edge-fixture.ts";

const encrypt = { action: "encrypt", key: "pii-1" } as const;
const policy = policyOf({
  methods: ["POST", "GET"],
  context: { app: "shop" },
  query: [
    { name: "email", select: "$.email", ...encrypt },
    { name: "trace", select: "$.trace", action: "remove" },
  ],
  headers: [
    { name: "phone", header: "X-Customer-Phone", ...encrypt },
    { name: "debug", header: "x-debug", action: "remove" },
  ],
  cookies: [
    { name: "sid", cookie: "session", ...encrypt },
    { name: "ads", cookie: "ads", action: "remove" },
  ],
});
const envelope = /fs1\.r\.pii-1\.[a-z]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.fs/g;

describe("query, headers and cookies on the way through CloudFront", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge({ policy });
  });
  afterAll(() => edge.close());

  it("are sealed in place, every other byte as it came", async () => {
    const answer = await edge.send("/v1/customers/7?a=%7e&email=ada%40example.org&&B=%zz;x&email=", {
      headers: {
        "x-customer-phone": "+44 20 7946 0958",
        cookie: 'theme=dark;session="a b";  ads=1; lang=en',
        "x-debug": "yes",
      },
      body: '{"ssn":"078-05-1120"}',
    });
    expect(answer.status).toBe(201);
    const { url, headers, body } = edge.origin.last!;
    expect(url.replace(envelope, "*")).toBe("/v1/customers/7?a=%7e&email=*&&B=%zz;x&email=*");
    const [first, second] = url.match(envelope)!;
    expect(await open(first!, "email", { app: "shop" })).toBe("ada@example.org");
    expect(await open(second!, "email", { app: "shop" })).toBe("");
    expect(headers.cookie!.replace(envelope, "*")).toBe("theme=dark;session=*; lang=en");
    expect(await open(headers.cookie!.match(envelope)![0], "sid", { app: "shop" })).toBe('"a b"');
    expect(await open(headers["x-customer-phone"] as string, "phone", { app: "shop" })).toBe("+44 20 7946 0958");
    expect(headers["x-debug"]).toBeUndefined();
    expect(body.toString().replace(envelope, "*")).toBe('{"ssn":"*"}');
  });

  it("are sealed where HEAD asks for what GET covers", async () => {
    await edge.send("/v1/customers/7?email=ada", { method: "HEAD", headers: { cookie: "session=1" } });
    const { method, url, headers } = edge.origin.last!;
    expect([method, url.replace(envelope, "*")]).toEqual(["HEAD", "/v1/customers/7?email=*"]);
    expect(headers.cookie!.replace(envelope, "*")).toBe("session=*");
  });

  it("share one wrapped data key with the body, which the receipt names", async () => {
    await edge.send("/v1/customers/7?email=a", { headers: { cookie: "session=1" }, body: '{"ssn":1}' });
    const { url, headers, body } = edge.origin.last!;
    const wrapped = [url, headers.cookie!, body.toString()].map((text) => text.match(envelope)![0].split(".")[4]!);
    expect(new Set(wrapped).size).toBe(1);
    const digest = createHash("sha256").update(Buffer.from(wrapped[0]!, "base64url")).digest("base64url");
    const receipt = parseReceipt(headers["x-fieldseal"] as string);
    expect(receipt).toMatchObject({ policy: policy.digest, mode: "enforce", seal: null });
    expect(Object.fromEntries(receipt.dataKeys)).toEqual({ "pii-1": [digest] });
    expect(Object.fromEntries(receipt.fields)).toEqual({ ssn: 1, email: 1, sid: 1 });
  });

  it("are sealed where there is no body at all", async () => {
    const answer = await edge.send("/v1/customers/7?email=a&trace=1", { method: "GET" });
    expect(answer.status).toBe(201);
    expect(edge.origin.last!.url.replace(envelope, "*")).toBe("/v1/customers/7?email=*");
  });

  it.each([
    ["x=1&trace=2&trace=3&y=4", "?x=1&y=4"],
    ["trace=1&trace=2&y=4", "?y=4"],
    ["y=4&trace=1", "?y=4"],
    ["trace=1", ""],
    ["trace=1&&trace=2", ""],
  ])("loses removed pairs of %s with one separator each", async (query, expected) => {
    await edge.send(`/v1/customers/7?${query}`, { method: "GET" });
    expect(edge.origin.last!.url).toBe(`/v1/customers/7${expected}`);
  });

  it("loses a Cookie header of which nothing is left", async () => {
    await edge.send("/v1/customers/7", { method: "GET", headers: { cookie: "ads=1" } });
    expect(edge.origin.last!.headers.cookie).toBeUndefined();
  });

  it.each([
    ["/v1/customers/7?ssn=1", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?S-S_N%5B%5D=1", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?%73sn", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?%5Bssn%5D=1", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?[email]=ada", {}, "FIELD_NAME_VARIANT"],
    ["/v1/customers/7?a=1;ssn=2", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7;a=1;%73sn=2", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7;email=2", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?a=1;email=2", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7??ssn=2", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?a=1&!ssn=2", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?ssn%00x=2", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?ssn.x=2", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?ssn[%FF]=2", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?filter[ssn]=2", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?a=1&filter.SSN[eq]=2", {}, "FIELD_IN_QUERY"],
    ["/v1/customers/7?E-Mail=1", {}, "FIELD_NAME_VARIANT"],
    ["/v1/customers/7", { x_customer_phone: "1" }, "FIELD_NAME_VARIANT"],
    ["/v1/customers/7", { cookie: "SESSION=1" }, "FIELD_NAME_VARIANT"],
    ["/v1/customers/7", { cookie: 'session="a;b"' }, "COOKIE_MALFORMED"],
    ["/v1/customers/7", { "x-customer-phone": `fs1.r.k.f.${"A".repeat(50)}.AAAA.fs` }, "FOREIGN_ENVELOPE"],
    [`/v1/customers/7?email=fs1.r.k.f.${"A".repeat(50)}.AAAA.fs`, {}, "FOREIGN_ENVELOPE"],
  ])("are refused for %s with %j: %s", async (path, headers, code) => {
    edge.origin.clear();
    const answer = await edge.send(path, { method: "GET", headers: headers as Record<string, string> });
    expect(answer).toMatchObject({ status: 400, code });
    expect(edge.origin.requests).toHaveLength(0);
  });

  it.each([
    ["/v1/customers/7?ssn=canary&canary=1", {}],
    ["/v1/customers/canary%00", {}],
    ["/v1/customers/7?email=fs1.canary", { cookie: 'canary=1; session="canary;' }],
    ["/v1/customers/7?E-Mail=canary", { "x-http-method": "canary" }],
    ["/v1/customers/7", { Session: "canary", cookie: "SESSION=canary" }],
    [`/v1/customers/7?email=${"canary".repeat(1200)}`, {}],
  ])("leave nothing of %s in the answer or the log when they are refused", async (path, headers) => {
    edge.refused.length = 0;
    const answer = await edge.send(path, { method: "GET", headers: headers as Record<string, string> });
    expect(answer.code).toBeDefined();
    expect(edge.refused).toHaveLength(1);
    expect(answer.text + JSON.stringify([answer.headers, edge.refused])).not.toContain("canary");
  });

  it("are refused where the sealed URL would be over 8192 bytes", async () => {
    const answer = await edge.send(`/v1/customers/7?email=${"a".repeat(7000)}`, { method: "GET" });
    expect(answer).toMatchObject({ status: 414, code: "URL_TOO_LONG" });
  });

  it("are refused where the sealed headers would be over 20,480 bytes", async () => {
    const headers = { "x-customer-phone": "1".repeat(15_500) };
    const answer = await edge.send("/v1/customers/7", { method: "GET", headers });
    expect(answer).toMatchObject({ status: 431, code: "HEADERS_TOO_LARGE" });
  });
});

describe("required values outside the body", () => {
  const required = { ...encrypt, required: true };
  it.each([
    ["query", { query: [{ name: "email", select: "$.email", ...required }] }],
    ["headers", { headers: [{ name: "phone", header: "x-phone", ...required }] }],
    ["cookies", { cookies: [{ name: "sid", cookie: "session", ...required }] }],
  ])("in %s are asked for, but not of OPTIONS", async (_, route) => {
    const edge = await startEdge({ policy: policyOf(route) });
    const path = "/v1/customers/7";
    expect(await edge.send(path, { method: "GET" })).toMatchObject({ status: 400, code: "FIELD_REQUIRED_MISSING" });
    expect(await edge.send(path, { method: "OPTIONS" })).toMatchObject({ status: 201 });
    const headers = { "x-phone": "1", cookie: "session=1" };
    expect(await edge.send(`${path}?email=1`, { method: "GET", headers })).toMatchObject({ status: 201 });
    await edge.close();
  });
});
