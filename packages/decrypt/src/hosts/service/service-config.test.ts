import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parseServiceConfig } from "./service-config.ts";

const schemaOf = (name: string): object => JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8")) as object;
const ajv = new Ajv2020.Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
const validate = ajv.addSchema(schemaOf("tokenizer")).compile(schemaOf("service"));

const text = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const mrk = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
const multi = { keys: { "pii-1": { kms: mrk, alg: "RSA-OAEP-256" } } };
const least = {
  keys: { "pii-1": { kms: text, alg: "RSA-OAEP-256" } },
  expect: { policy: "policy.json" },
  access: { file: "access.json" },
  authentication: { issuer: "i", audience: "a", algorithms: ["ES256"], keySet: { url: "https://i.example/jwks" } },
  audit: { stdout: true },
};
const whole = {
  $schema: "service.schema.json",
  ...least,
  listen: { host: "0.0.0.0", port: 8443 },
  kms: { region: "eu-central-1", endpoint: "http://127.0.0.1:4566" },
  expect: { fields: { ssn: "$..ssn", email: ["$.email", { select: "$.note.email", within: "json" }] } },
  access: { rules: [{ principal: "*", fields: { "*": "none" } }] },
  authentication: {
    ...least.authentication,
    keySet: { file: "jwks.json" },
    principal: { claim: "role", prefix: "role:" },
    purposeClaim: "purpose",
  },
  context: { tenant: { claim: "tenant" }, app: { value: "shop" } },
  audit: { file: "audit.jsonl", fsync: false, checkpoints: { file: "c.jsonl", kms: text } },
  limits: { maxBodyBytes: 1, maxSeconds: 1, maxConcurrent: 1, maxConcurrentPerPrincipal: 1 },
  rateLimit: { burst: 1000, perSecond: 50 },
  keys: { "pii-1": { kms: mrk, alg: "RSA-OAEP-256" }, native: { kms: text, alg: "RSA-OAEP-256" } },
  replicas: [{ region: "eu-west-1" }, { region: "eu-north-1", endpoint: "https://kms.example" }],
  failOverAfter: 500,
  breaker: { maxFailures: 3, openFor: 5000 },
  dataKeys: {
    maxDataKeysPerRecord: 64,
    maxKmsCallsPerCall: 5000,
    maxConcurrentKmsCalls: 16,
    kmsTimeout: 3000,
    cache: { maxEntries: 10, maxAge: 60_000, maxUses: 100 },
  },
  cloudfrontNative: [{ provider: "shop", keyName: "old", kid: "native", field: "phone" }],
  onFieldError: "mark",
  onDenied: "mask",
};
const outcome = (document: unknown): string => {
  try {
    parseServiceConfig(document);
    return "accepted";
  } catch (error) {
    const { code, pointer } = error as { code: string; pointer: string };
    return `${code} ${pointer}`;
  }
};

describe("the service's configuration", () => {
  it("is read whole, with defaults for what may be left out", () => {
    const { $schema: _, listen, kms, authentication, audit, limits, ...decrypt } = whole;
    expect(parseServiceConfig(whole)).toEqual({ listen, kms, authentication, audit, limits, decrypt });
    expect(parseServiceConfig({ ...least, breaker: false })).toMatchObject({ decrypt: { breaker: false } });
    expect(parseServiceConfig(least)).toMatchObject({
      listen: {},
      limits: {},
      decrypt: { context: {} },
      authentication: { principal: { claim: "sub" } },
    });
    expect(validate(whole)).toBe(true);
    expect(validate(least)).toBe(true);
  });

  it.each<[string, object]>([
    ["", { ...least, other: 1 }],
    ["/listen", { ...least, listen: { tls: true } }],
    ["/listen/port", { ...least, listen: { port: 70_000 } }],
    ["/keys/pii-1", { ...least, keys: { "pii-1": { kms: text } } }],
    ["/kms/endpoint", { ...least, kms: { endpoint: "kms.example" } }],
    ["/replicas/0/endpoint", { ...least, ...multi, replicas: [{ region: "eu-west-1", endpoint: "kms.example" }] }],
    ["/authentication/algorithms", { ...least, authentication: { ...least.authentication, algorithms: [] } }],
    ["/authentication/algorithms/0", { ...least, authentication: { ...least.authentication, algorithms: ["HS256"] } }],
    ["/keys/pii-1/alg", { ...least, keys: { "pii-1": { kms: text, alg: "RSA1_5" } } }],
    ["/expect", { ...least, expect: {} }],
    ["/expect", { ...least, expect: { policy: "p", fields: {} } }],
    ["/expect/fields/ssn", { ...least, expect: { fields: { ssn: 1 } } }],
    ["/expect/fields/ssn/0/within", { ...least, expect: { fields: { ssn: [{ select: "$.x", within: "xml" }] } } }],
    ["/access", { ...least, access: { file: "a", rules: [] } }],
    ["/authentication", { ...least, authentication: { ...least.authentication, audience: undefined } }],
    ["/authentication/audience", { ...least, authentication: { ...least.authentication, audience: "" } }],
    ["/authentication/keySet", { ...least, authentication: { ...least.authentication, keySet: {} } }],
    ["/context/tenant", { ...least, context: { tenant: { header: "x" } } }],
    ["/context/tenant", { ...least, context: { tenant: { claim: "a", value: "b" } } }],
    ["/audit", { ...least, audit: {} }],
    ["/audit/stdout", { ...least, audit: { stdout: 1 } }],
    ["/audit", { ...least, audit: { stdout: false } }],
    ["/audit", { ...least, audit: { stdout: true, fsync: true } }],
    ["/audit/checkpoints", { ...least, audit: { file: "a", checkpoints: { file: "b" } } }],
    ["/limits/maxSeconds", { ...least, limits: { maxSeconds: 0 } }],
    ["", { ...least, keys: undefined, expect: undefined, access: undefined }],
    ["", { ...least, keys: undefined, expect: undefined, access: undefined, context: { app: { value: "shop" } } }],
    ["", { ...least, keys: undefined, expect: undefined, access: undefined, rateLimit: { burst: 1, perSecond: 1 } }],
    ["/rateLimit", { ...least, rateLimit: { burst: 1 } }],
    ["", { ...least, keys: undefined, expect: undefined, access: undefined, breaker: false }],
    ["/replicas", { ...least, ...multi, replicas: [] }],
    ["/replicas/0", { ...least, ...multi, replicas: ["eu-west-1"] }],
    ["/replicas/0/region", { ...least, ...multi, replicas: [{ region: "EU (Ireland)" }] }],
    ["/failOverAfter", { ...least, ...multi, failOverAfter: 500 }],
    ["/failOverAfter", { ...least, ...multi, replicas: [{ region: "eu-west-1" }], failOverAfter: 0 }],
    ["", { ...least, keys: undefined, expect: undefined, access: undefined, dataKeys: { cache: false } }],
    ["/dataKeys/cache", { ...least, dataKeys: { cache: true } }],
    ["/dataKeys/cache/maxAge", { ...least, dataKeys: { cache: { maxAge: 0 } } }],
    ["/dataKeys/maxKmsCallsPerCall", { ...least, dataKeys: { maxKmsCallsPerCall: 0 } }],
    ["/dataKeys/surprise", { ...least, dataKeys: { surprise: 1 } }],
    ["/cloudfrontNative/0", { ...least, cloudfrontNative: [{ provider: "shop", keyName: "old", kid: "native" }] }],
    ["/onFieldError", { ...least, onFieldError: "ignore" }],
    ["/onDenied", { ...least, onDenied: "mark" }],
    ["/breaker", { ...least, breaker: true }],
    ["/breaker/openFor", { ...least, breaker: { openFor: 0 } }],
    ["/breaker/surprise", { ...least, breaker: { surprise: 1 } }],
    ["/rateLimit/perSecond", { ...least, rateLimit: { burst: 1, perSecond: 0 } }],
    ...["keys", "expect", "access", "authentication", "audit"].map((name): [string, object] => {
      return ["", { ...least, [name]: undefined }];
    }),
  ])("is refused at %s by the parser, and by the schema: %#", (pointer, document) => {
    const written = JSON.parse(JSON.stringify(document)) as object;
    const found = outcome(written);
    expect(found).toMatch(/^CONFIG_INVALID /);
    expect(found.slice("CONFIG_INVALID ".length).startsWith(pointer)).toBe(true);
    expect(validate(written)).toBe(false);
  });

  it.each<[string, object]>([
    ["/cloudfrontNative", { ...least, cloudfrontNative: whole.cloudfrontNative }],
    ["/keys/pii-1/kms", { ...least, keys: { "pii-1": { kms: "alias/pii", alg: "RSA-OAEP-256" } } }],
    ["/replicas", { ...least, replicas: [{ region: "eu-west-1" }] }],
    ["/replicas", { ...least, ...multi, replicas: [{ region: "a" }, { region: "a" }] }],
  ])("is refused at %s by the parser, which knows more than a schema: %#", (pointer, document) => {
    expect(outcome(document)).toBe(`CONFIG_INVALID ${pointer}`);
    expect(validate(document)).toBe(true);
  });

  it.each<[string, object]>([
    ["SELECTOR_INVALID /expect/fields/ssn/1", { ...least, expect: { fields: { ssn: ["$.a", "$.["] } } }],
    ["ACCESS_INVALID /access/rules/0/principal", { ...least, access: { rules: [{ principal: 1, fields: {} }] } }],
  ])("is refused with the code and the place of what it holds: %s", (expected, document) => {
    expect(outcome(document)).toBe(expected);
  });
});
