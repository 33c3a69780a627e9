import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOriginRequestHandler, type SealedEvent } from "@fieldseal/edge-encrypt";
import { createOriginGuard, parseReceipt } from "@fieldseal/edge-encrypt/guard";
import { originRequestEvent } from "@fieldseal/emulator";
import type { CloudFrontRequest } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { policyOf, startEdge } from "./edge-fixture.ts";

const path = "/v1/customers/7";
const body = '{"ssn":"078-05-1120"}';
const key = "k".repeat(32);
const encrypt = { action: "encrypt", key: "pii-1" } as const;

describe("the receipt", () => {
  it.each([
    [path, {}],
    ["/uncovered", {}],
    [path, { onUncovered: "method" }],
  ])("of a client never reaches the origin (%s)", async (where, options) => {
    const policy = policyOf("onUncovered" in options ? { methods: ["PUT"] } : {}, { onUncoveredMethod: "forward" });
    const edge = await startEdge({ policy });
    await edge.send(where, {
      body,
      headers: { "x-fieldseal": "spoofed", x_fieldseal: "spoofed", "X-Fieldseal-Other": "1" },
    });
    const { rawHeaders, headers } = edge.origin.last!;
    expect(rawHeaders).not.toContain("spoofed");
    expect(headers["x-fieldseal-other"]).toBe("1");
    expect(headers["x-fieldseal"] !== undefined).toBe(where === path && policy.routes[0]!.methods === null);
    await edge.close();
  });

  it("is of the ABNF in docs/receipt.md", async () => {
    const edge = await startEdge({ policy: policyOf() });
    await edge.send(path, { body });
    const digest = "[A-Za-z0-9_-]{43}";
    expect(edge.origin.last!.headers["x-fieldseal"]).toMatch(
      new RegExp(`^v=1;p=${digest};m=enforce;f=ssn:1;k=pii-1:${digest}$`),
    );
    await edge.send(path, { body: "{}" });
    expect(edge.origin.last!.headers["x-fieldseal"]).toMatch(new RegExp(`^v=1;p=${digest};m=enforce;f=;k=$`));
    await edge.close();
  });

  it("names the policy by what it says, not by how it is written", () => {
    const [a, b] = [
      policyOf({}, { onUnmatched: "forward", id: "x" }),
      policyOf({}, { id: "x", onUnmatched: "forward" }),
    ];
    expect(a.digest).toBe(b.digest);
    expect(policyOf({}, { $schema: "x", id: "x", onUnmatched: "forward" }).digest).toBe(a.digest);
    expect(policyOf({}, { id: "x", onUnmatched: "reject" }).digest).not.toBe(a.digest);
  });
});

describe("the HMAC of a receipt", () => {
  const policy = policyOf({
    context: { app: "shop" },
    query: [{ name: "q", select: "$.q", action: "encrypt", key: "pii-1" }],
  });
  const now = (): number => 1_800_000_000_000;

  it("covers what docs/receipt.md says, and its key stays between function and origin settings", async () => {
    const handler = createOriginRequestHandler({ policy, receiptKeyHeader: "X-Receipt-Key", now });
    const customHeaders = { "x-receipt-key": key, "x-other": "1" };
    const event = originRequestEvent({
      ...{ uri: path, querystring: "q=1", body, headers: { "content-type": "application/json" } },
      origin: { path: "/api", customHeaders },
    });
    const result = (await handler(event)) as CloudFrontRequest;
    expect(Object.keys(result.origin!.custom!.customHeaders)).toEqual(["x-other"]);
    const value = result.headers["x-fieldseal"]![0]!.value;
    const { seal } = parseReceipt(value);
    expect(seal).toMatchObject({ time: 1_800_000_000, requestId: event.Records[0]!.cf.config.requestId });

    // An oracle of its own: lp(x) = u32 length || x.
    const lp = (bytes: Uint8Array): Buffer =>
      Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length]), bytes]);
    const final = Buffer.from(result.body!.data, "base64");
    const context = Buffer.concat([Buffer.from([0, 1]), lp(Buffer.from("app")), lp(Buffer.from("shop"))]);
    const parts = [
      "fieldseal-receipt-1",
      value.slice(0, value.indexOf(";s=")),
      "POST",
      `/api${path}?${result.querystring}`,
    ].map((text) => lp(Buffer.from(text)));
    const hash = createHash("sha256").update(final).digest();
    const signed = Buffer.concat([...parts, lp(context), lp(hash)]);
    expect(seal!.mac).toBe(createHmac("sha256", key).update(signed).digest("base64url"));
  });

  it.each([{}, { "x-receipt-key": "short" }])(
    "is not left out: without a key in %j, nothing is forwarded",
    async (customHeaders) => {
      const handler = createOriginRequestHandler({ policy, receiptKeyHeader: "x-receipt-key", log: () => {} });
      const headers = { "content-type": "application/json" };
      const result = await handler(originRequestEvent({ uri: path, body, headers, origin: { customHeaders } }));
      expect(result).toMatchObject({ status: "500", body: expect.stringContaining("RECEIPT_KEY_MISSING") });
    },
  );

  it("is checked by the guard, with the key that the origin holds, for 300 seconds", async () => {
    let seconds = 1_800_000_000;
    const clock = (): number => seconds * 1000;
    const guard = createOriginGuard({ policy, receiptKeys: ["o".repeat(32), key], originPath: "/api", now: clock });
    const handler = createOriginRequestHandler({ policy, receiptKeyHeader: "x-receipt-key", now: clock });
    const headers = { "content-type": "application/json" };
    const origin = { path: "/api", customHeaders: { "x-receipt-key": key } };
    const sent = (await handler(
      originRequestEvent({ uri: path, querystring: "q=1", body, headers, origin }),
    )) as CloudFrontRequest;
    const arrived = {
      method: "POST",
      url: `/api${path}?${sent.querystring}`,
      headers: Object.fromEntries(
        Object.entries(sent.headers).map(([name, lines]) => [name, lines.map((l) => l.value)]),
      ),
      body: Buffer.from(sent.body!.data, "base64"),
    };
    expect(guard.check(arrived)).toMatchObject({ policy: policy.digest });
    const refusalOf = (changes: Partial<typeof arrived>): unknown => {
      try {
        return guard.check({ ...arrived, ...changes });
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const longer = Buffer.concat([arrived.body, Buffer.from(" ")]);
    expect(refusalOf({ method: "PUT" })).toBe("RECEIPT_INVALID");
    expect(refusalOf({ url: `${arrived.url}&x=1` })).toBe("RECEIPT_INVALID");
    expect(refusalOf({ body: longer })).toBe("RECEIPT_INVALID");
    const unsigned = arrived.headers["x-fieldseal"]![0]!.replace(/;t=.*/, "");
    expect(refusalOf({ headers: { ...arrived.headers, "x-fieldseal": [unsigned] } })).toBe("RECEIPT_INVALID");
    seconds += 300;
    expect(refusalOf({})).toMatchObject({ mode: "enforce" });
    seconds += 1;
    expect(refusalOf({})).toBe("RECEIPT_EXPIRED");
    seconds -= 400;
    expect(refusalOf({})).toBe("RECEIPT_EXPIRED");
    seconds = Number.NaN;
    expect(refusalOf({})).toBe("RECEIPT_EXPIRED");
  });

  it.each([
    ["all of the context", '{"card":1,"ssn":2}', { "x-order": "7" }],
    ["what a rule binds of it", '{"ssn":2}', {}],
    ["none, where a rule tokenizes alone", '{"token":"3"}', { "x-order": "7" }],
    ["none, where nothing is there", '{"other":4}', {}],
  ])("covers %s", async (_, sentBody, more) => {
    const fields = [
      { name: "card", select: "$.card", action: "encrypt", key: "pii-1" },
      { name: "ssn", select: "$.ssn", action: "encrypt", key: "pii-1", context: ["app"] },
      { name: "token", select: "$.token", action: "tokenize", tokenFormat: "digits" },
    ] as const;
    const bound = policyOf({ fields, context: { app: "shop", order: { header: "x-order" } } });
    const guard = createOriginGuard({ policy: bound, receiptKeys: [key], now });
    const tokenizer = { tokenizeBatch: async (values: readonly string[]) => values.map(() => ({ token: "9" })) };
    const handler = createOriginRequestHandler({ policy: bound, receiptKeyHeader: "x-receipt-key", now, tokenizer });
    const headers = { "content-type": "application/json", ...more };
    const origin = { customHeaders: { "x-receipt-key": key } };
    const sent = (await handler(
      originRequestEvent({ uri: path, body: sentBody, headers, origin }),
    )) as CloudFrontRequest;
    const lines = Object.entries(sent.headers).map(([name, values]) => [name, values.map(({ value }) => value)]);
    const arrived = sent.body?.action === "replace" ? Buffer.from(sent.body.data, "base64") : Buffer.from(sentBody);
    const request = { method: "POST", url: path, headers: Object.fromEntries(lines), body: arrived };
    expect(guard.check(request)).toMatchObject({ policy: bound.digest });
  });

  it.each([undefined, ["order"]])(
    "is not held against a context value that a rule has sealed: the origin must be told it (%o)",
    async (bound) => {
      const sealing = policyOf({
        fields: [{ name: "ssn", select: "$.ssn", ...encrypt, ...(bound === undefined ? {} : { context: bound }) }],
        headers: [{ name: "order", header: "x-order", ...encrypt, context: ["app"] }],
        context: { app: "shop", order: { header: "x-order" } },
      });
      const handler = createOriginRequestHandler({ policy: sealing, receiptKeyHeader: "x-receipt-key", now });
      const origin = { customHeaders: { "x-receipt-key": key } };
      const headers = { "content-type": "application/json", "x-order": "7" };
      const sent = (await handler(originRequestEvent({ uri: path, body, headers, origin }))) as CloudFrontRequest;
      const lines = Object.entries(sent.headers).map(([name, values]) => [name, values.map(({ value }) => value)]);
      const arrived = Buffer.from(sent.body!.data, "base64");
      const request = { method: "POST", url: path, headers: Object.fromEntries(lines), body: arrived };
      const guardOf = (more: object) => createOriginGuard({ policy: sealing, receiptKeys: [key], now, ...more });
      expect(() => guardOf({}).check(request)).toThrow(
        expect.objectContaining({ code: "RECEIPT_INVALID", message: expect.stringContaining("order") }),
      );
      expect(guardOf({ context: { order: "7" } }).check(request)).toMatchObject({ mode: "enforce" });
    },
  );

  it("covers a body that no rule is about, which the guard reads for that alone", async () => {
    const heads = policyOf({ fields: [], headers: [{ name: "phone", header: "x-phone", ...encrypt }] });
    const handler = createOriginRequestHandler({ policy: heads, receiptKeyHeader: "x-receipt-key", now });
    const origin = { customHeaders: { "x-receipt-key": key } };
    const headers = { "content-type": "text/plain", "x-phone": "1" };
    const sent = (await handler(originRequestEvent({ uri: path, body, headers, origin }))) as CloudFrontRequest;
    const lines = Object.entries(sent.headers).flatMap(([name, values]) => values.map(({ value }) => [name, value]));
    const guard = createOriginGuard({ policy: heads, receiptKeys: [key], now, log: () => {} });
    const server = createServer(guard.listener((_, response) => response.end("passed"))).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    const known = Object.fromEntries(lines.filter(([name]) => !["host", "content-length"].includes(name!)));
    const answers = [body, `${body} `].map(async (text) => {
      return (await fetch(url, { method: "POST", headers: known, body: text })).status;
    });
    expect(await Promise.all(answers)).toEqual([200, 400]);
    server.close();
  });

  it.each([
    [{ secretKey: "o".repeat(32), context: { tenant: "acme" } }, "receiptKeys"],
    [{ secretKey: key, context: { tenant: "other" } }, "context"],
    [{ secretKey: key, context: {} }, 'give its value in the guard\'s "context"'],
    [{ secretKey: key, context: { tenant: "acme" } }, null],
  ])("does not fit, and the hint says why: %j, %s", async ({ secretKey, context }, said) => {
    const sealsTenant = policyOf({
      context: { tenant: { header: "x-tenant-id" } },
      headers: [{ name: "tenant", header: "X-Tenant-Id", action: "encrypt", key: "pii-1" }],
    });
    const guard = createOriginGuard({ policy: sealsTenant, receiptKeys: [secretKey], now, context });
    const handler = createOriginRequestHandler({ policy: sealsTenant, receiptKeyHeader: "x-receipt-key", now });
    const headers = { "content-type": "application/json", "x-tenant-id": "acme" };
    const origin = { customHeaders: { "x-receipt-key": key } };
    const sent = (await handler(originRequestEvent({ uri: path, body, headers, origin }))) as CloudFrontRequest;
    const lines = Object.entries(sent.headers).map(([name, values]) => [name, values.map(({ value }) => value)]);
    const arrived = Buffer.from(sent.body!.data, "base64");
    const request = { method: "POST", url: path, headers: Object.fromEntries(lines), body: arrived };
    if (said === null) expect(guard.check(request)).toMatchObject({ mode: "enforce" });
    else {
      const hint = expect.stringContaining(said);
      expect(() => guard.check(request)).toThrow(expect.objectContaining({ code: "RECEIPT_INVALID", hint }));
    }
  });
});

describe("shadow mode", () => {
  it("forwards the original, and tells what would have been sealed without a value", async () => {
    const sealed: SealedEvent[] = [];
    const edge = await startEdge({ policy: policyOf(), mode: "shadow", onSealed: (event) => sealed.push(event) });
    const answer = await edge.send(`${path}?a=1`, { body, headers: { "x-fieldseal": "spoofed", "content-md5": "x" } });
    expect(answer.status).toBe(201);
    const { url, headers, body: arrived } = edge.origin.last!;
    expect([url, arrived.toString(), headers["content-md5"]]).toEqual([`${path}?a=1`, body, "x"]);
    expect(parseReceipt(headers["x-fieldseal"] as string)).toMatchObject({ mode: "shadow", fields: new Map() });
    expect(sealed).toMatchObject([
      {
        event: "fieldseal.would-seal",
        policy: "test",
        route: "/v1/customers/**",
        fields: { ssn: 1 },
        bytesIn: body.length,
      },
    ]);
    expect(sealed[0]!.bytesOut).toBeGreaterThan(body.length);
    expect(JSON.stringify(sealed)).not.toContain("078-05-1120");
    await edge.close();
  });

  it.each([
    [`${path}?ssn=1`, body, "FIELD_IN_QUERY"],
    [path, '{"ssn":', "BODY_MALFORMED"],
    [path, '{"S-S-N":1}', "FIELD_NAME_VARIANT"],
  ])("forwards what would have been refused (%s %s), and tells the code", async (where, sent, code) => {
    const edge = await startEdge({ policy: policyOf(), mode: "shadow" });
    expect(await edge.send(where, { body: sent })).toMatchObject({ status: 201 });
    expect(edge.origin.last!.body.toString()).toBe(sent);
    expect(edge.refused).toMatchObject([{ event: "fieldseal.would-refuse", code }]);
    await edge.close();
  });

  it("still answers what is no event", async () => {
    const handler = createOriginRequestHandler({ policy: policyOf(), mode: "shadow", log: () => {} });
    expect(await handler({} as never)).toMatchObject({ status: "500" });
  });
});

describe("the success log", () => {
  it("is off by default, and has names, numbers and no values", async () => {
    const sealed: SealedEvent[] = [];
    const edge = await startEdge({ policy: policyOf(), onSealed: (event) => sealed.push(event) });
    await edge.send(path, { body });
    const [event] = sealed;
    expect(event).toMatchObject({ event: "fieldseal.sealed", digest: policyOf().digest, fields: { ssn: 1 } });
    expect(event!.bytesOut).toBe(edge.origin.last!.body.length);
    await edge.close();
  });
});
