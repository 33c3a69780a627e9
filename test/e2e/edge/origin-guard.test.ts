import { parsePolicy } from "@fieldseal/edge-encrypt";
import { jsonpathPlus } from "@fieldseal/edge-encrypt/jsonpath-plus";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { keys, policyOf, send, startEdge } from "./edge-fixture.ts";
import { body, events, guarded, path, policy, secrets, start } from "./guard-fixture.ts";

const encrypt = { action: "encrypt", key: "pii-1" } as const;
const forms = policyOf({ methods: ["POST"], fields: [{ name: "ssn", select: "$.ssn", ...encrypt }] });
const emptyReceipt = `v=1;p=${forms.digest};m=enforce;f=;k=`;

describe("the guard", () => {
  const lambdaEvent = (
    init: Partial<APIGatewayProxyEventV2> & { readonly method?: string },
  ): APIGatewayProxyEventV2 => {
    const { method = "POST", ...rest } = init;
    const event = { version: "2.0", rawPath: path, rawQueryString: "", isBase64Encoded: false, headers: {}, ...rest };
    return { ...event, requestContext: { http: { method } } } as unknown as APIGatewayProxyEventV2;
  };

  /** A request as the edge lets it out. */
  async function sealedEvent(
    query = "q=ada",
    cookie = "session=2",
    phone: string | readonly string[] = "1",
  ): Promise<APIGatewayProxyEventV2> {
    let captured: APIGatewayProxyEventV2 | undefined;
    const running = await start(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      const { cookie: sent, ...headers } = request.headers;
      const [rawPath, rawQueryString = ""] = request.url!.split("?");
      const isBase64Encoded = true;
      captured = lambdaEvent({
        ...{ rawPath: rawPath!, rawQueryString, headers: headers as Record<string, string> },
        ...{ body: Buffer.from(text).toString("base64"), isBase64Encoded },
        ...(sent === undefined ? {} : { cookies: sent.split("; ") }),
      });
      response.end();
    });
    await send(running.edge.port, `${path}?${query}`, { body, headers: { cookie, "x-phone": phone } });
    await running.close();
    return captured!;
  }

  const guard = guarded();
  const status = async (event: APIGatewayProxyEventV2, by = guard): Promise<string> => {
    const result = (await by.lambda(async () => ({ statusCode: 200, body: '"code":"passed"' }))(event, {})) as {
      statusCode: number;
      body: string;
    };
    return `${result.statusCode} ${/"code":"(\w+)"/.exec(result.body)![1]}`;
  };

  it("lets sealed Lambda events through", async () => {
    expect(await status(await sealedEvent())).toBe("200 passed");
  });

  it("takes the sealed lines of a header that a gateway has joined, and nothing else beside them", async () => {
    const event = await sealedEvent("q=ada", "session=2", ["1", "2"]);
    const phones = event.headers["x-phone"]!;
    expect(phones).toMatch(/^fs1\.[^,]+, fs1\.[^,]+$/);
    expect(await status(event)).toBe("200 passed");
    for (const other of [`${phones}, 3`, `${phones},`, phones.replace(", ", ", 3, "), phones.replace(", ", " ")]) {
      const headers = { ...event.headers, "x-phone": other };
      expect(await status({ ...event, headers }), other).toBe("400 FIELD_NOT_SEALED");
    }
    const first = { ...event.headers, "x-phone": phones.split(", ")[0]! };
    expect(await status({ ...event, headers: first })).toBe("400 RECEIPT_INVALID");
  });

  it("passes compressed uploads where no rule is about bodies, as the edge does", async () => {
    const uploads = policyOf({ fields: [], query: [{ name: "q", select: "$.q", ...encrypt }] });
    const guard = guarded({ policy: uploads });
    const running = await start(
      guard.listener((_, response) => response.end("passed")),
      uploads,
    );
    const upload = { body: "\x1f\x8b", headers: { "content-type": "application/json", "content-encoding": "gzip" } };
    expect((await send(running.edge.port, `${path}?q=ada`, upload)).text).toBe("passed");
    await running.close();
  });

  it("finds headers whatever the case of their names, as gateways hand them on, and values that are no lists", () => {
    const [phone, debug] = [{ "X-Phone": ["078-05-1120"] }, { "X-Debug": "1" as never }];
    for (const [headers, code] of [
      [phone, "FIELD_NOT_SEALED"],
      [debug, "FIELD_NOT_SEALED"],
      [{ "X-HTTP-Method-Override": ["DELETE"] }, "METHOD_NOT_COVERED"],
      [{ "X-Original-URL": ["/health"] }, "PATH_AMBIGUOUS"],
      [{ "X-Fieldseal": ["v=1"] }, "RECEIPT_INVALID"],
    ] as const) {
      const receipt = { "x-fieldseal": [`v=1;p=${policy.digest};m=enforce;f=;k=`] };
      const request = { method: "GET", url: path, headers: { ...receipt, ...headers }, body: Buffer.alloc(0) };
      expect(() => guard.check(request), code).toThrow(expect.objectContaining({ code }));
    }
  });

  it.each([{ ssn: "078-05-1120" }, new TextEncoder().encode(body).buffer, body, undefined])(
    "takes no body that is no bytes for an empty one: %o",
    (given) => {
      const headers = { "x-fieldseal": [`v=1;p=${policy.digest};m=enforce;f=;k=`] };
      const request = { method: "POST", url: path, headers, body: given as never };
      expect(() => guard.check(request)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    },
  );

  it("takes every secret of the list, and no other", async () => {
    const event = await sealedEvent();
    expect(await status(event, guarded({ secrets }))).toBe("200 passed");
    expect(await status(event, guarded({ secrets: [secrets[0]!] }))).toBe("400 ORIGIN_SECRET_MISMATCH");
    const { "x-fieldseal-secret": _, ...headers } = event.headers;
    expect(await status({ ...event, headers }, guarded({ secrets }))).toBe("400 ORIGIN_SECRET_MISMATCH");
    const uncovered = lambdaEvent({ rawPath: "/v1/other" });
    expect(await status(uncovered, guarded({ secrets }))).toBe("400 ORIGIN_SECRET_MISMATCH");
    const named = { "X-Origin-Secret": [secrets[0]!] };
    const request = { method: "POST", url: "/v1/other", headers: named, body: new Uint8Array(0) };
    const other = guarded({ secrets, secretHeader: "X-Origin-Secret" });
    expect(other.check(request)).toBeNull();
    const twice = { "x-origin-secret": [secrets[0]!, secrets[1]!] };
    expect(() => other.check({ ...request, headers: twice })).toThrow(
      expect.objectContaining({ code: "ORIGIN_SECRET_MISMATCH" }),
    );
    expect(() => guarded({ secrets: [] })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(() => guarded({ secrets: ["short"] })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(() => guarded({ receiptKeys: ["short"] })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("is not made of what is no parsed policy", () => {
    const raw = { version: 1, id: "raw", keys: {}, routes: [] } as unknown as typeof policy;
    for (const options of [{ policy: raw }, { previous: [raw] }]) {
      expect(() => guarded(options)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 0])("takes no %d for a limit of bodies", (maxBodyBytes) => {
    expect(() => guarded({ maxBodyBytes })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it.each([{ secret: secrets }, { receiptKey: [secrets[0]] }, { previousPolicies: [] }])(
    "takes no options that there are not, since it would check less: %o",
    (options) => {
      expect(() => guarded(options as object)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    },
  );

  it.each(["api", "/api/", "/"])("takes %o for no origin path: CloudFront has none such", (originPath) => {
    expect(() => guarded({ originPath })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it.each([
    { secrets: secrets[0] },
    { secrets: null },
    { receiptKeys: null },
    { previous: policy },
    { previous: null },
    { secrets, secretHeader: 5 },
    { secrets, secretHeader: "" },
    { context: null },
    { now: 5 },
    { originPath: null },
  ])("takes no option of another kind: %o", (options) => {
    expect(() => guarded(options as object)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("takes no log that is no function, and answers whatever its log does", async () => {
    const { createOriginGuard } = await import("@fieldseal/edge-encrypt/guard");
    for (const log of ["console", null]) {
      const options = { policy, log: log as never };
      expect(() => createOriginGuard(options)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
    const full = (): never => {
      throw new Error("full");
    };
    for (const log of [full, () => Promise.reject(new Error("full")) as never]) {
      expect(await status(lambdaEvent({}), createOriginGuard({ policy, log }))).toBe("400 RECEIPT_MISSING");
    }
  });

  it("takes two Content-Types where there is no body, as the edge does, and not where there is one", async () => {
    const uploads = policyOf({ fields: [], query: [{ name: "q", select: "$.q", ...encrypt }] });
    for (const of of [policy, uploads]) {
      const running = await start(
        guarded({ policy: of }).listener((_, response) => response.end("passed")),
        of,
      );
      const headers = { "content-type": ["application/json", "application/x-www-form-urlencoded"] };
      const answer = await send(running.edge.port, `${path}?q=ada`, { method: "GET", headers });
      expect(answer.text).toBe("passed");
      const receipt = `v=1;p=${of.digest};m=enforce;f=;k=`;
      const direct = { body: "_method=PUT", headers: { ...headers, "x-fieldseal": receipt } };
      const refused = await send(running.port, path, direct);
      expect(refused.text).toContain("MEDIA_TYPE_MISMATCH");
      await running.close();
    }
  });

  it("takes receipts of previous policies while they are listed", async () => {
    const event = await sealedEvent();
    const next = policyOf({}, { id: "next" });
    expect(await status(event, guarded({ policy: next }))).toBe("400 RECEIPT_INVALID");
    expect(await status(event, guarded({ policy: next, previous: [policy] }))).toBe("200 passed");
  });

  it("takes both what edges of the old policy pass and what those of the new one seal, while that is rolled out", async () => {
    const old = policyOf({ path: "/v1/other" });
    const event = await sealedEvent();
    const { "x-fieldseal": _, ...headers } = event.headers;
    const unsealed = { ...event, headers, body, isBase64Encoded: false };
    const both = guarded({ policy: old, previous: [policy] });
    expect([await status(event, both), await status(unsealed, both)]).toEqual(["200 passed", "200 passed"]);
    expect(await status(unsealed, guarded({ policy, previous: [old] }))).toBe("400 RECEIPT_MISSING");
  });

  /** The sealed request, changed. */
  type Change = (event: APIGatewayProxyEventV2, text: string) => Partial<APIGatewayProxyEventV2>;
  const asBody = (text: string): Partial<APIGatewayProxyEventV2> => ({ body: text, isBase64Encoded: false });
  const withReceipt = (
    event: APIGatewayProxyEventV2,
    change: (text: string) => string,
  ): Partial<APIGatewayProxyEventV2> => ({
    headers: { ...event.headers, "x-fieldseal": change(event.headers["x-fieldseal"]!) },
  });
  /** What was found, with another character of base64url at its end. */
  const another = (found: string): string => found.slice(0, -1) + (found.endsWith("-") ? "_" : "-");
  const changes: readonly [string, string, Change][] = [
    ["plaintext in the body", "FIELD_NOT_SEALED", () => asBody(body)],
    ["null in the body", "FIELD_NOT_SEALED", (_, text) => asBody(text.replace(/"fs1[^"]*"/, "null"))],
    ["an envelope inside a value", "FIELD_NOT_SEALED", (_, text) => asBody(text.replace('"fs1', '"x fs1'))],
    [
      "another field's envelope",
      "FIELD_NOT_SEALED",
      (_, text) => asBody(text.replace(/"card":"[^"]*"/, `"card":${/"ssn":("[^"]*")/.exec(text)![1]}`)),
    ],
    ["an unknown key", "FIELD_NOT_SEALED", (_, text) => asBody(text.replaceAll(".pii-1.", ".pii-2."))],
    ["a cut envelope", "FIELD_NOT_SEALED", (_, text) => asBody(text.replace(/(fs1\.r\.pii-1\.ssn\.)A?../, "$1"))],
    [
      "an envelope of a longer key",
      "FIELD_NOT_SEALED",
      (_, text) => asBody(text.replace(/(fs1\.r\.pii-1\.ssn\.)[^.]+/, `$1${"A".repeat(512)}`)),
    ],
    ["a variant of a name", "FIELD_NAME_VARIANT", (_, text) => asBody(text.replace('"note"', '"S_S_N":1,"note"'))],
    [
      "a field twice",
      "RECEIPT_INVALID",
      (_, text) => asBody(text.replace('"note":"ü"', `"x":{${/"ssn":"[^"]*"/.exec(text)![0]}}`)),
    ],
    ["a field less", "RECEIPT_INVALID", (_, text) => asBody(text.replace(/"ssn":"[^"]*",/, ""))],
    ["no body", "RECEIPT_INVALID", () => asBody("")],
    ["a malformed body", "BODY_MALFORMED", () => asBody("{")],
    ["plaintext in the query", "FIELD_NOT_SEALED", () => ({ rawQueryString: "q=ada" })],
    ["a field in the query", "FIELD_IN_QUERY", ({ rawQueryString }) => ({ rawQueryString: `${rawQueryString}&ssn=1` })],
    ["plaintext in a cookie", "FIELD_NOT_SEALED", () => ({ cookies: ["session=1"] })],
    [
      "an envelope twice in a cookie",
      "FIELD_NOT_SEALED",
      ({ cookies }) => ({ cookies: cookies!.map((pair) => `${pair},${pair.slice("session=".length)}`) }),
    ],
    ["plaintext in a header", "FIELD_NOT_SEALED", ({ headers }) => ({ headers: { ...headers, "x-phone": "1" } })],
    [
      "a header that the edge removes",
      "FIELD_NOT_SEALED",
      ({ headers }) => ({ headers: { ...headers, "x-debug": "1" } }),
    ],
    [
      "a content coding",
      "CONTENT_CODING_UNSUPPORTED",
      ({ headers }) => ({ headers: { ...headers, "content-encoding": "gzip" } }),
    ],
    [
      "another spelling of the receipt",
      "RECEIPT_INVALID",
      ({ headers }) => ({ headers: { ...headers, x_fieldseal: "v=1" } }),
    ],
    [
      "a receipt in another spelling alone",
      "RECEIPT_INVALID",
      ({ headers: { "x-fieldseal": receipt, ...headers } }) => ({ headers: { ...headers, x_fieldseal: receipt! } }),
    ],
    ["a receipt that is none", "RECEIPT_INVALID", (event) => withReceipt(event, () => "v=1")],
    [
      "a receipt of shadow mode",
      "RECEIPT_INVALID",
      (event) => withReceipt(event, (text) => text.replace("enforce", "shadow")),
    ],
    [
      "a receipt of an unknown policy",
      "RECEIPT_INVALID",
      (event) => withReceipt(event, (text) => text.replace(/p=./, another)),
    ],
    [
      "a receipt of other counts",
      "RECEIPT_INVALID",
      (event) => withReceipt(event, (text) => text.replace("ssn:1", "ssn:2")),
    ],
    [
      "a receipt without data keys",
      "RECEIPT_INVALID",
      (event) => withReceipt(event, (text) => text.replace(/k=.*/, "k=")),
    ],
    [
      "a receipt with a data key more",
      "RECEIPT_INVALID",
      (event) => withReceipt(event, (text) => `${text},x:${"A".repeat(43)}`),
    ],
    ["another shape", "FIELD_SHAPE_MISMATCH", (_, text) => asBody(text.replace('"note"', '"accounts":{},"note"'))],
    [
      "a receipt of other data keys",
      "RECEIPT_INVALID",
      (event) => withReceipt(event, (text) => text.replace(/pii-1:./, another)),
    ],
    ["an uncovered path", "RECEIPT_INVALID", () => ({ rawPath: "/v1/other" })],
    ["an ambiguous path", "PATH_AMBIGUOUS", () => ({ rawPath: "/v1/customers/%00" })],
  ];
  it.each([
    ["of an unknown policy", /p=./, another, "previous"],
    ["of shadow mode", /enforce/, () => "shadow", "enforce"],
  ])("tells in its log how a receipt %s comes about", async (_, from, to, said) => {
    const event = await sealedEvent();
    await status({ ...event, ...withReceipt(event, (text) => text.replace(from, to)) });
    expect(events).toMatchObject([{ code: "RECEIPT_INVALID", hint: expect.stringContaining(said) }]);
  });

  it.each(changes)("refuses a sealed request with %s: %s", async (_, code, change) => {
    const event = await sealedEvent();
    const text = Buffer.from(event.body!, "base64").toString();
    expect(await status({ ...event, ...change(event, text) })).toBe(`400 ${code}`);
  });

  it("refuses an envelope where the edge removes: of two rules for one place it leaves nothing to seal", () => {
    const both = policyOf({
      methods: ["POST"],
      fields: [
        { name: "ssn", select: "$.ssn", ...encrypt },
        { name: "gone", select: "$.ssn", action: "remove" },
      ],
    });
    const headers = { "content-type": ["application/json"], "x-fieldseal": [`v=1;p=${both.digest};m=enforce;f=;k=`] };
    const sent = { method: "POST", url: path, headers, body: Buffer.from('{"ssn":"078-05-1120"}') };
    expect(() => guarded({ policy: both }).check(sent)).toThrow(
      expect.objectContaining({ code: "FIELD_NOT_SEALED", message: expect.stringContaining("removes") }),
    );
  });

  it("takes envelopes of every format, in the JSON of strings and under filters too", async () => {
    const document = {
      version: 1,
      id: "formats",
      keys,
      routes: [
        {
          path: "/**",
          fields: [
            { name: "last", select: "$.jwe", action: "mask", keepLast: 4 },
            { name: "jwe", select: "$.jwe", ...encrypt, format: "jwe" },
            { name: "direct", select: "$.direct", ...encrypt, format: "direct", prefix: "#E1#", suffix: "#1E#" },
            { name: "text", select: "$.text.ssn", within: "json", ...encrypt },
            { name: "card", select: "$.pay[?(@.by == 'card')].number", ...encrypt },
            { name: "ssn", select: "$..ssn", ...encrypt, dataKey: "field" },
            { name: "note", select: "$.note", action: "mask", keepLast: 1 },
          ],
        },
      ],
    };
    const mixed = parsePolicy(document, { filters: jsonpathPlus });
    const clear: Readonly<Record<string, unknown>> = {
      jwe: "4111111111111111",
      direct: "078-05-1120",
      text: '{"ssn":"078-05-1120"}',
      pay: [{ by: "cash" }, { by: "card", number: "4111111111111111" }],
      ssn: "078-05-1120",
    };
    const edge = await startEdge({ policy: mixed });
    await edge.send(path, { body: JSON.stringify(clear) });
    const { headers, body: bytes } = edge.origin.last!;
    await edge.close();
    const lines = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value as string]]));
    const sealed = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
    const check = (value: unknown): unknown =>
      guarded({ policy: mixed }).check({
        method: "POST",
        url: path,
        headers: lines,
        body: Buffer.from(JSON.stringify(value)),
      });
    expect(check(sealed)).toMatchObject({ mode: "enforce" });
    for (const name of Object.keys(clear)) {
      expect(() => check({ ...sealed, [name]: clear[name] }), name).toThrow(
        expect.objectContaining({ code: "FIELD_NOT_SEALED" }),
      );
    }
    const inside = { ...sealed, note: { ssn: "078-05-1120" } };
    expect(() => check(inside)).toThrow(expect.objectContaining({ code: "FIELD_NOT_SEALED" }));
  });

  it.each([
    ["/prod/v1/customers/7", "RECEIPT_MISSING"],
    ["/v1/customers/7", "RECEIPT_MISSING"],
    ["/PROD/v1/customers/7", "PATH_AMBIGUOUS"],
    ["/%70rod/v1/customers/7", "PATH_AMBIGUOUS"],
    ["//prod/v1/customers/7", "PATH_AMBIGUOUS"],
    ["/prod;a=b/v1/customers/7", "PATH_AMBIGUOUS"],
    ["/prod/../prod/v1/customers/7", "PATH_AMBIGUOUS"],
    ["/x/..%2fprod/v1/customers/7", "PATH_AMBIGUOUS"],
    ["/prod;/../health", "PATH_AMBIGUOUS"],
  ])("knows the origin path, however it is spelled: %s is %s", async (rawPath, code) => {
    expect(await status(lambdaEvent({ rawPath, body }), guarded({ originPath: "/prod" }))).toBe(`400 ${code}`);
  });

  it("refuses a path that a header puts in the place of the request's", async () => {
    const headers = { "x-original-url": "/v1/customers/7" };
    expect(await status(lambdaEvent({ rawPath: "/health", headers }))).toBe("400 PATH_AMBIGUOUS");
    expect(await status(lambdaEvent({ rawPath: "/health", headers: { "x-original-url": "/x" } }))).toBe("200 passed");
  });

  it("finds the whole path of a gateway that hands it on decoded, where a question mark was escaped", async () => {
    const cards = guarded({ policy: policyOf({ path: "/v1/customers/*/cards" }) });
    const event = lambdaEvent({ rawPath: "/v1/customers/7?/cards", rawQueryString: "a=b", body });
    expect(await status(event, cards)).toBe("400 RECEIPT_MISSING");
  });

  it("lets paths beside the origin path through", async () => {
    const beside = lambdaEvent({ rawPath: "/production/health" });
    expect(await status(beside, guarded({ originPath: "/prod" }))).toBe("200 passed");
  });

  it("refuses overrides of the method as the edge does, and what a HEAD asks where GET is covered", async () => {
    const override = { "x-http-method-override": "delete" };
    const event = await sealedEvent();
    expect(await status({ ...event, headers: { ...event.headers, ...override } })).toBe("400 METHOD_NOT_COVERED");
    expect(await status(lambdaEvent({ method: "DELETE", headers: { "x-method-override": "POST" } }))).toBe(
      "400 METHOD_NOT_COVERED",
    );
    expect(await status(lambdaEvent({ method: "DELETE" }))).toBe("200 passed");
    expect(await status(lambdaEvent({ method: "HEAD", rawQueryString: "q=ada" }))).toBe("400 RECEIPT_MISSING");
    const sent = "_method=DELETE";
    const headers = { "content-type": "application/x-www-form-urlencoded", "x-fieldseal": emptyReceipt };
    expect(await status(lambdaEvent({ headers, body: sent }), guarded({ policy: forms }))).toBe(
      "400 METHOD_NOT_COVERED",
    );
  });

  it("refuses more envelopes than a rule sealed, also where another rule of its name seals nothing", async () => {
    const shared = policyOf({
      fields: [],
      headers: [{ name: "phone", header: "x-phone", ...encrypt }],
      cookies: [{ name: "phone", cookie: "phone", action: "mask", keepLast: 2 }],
    });
    let lines: readonly string[] = [];
    let receipt = "";
    const running = await start((request, response) => {
      lines = request.headersDistinct["x-phone"]!;
      receipt = String(request.headers["x-fieldseal"]);
      response.end();
    }, shared);
    await send(running.edge.port, path, { method: "GET", headers: { "x-phone": "1", cookie: "phone=12345" } });
    await running.close();
    const { check } = guarded({ policy: shared });
    const headers = { cookie: ["phone=****45"], "x-fieldseal": [receipt] };
    const request = { method: "GET", url: path, body: new Uint8Array(0) };
    expect(check({ ...request, headers: { ...headers, "x-phone": lines } })).toMatchObject({ mode: "enforce" });
    const thrice = [...lines, ...lines, ...lines];
    expect(() => check({ ...request, headers: { ...headers, "x-phone": thrice } })).toThrow(
      expect.objectContaining({ code: "RECEIPT_INVALID" }),
    );
  });

  it("asks nothing of the inside of what is sealed whole, though a rule goes on in the JSON of that string", async () => {
    const fields = [
      { name: "ssn", select: "$.payload", ...encrypt },
      { name: "ssn", select: "$.payload.ssn", within: "json", ...encrypt },
    ] as const;
    const whole = policyOf({ fields });
    const running = await start(
      guarded({ policy: whole }).listener((_, response) => response.end("passed")),
      whole,
    );
    const sent = { body: JSON.stringify({ payload: '{"ssn":1}' }) };
    expect((await send(running.edge.port, path, sent)).text).toBe("passed");
    await running.close();
  });

  it("finds as many values as the edge sealed, where attributes go with elements that it removes", async () => {
    const cards = policyOf({
      fields: [
        { name: "card", select: "$..card", action: "remove" },
        { name: "ssn", select: "$..['@ssn']", ...encrypt },
      ],
    });
    const running = await start(
      guarded({ policy: cards }).listener((_, response) => response.end("passed")),
      cards,
    );
    const sent = { body: '<x ssn="1"><card ssn="2">3</card></x>', headers: { "content-type": "text/xml" } };
    expect((await send(running.edge.port, path, sent)).text).toBe("passed");
    await running.close();
  });

  it.each(["refuse", "ignore"] as const)(
    "asks what the edge asks of a document in a part: %s",
    async (onShapeMismatch) => {
      const parts = policyOf({ methods: ["POST"], onShapeMismatch });
      const receipt = `v=1;p=${parts.digest};m=enforce;f=;k=`;
      const headers = { "content-type": "multipart/form-data; boundary=b", "x-fieldseal": receipt };
      const sent = '--b\r\nContent-Disposition: form-data; name=a\r\n\r\n{"ssn":1}\r\n--b--';
      expect(await status(lambdaEvent({ headers, body: sent }), guarded({ policy: parts }))).toBe(
        onShapeMismatch === "refuse" ? "400 FIELD_SHAPE_MISMATCH" : "200 passed",
      );
    },
  );

  it("tells nothing of names, values, headers and secrets in its answers and its log", async () => {
    const c = "canary7Q";
    const event = await sealedEvent();
    const type = { "content-type": `text/${c}` };
    const sent: Partial<APIGatewayProxyEventV2>[] = [
      { body: `{"${c}":"${c}","ssn":"${c}"}`, isBase64Encoded: false },
      { body: `{"${c}":"${c}`, isBase64Encoded: false },
      { body: `{"S_S_N":"${c}","${c}":1}`, isBase64Encoded: false },
      { headers: { ...event.headers, ...type } },
      { headers: { ...event.headers, "x-phone": c } },
      { headers: { ...event.headers, "x-fieldseal": `v=1;p=${c}` } },
      { headers: { ...event.headers, "x-http-method-override": c } },
      { cookies: [`session=${c}`] },
      { rawQueryString: `q=${c}&${c}=1` },
      { rawPath: `/v1/customers/${c}%00` },
      { headers: { ...event.headers, "x-fieldseal-secret": c } },
    ];
    const by = guarded({ secrets });
    for (const [index, more] of sent.entries()) {
      const result = (await by.lambda(async () => ({ statusCode: 200 }))({ ...event, ...more }, {})) as object;
      expect(result, `${index}`).toMatchObject({ statusCode: 400 });
      expect(JSON.stringify([result, events])).not.toMatch(new RegExp(`${c}|${secrets.join("|")}`));
    }
    expect(new Set(events.map(({ code }) => code)).size).toBeGreaterThanOrEqual(7);
  });

  it.each([
    ["a REST API", { httpMethod: "POST", path, headers: {}, body, requestContext: { path } }],
    ["a load balancer", { httpMethod: "POST", path, headers: {}, body, requestContext: { elb: {} } }],
    ["nobody", undefined],
  ])("refuses the Lambda event of %s", async (_, event) => {
    expect(await status(event as never)).toBe("500 EVENT_INVALID");
  });

  it("refuses bodies of methods that no route lists, and all of it where the policy rejects", async () => {
    expect(await status(lambdaEvent({ method: "DELETE", body }))).toBe("400 METHOD_NOT_COVERED");
    const rejecting = guarded({ policy: policyOf({}, { onUnmatched: "reject" }) });
    expect(await status(lambdaEvent({ rawPath: "/v1/other", body }), rejecting)).toBe("400 ROUTE_UNMATCHED");
  });
});
