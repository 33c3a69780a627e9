import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { expect, it } from "vitest";
import { eventBridgeSink } from "./audit/eventbridge/index.ts";
import { createAuditTrail, fileSink } from "./audit/index.ts";
import {
  createHttpHandler,
  type JwtAuthenticationOptions,
  jwtAuthentication,
  startService,
} from "./hosts/http/index.ts";
import { createLambdaHandler } from "./hosts/lambda/index.ts";
import { type BodyToDecrypt, createDecryptor, type DecryptorOptions, keyRing, pemKeys } from "./index.ts";
import { kmsKeys } from "./kms/index.ts";

// As JavaScript gives them, where no type says anything.
const keys = pemKeys({});
const client = new KMSClient({ region: "us-east-1" });
const kms = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const caller = { principal: "role:a" };
const rules = [{ principal: "*", context: { tenant: { claim: "tenant" } }, fields: {} }];
const host = { keys, access: { rules }, expect: {} };
const authenticate = async () => caller;
const jwt = { issuer: "i", audience: "a", algorithms: ["ES256"], keySet: { keys: { keys: [] } } };

const decryptor = (more: object): unknown => createDecryptor({ keys, ...more } as DecryptorOptions);
const ring = (more: object): unknown => kmsKeys({ client, keys: {}, ...more });
const ringOf = (key: object): unknown => ring({ keys: { "pii-1": { kms, alg: "RSA-OAEP-256", ...key } } });
const http = (more: object): unknown => createHttpHandler({ ...host, authenticate, ...more });
const contextOf = (source: unknown): unknown => http({ context: { tenant: source } });
const tokens = (more: object): unknown => jwtAuthentication({ ...jwt, ...more } as JwtAuthenticationOptions);
const lambda = (identity: object): unknown => createLambdaHandler({ ...host, identity } as never);
const ofJwt = { from: "api-gateway-jwt", principal: { claim: "role" } };
const trail = (more: object): unknown => createAuditTrail({ sink: { append: async () => {} }, ...more });
const eventBus = (more: object): unknown => eventBridgeSink({ client: new EventBridgeClient({}), ...more });
const pair = { prefix: "{f~", suffix: "~f}", fields: ["ssn"], kid: "pii-1" };
const native = { provider: "p", keyName: "k", kid: "native", field: "ssn" };

it.each<[string, () => unknown]>([
  ["a misspelt age of the cache, which would be five minutes", () => decryptor({ cache: { maxage: 1 } })],
  ["a cache that is 0, which would be one", () => decryptor({ cache: 0 })],
  ['a cache that is "false"', () => decryptor({ cache: "false" })],
  ["a cache that is null", () => decryptor({ cache: null })],
  ["a cache that is true", () => decryptor({ cache: true })],
  ["a rate that is no rate", () => decryptor({ rateLimit: null })],
  ["a misspelt store of a rate", () => decryptor({ rateLimit: { burst: 1, perSecond: 1, stor: {} } })],
  ["rules that may be null", () => decryptor({ requireBoundContext: null, access: { rules } })],
  ["rules that may be 0", () => decryptor({ requireBoundContext: 0, access: { rules } })],
  ["bound context without rules that bind it", () => decryptor({ requireBoundContext: true })],
  ["a pair whose fields are one text", () => decryptor({ direct: [{ ...pair, fields: "ssn" }] })],
  ["a pair without fields", () => decryptor({ direct: [{ ...pair, fields: undefined, field: "ssn" }] })],
  ["a pair without a key", () => decryptor({ direct: [{ ...pair, kid: undefined }] })],
  ["pairs that are one", () => decryptor({ direct: pair })],
  ["CloudFront's key without a field", () => decryptor({ cloudfrontNative: [{ ...native, field: undefined }] })],
  ["CloudFront's key with a misspelt one", () => decryptor({ cloudfrontNative: [{ ...native, feild: "ssn" }] })],
  ["CloudFront's keys that are one", () => decryptor({ cloudfrontNative: native })],
  ["no options of a ring", () => kmsKeys(undefined as never)],
  ["a ring without keys", () => ring({ keys: undefined })],
  ["a ring without a client", () => ring({ client: undefined })],
  ["a ring whose client is a promise", () => ring({ client: Promise.resolve(client) })],
  ["one ring that is none among several", () => keyRing(keys, null as never)],
  ["no options of a service", () => createHttpHandler(undefined as never)],
  ["an authentication that is no function", () => http({ authenticate: "jwt" })],
  ["parts that are no list", () => http({ parts: null })],
  ["a context that is null", () => http({ context: null })],
  ["checks of readiness that are none", () => http({ ready: { kms: "up" } })],
  ["checks of readiness that are null", () => http({ ready: null })],
  ["one algorithm for a list", () => tokens({ algorithms: "ES256" })],
  ["no algorithms", () => tokens({ algorithms: undefined })],
  ["no key set", () => tokens({ keySet: undefined })],
  ["a key set that is an address alone", () => tokens({ keySet: "https://issuer.example/jwks.json" })],
  ["a clock of tokens that is none", () => tokens({ now: 5 })],
  ["a trail without a sink", () => trail({ sink: undefined })],
  ["a trail whose sink is none", () => trail({ sink: {} })],
  ["a file of a trail without a name", () => fileSink(undefined as never)],
  ["misspelt replicas", () => ring({ replica: [] })],
  ["a replica without a client", () => ring({ replicas: [{ region: "eu-west-1" }] })],
  ["a replica without a Region", () => ring({ replicas: [{ client }] })],
  ["a misspelt breaker's time", () => ring({ breaker: { openfor: 1 } })],
  ["a breaker that is 0", () => ring({ breaker: 0 })],
  ["a breaker that is true", () => ring({ breaker: true })],
  ["a breaker that is null", () => ring({ breaker: null })],
  ["a misspelt public key of a key", () => ringOf({ publickey: "" })],
  ["an algorithm that there is not", () => ringOf({ alg: "RSA-OAEP" })],
  ["misspelt limits of requests", () => http({ limits: { maxBodybytes: 1 } })],
  ["limits that are null", () => http({ limits: null })],
  ["a context from a claim and a value", () => contextOf({ claim: "tenant", value: "t-1" })],
  ["a context from a misspelt claim", () => contextOf({ clam: "tenant" })],
  ["a context from a text", () => contextOf("tenant")],
  ["a context from a number", () => contextOf({ value: 1 })],
  ["a context from nowhere", () => contextOf({ value: undefined })],
  ["a misspelt claim of the purpose", () => tokens({ purposeclaim: "purpose" })],
  ["a claim of the purpose that is no text", () => tokens({ purposeClaim: 1 })],
  ["a principal without a claim", () => tokens({ principal: { prefix: "role:" } })],
  ["a principal with a misspelt prefix", () => tokens({ principal: { claim: "role", prefx: "role:" } })],
  ["a principal with a prefix that is none", () => tokens({ principal: { claim: "role", prefix: null } })],
  ["the same of a function", () => lambda({ ...ofJwt, principal: { claim: "role", prefx: "role:" } })],
  ["a function's misspelt claim of the purpose", () => lambda({ ...ofJwt, purposeclaim: "purpose" })],
  ["a misspelt limit of checkpoints", () => trail({ maxUnprovn: 1 })],
  ["a misspelt bus of events, which would be the default one", () => eventBus({ eventBusNam: "audit" })],
  ["a sink that does not know whether to wait", () => fileSink("audit.jsonl", { fsync: null as never })],
])("is refused before anything is opened, with what is wrong: %s", (_, create) => {
  expect(create).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

it("what is right is taken", () => {
  decryptor({ cache: false, direct: [pair], cloudfrontNative: [native], requireBoundContext: false });
  decryptor({ cache: { maxAge: 1 }, rateLimit: { burst: 1, perSecond: 1, onAlert: () => {} }, access: { rules } });
  ring({ breaker: false, replicas: [{ region: "eu-west-1", client }] });
  ringOf({ bits: 2048 });
  contextOf({ claim: "tenant" });
  http({ limits: { maxSeconds: 1 } });
  tokens({ purposeClaim: "purpose", principal: { claim: "role", prefix: "role:" } });
  lambda({ ...ofJwt, purposeClaim: "purpose" });
});

it("a limit of requests that is not set is the default: it would let bodies of any length in", async () => {
  const { handle } = createHttpHandler({ ...host, authenticate, limits: { maxBodyBytes: undefined } as object });
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const answer = await fetch(`http://127.0.0.1:${port}/v1/decrypt`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `{"a":"${"a".repeat(1_048_576)}"}`,
  });
  expect(answer.status).toBe(413);
  server.close();
});

it.each<object>([
  { sameDataKey: null },
  { sameDataKey: 0 },
  { sameDataKey: "true" },
  { expectDataKeys: null },
  { expectDataKeys: ["digest"] },
  { expectDataKeys: "pii-1=digest" },
])("a body's pins are what they can be: %j", async (pins) => {
  const body = { bytes: new TextEncoder().encode("{}"), mediaType: "application/json" };
  const results = await createDecryptor({ keys }).decryptBodies([body, { ...body, ...pins } as BodyToDecrypt]);
  expect(results).toMatchObject([{ bytes: body.bytes }, { error: { code: "CONFIG_INVALID" } }]);
});

it.each<[string, unknown]>([
  ["CONFIG_INVALID", null],
  ["CONFIG_INVALID", undefined],
  ["CONFIG_INVALID", { mediaType: 5 }],
  ["CONTEXT_INVALID", { context: null }],
  ["CONTEXT_INVALID", { context: "tenant" }],
  ["CONTEXT_INVALID", { context: [["tenant", "t-1"]] }],
  ["CONTEXT_INVALID", { context: { tenant: null } }],
  ["CONTEXT_INVALID", { context: { tenant: ["t-1"] } }],
  ["CONFIG_INVALID", { expect: { ssn: { select: "$.ssn", within: "xml" } } }],
  ["CONFIG_INVALID", { expect: { ssn: { select: "$.ssn" } } }],
  ["CONFIG_INVALID", { expect: { ssn: { select: "$.ssn", within: "json", wihtin: "json" } } }],
  ["CONFIG_INVALID", { expect: ["$.ssn"] }],
])("a body that is none of a decryptor's fails alone, with %s: %j", async (code, wrong) => {
  const body = { bytes: new TextEncoder().encode("{}"), mediaType: "application/json" };
  const bad = typeof wrong === "object" && wrong !== null ? { ...body, ...wrong } : wrong;
  const results = await createDecryptor({ keys }).decryptBodies([body, bad as BodyToDecrypt]);
  expect(results).toMatchObject([{ bytes: body.bytes }, { error: { code } }]);
});

it("a service does not start with null for its trail, which would leave none", async () => {
  const starting = startService({ ...host, authenticate, port: 0, trail: null as never });
  await expect(starting).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});
