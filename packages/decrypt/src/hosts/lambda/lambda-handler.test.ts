import type { AuditEvent } from "@fieldseal/core/audit";
import { describe, expect, it } from "vitest";
import { privateKeys } from "../../../../../test/fixtures/sealing-policy.ts";
import { canaries, customer, places, sealed } from "../../../../../test/fixtures/shop.ts";
import { pemKeys } from "../../keys/pem.ts";
import { createLambdaHandler, type LambdaIdentity, type LambdaOptions } from "./index.ts";

const pem = privateKeys.get("pii-1")!.export({ format: "pem", type: "pkcs8" }) as string;
const context = { tenant: { claim: "tenant" } } as const;
const caller = { principal: "role:refunds", claims: { tenant: "acme" } };
const events: AuditEvent[] = [];
const options = (identity: LambdaIdentity, more: Partial<LambdaOptions> = {}): LambdaOptions => ({
  keys: pemKeys({ "pii-1": pem }),
  access: { rules: [{ principal: "role:refunds", context, fields: { ssn: "full", email: { mask: 4 } } }] },
  context,
  expect: places,
  identity,
  audit: { accept: (more) => void events.push(...more) },
  ...more,
});
const direct = createLambdaHandler(options({ from: "configuration", caller }));
const mediaType = "application/json";
const acme = Buffer.from(await sealed(customer, "acme")).toString();
const plain = Buffer.from(await sealed(customer)).toString();
const other = Buffer.from(await sealed(customer, "other")).toString();

describe("a direct invocation", () => {
  it("opens a body, a field or a batch as the configured caller, whoever it claims to be", async () => {
    const claimed = { principal: "role:admin", claims: { tenant: "other" }, context: { tenant: "other" } };
    const { body } = (await direct({ body: acme, mediaType, ...claimed }, { awsRequestId: "r-7" })) as { body: string };
    expect(JSON.parse(body)).toMatchObject({ ssn: customer.ssn, contact: { email: "****.com" } });
    expect(events.at(-1)).toMatchObject({ principal: "role:refunds", requestId: "r-7" });
    const envelope = (JSON.parse(acme) as { ssn: string }).ssn;
    expect(await direct({ field: "ssn", envelope })).toEqual({ value: customer.ssn });
    const records = [
      { body: acme, mediaType },
      { body: other, mediaType },
    ];
    const { results } = (await direct({ records })) as { results: object[] };
    expect(results).toEqual([{ body }, { error: { code: "DECRYPTION_FAILED", retryable: false } }]);
  });

  it.each<[unknown, string]>([
    [null, "REQUEST_INVALID"],
    [{}, "REQUEST_INVALID"],
    [{ body: 1, mediaType }, "REQUEST_INVALID"],
    [{ records: [{ body: acme }] }, "REQUEST_INVALID"],
    [{ body: "{", mediaType }, "BODY_MALFORMED"],
    [{ body: other, mediaType }, "DECRYPTION_FAILED"],
    [{ body: '{"x":"\ud800"}', mediaType }, "BODY_NOT_UTF8"],
  ])("fails with the code as its name and nothing of the request: %#", async (event, name) => {
    const error = (await Promise.resolve(direct(event)).catch((thrown: unknown) => thrown)) as Error;
    expect(error.name).toBe(name);
    const told = JSON.stringify({ ...error, message: error.message, stack: error.stack });
    for (const canary of canaries) expect(told).not.toContain(canary);
  });

  it("opens nothing once the handler was closed", async () => {
    const handler = createLambdaHandler(options({ from: "configuration", caller }));
    await handler({ body: acme, mediaType });
    await handler.close();
    await expect(handler({ body: acme, mediaType })).rejects.toMatchObject({ name: "DECRYPTOR_CLOSED" });
  });

  it("is not possible without a rule for who calls", () => {
    expect(() => createLambdaHandler(options(undefined as never))).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });

  it.each([
    { from: "api-gateway" },
    { from: "configuration" },
    { from: "configuration", caller: { principal: undefined } },
    { from: "api-gateway-jwt" },
    { from: "api-gateway-jwt", principal: "role" },
  ])("is not possible with an identity that would name nobody: %j", (identity) => {
    expect(() => createLambdaHandler(options(identity as never))).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });

  it("is not possible without expect and access, or with an unbound context", () => {
    const identity = { from: "configuration", caller } as const;
    for (const name of ["expect", "access"]) {
      expect(() => createLambdaHandler({ ...options(identity), [name]: undefined })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID" }),
      );
    }
    expect(() => createLambdaHandler(options(identity, { context: { ...context, app: { value: "shop" } } }))).toThrow(
      expect.objectContaining({ code: "CONTEXT_UNBOUND" }),
    );
  });
});

describe("behind API Gateway", () => {
  const headers = { "Content-Type": mediaType };
  interface Answer {
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }
  const call = async (identity: LambdaIdentity, event: object): Promise<Answer> => {
    const access = {
      rules: [
        { principal: "arn:aws:iam::111122223333:role/refunds", fields: { ssn: "full" } },
        { principal: "role:refunds", purpose: "refund", fields: { ssn: "full" } },
      ],
    } as const;
    const { context: _, ...rest } = options(identity, { access });
    return (await createLambdaHandler(rest)({ httpMethod: "POST", ...event })) as never;
  };
  const userArn = "arn:aws:sts::111122223333:assumed-role/refunds/session";
  const iam = { from: "api-gateway-iam" } as const;
  const jwt = {
    from: "api-gateway-jwt",
    principal: { claim: "role", prefix: "role:" },
    purposeClaim: "purpose",
  } as const;
  const claims = { role: "refunds", purpose: "refund" };

  it.each<[string, LambdaIdentity, object]>([
    ["an HTTP API with IAM", iam, { authorizer: { iam: { userArn } }, http: { method: "POST" } }],
    ["a REST API with IAM", iam, { identity: { userArn } }],
    ["an HTTP API with a JWT", jwt, { authorizer: { jwt: { claims } }, http: { method: "POST" } }],
    ["a REST API with Cognito", jwt, { authorizer: { claims } }],
  ])("the caller is the one that %s has verified", async (_, identity, requestContext) => {
    for (const path of [{ path: "/v1/decrypt" }, { rawPath: "/stage/v1/decrypt" }]) {
      const { statusCode, body } = await call(identity, { requestContext, headers, body: plain, ...path });
      expect([statusCode, (JSON.parse(body) as { ssn: string }).ssn]).toEqual([200, customer.ssn]);
    }
  });

  it("takes base64 bodies, fields and batches", async () => {
    const requestContext = { authorizer: { iam: { userArn } } };
    const envelope = (JSON.parse(plain) as { ssn: string }).ssn;
    const field = { body: JSON.stringify({ field: "ssn", envelope }), path: "/v1/decrypt-field" };
    const encoded = Buffer.from(field.body).toString("base64");
    const answer = await call(iam, { requestContext, headers, ...field, body: encoded, isBase64Encoded: true });
    expect(answer).toMatchObject({ statusCode: 200, body: JSON.stringify({ value: customer.ssn }) });
    const batch = { body: JSON.stringify({ records: [{ body: "{", mediaType }] }), path: "/v1/decrypt-batch" };
    expect((await call(iam, { requestContext, headers, ...batch })).body).toContain("BODY_MALFORMED");
  });

  it("gives back files among the parts of a form byte by byte", async () => {
    const requestContext = { authorizer: { iam: { userArn } } };
    const part = (name: string): string => `--b\r\nContent-Disposition: form-data; name=${name}\r\n\r\n`;
    const bodyWith = (ssn: string): Buffer =>
      Buffer.concat([
        Buffer.from(`${part('"ssn"')}${ssn}\r\n${part('"scan"; filename="a.bin"')}`),
        Buffer.from([0xff, 0x00, 0xc3, 0x28]),
        Buffer.from("\r\n--b--\r\n"),
      ]);
    const { ssn } = JSON.parse(plain) as { ssn: string };
    const answer = await call(iam, {
      requestContext,
      headers: { "content-type": "multipart/form-data; boundary=b" },
      path: "/v1/decrypt",
      body: bodyWith(ssn).toString("base64"),
      isBase64Encoded: true,
    });
    expect(answer).toMatchObject({ statusCode: 200, isBase64Encoded: true });
    expect(Buffer.from(answer.body, "base64").equals(bodyWith(customer.ssn))).toBe(true);
  });

  it.each<[string, LambdaIdentity, object, number]>([
    ["no identity", iam, { requestContext: {} }, 401],
    ["an identity that is no ARN", iam, { requestContext: { identity: { userArn: "x" } } }, 401],
    ["claims without the principal", jwt, { requestContext: { authorizer: { claims: { sub: "x" } } } }, 401],
    ["an IAM identity where claims are asked for", jwt, { requestContext: { identity: { userArn } } }, 401],
    ["another path", iam, { requestContext: { identity: { userArn } }, path: "/other" }, 404],
    ["another method", iam, { requestContext: { identity: { userArn } }, httpMethod: "PUT" }, 405],
    [
      "two media types",
      iam,
      { requestContext: { identity: { userArn } }, headers: { ...headers, "content-type": "x" } },
      415,
    ],
  ])("is refused with %s", async (_, identity, event, status) => {
    const answer = await call(identity, { path: "/v1/decrypt", headers, body: plain, ...event });
    expect([answer.statusCode, Object.keys(JSON.parse(answer.body) as object)]).toEqual([
      status,
      ["code", "retryable"],
    ]);
    expect(answer.headers.allow).toBe(status === 405 ? "POST" : undefined);
  });
});
