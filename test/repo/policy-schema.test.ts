import { generateKeyPairSync } from "node:crypto";
import Ajv2020 from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parsePolicy } from "../../packages/core/src/policy/index.ts";
import { codeOf } from "../crypto/error-code.ts";
import { sealing } from "../crypto/node-primitives.ts";
import { readText } from "./workspace.ts";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type JsonObject = { [name: string]: Json };

const schema = JSON.parse(readText("schemas/policy.schema.json")) as JsonObject;
const ajv = new Ajv2020.Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
const validate = ajv.compile(schema);
const schemaAccepts = (document: unknown): boolean => validate(document);
const parse = (document: unknown): string | undefined => codeOf(() => parsePolicy(document, sealing));

const pem = (type: "rsa" | "ec"): string => {
  const pair =
    type === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return pair.publicKey.export({ format: "pem", type: "spki" }) as string;
};
const rsa = pem("rsa");
const arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const rule = { name: "ssn", select: "$..ssn", action: "encrypt", key: "pii-1" };

/** Everything that every release builds. */
const plain = {
  $schema: "../schemas/policy.schema.json",
  version: 1,
  id: "customers-2026-11",
  keys: {
    "pii-1": { alg: "RSA-OAEP-256", publicKey: rsa, kms: arn, status: "active" },
    "old-1": { alg: "RSA-OAEP-256", publicKey: rsa.replace(/-----[^-]*-----|\n/g, ""), status: "decrypt-only" },
  },
  routes: [
    {
      methods: ["POST", "PUT"],
      path: "/v1/customers/{customerId}/**",
      context: {
        tenant: { header: "x-tenant-id" },
        app: "shop",
        customer: { pathParam: "customerId" },
        order: { select: "$.orderId" },
      },
      fields: [{ ...rule, required: true, format: "native", pad: 64, dataKey: "request" }, rule],
      query: [],
      headers: [],
      cookies: [],
      mediaTypes: ["application/json"],
      limits: { maxFields: 2000, maxDepth: 256, maxOutputBytes: 1_000_000 },
      onForeignEnvelope: "reject",
      onNameVariant: "refuse",
      onShapeMismatch: "refuse",
    },
    { path: "/**" },
  ],
  onUnmatched: "forward",
} as const satisfies Json;

/** The grammar's other parts: every action, format and place. */
const full: Json = {
  version: 1,
  id: "customers-2026-11",
  keys: {
    "pii-1": { alg: "RSA-OAEP-256", publicKey: rsa, reuse: { maxAge: 60, maxMessages: 1000, maxBytes: 1_000_000 } },
    "pci-1": { alg: "DHKEM-P256", publicKey: pem("ec"), kms: arn },
    "old-1": {
      alg: "RSA-OAEP-256",
      publicKey: rsa,
      status: "decrypt-only",
      direct: [{ prefix: "#E0#", suffix: "#0E#", fields: ["legacy"] }],
    },
  },
  routes: [
    {
      path: "/v1/customers/**",
      fields: [
        rule,
        { name: "card-number", select: "$.payments[*].card.number", action: "encrypt", key: "pci-1", required: true },
        { name: "cvv", select: "$..cvv", action: "remove" },
        { name: "lat", select: "$.location.lat", action: "round", decimals: 2 },
        { name: "iban", select: "$..iban", action: "mask", keepLast: 4 },
        { name: "loyalty", select: "$.loyaltyId", action: "tokenize", tokenFormat: "digits" },
        { ...rule, name: "legacy", format: "direct", prefix: "#E1#", suffix: "#1E#", onTooLong: "native" },
        { ...rule, name: "token", format: "jwe", dataKey: "field" },
        { ...rule, name: "nested", within: "json" },
      ],
      query: [{ name: "email", select: "$.email", action: "encrypt", key: "pii-1" }],
      headers: [{ name: "phone", header: "X-Customer-Phone", action: "encrypt", key: "pii-1" }],
      cookies: [{ name: "sid", cookie: "session", action: "encrypt", key: "pii-1" }],
      limits: { maxDecodedBytes: 1 },
      onFieldInQuery: "ignore",
      onCompressed: "open",
      detect: { kinds: ["pan", "iban", "us-ssn"], minConfidence: "high", action: "encrypt", key: "pci-1" },
    },
  ],
  onUnmatched: "reject",
  onAmbiguousPath: "ignore",
  onUncoveredMethod: "forward",
};

/** A copy of `document` with `value` at `path`; undefined takes the member away. */
function withAt(document: Json, path: readonly (string | number)[], value: Json | undefined): Json {
  const copy = structuredClone(document);
  let parent = copy as JsonObject;
  for (const step of path.slice(0, -1)) parent = parent[step] as JsonObject;
  const last = path.at(-1)!;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

/** Paths of all objects whose names the grammar gives; `keys` and `context` have names of the document's own. */
function objectsIn(value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [];
  const below = Object.entries(value).flatMap(([name, child]) => objectsIn(child, [...path, name]));
  const named = !Array.isArray(value) && path.at(-1) !== "keys" && path.at(-1) !== "context";
  return named ? [path, ...below] : below;
}

/** A definition of the schema. */
const at = (name: string): JsonObject => (schema.$defs as JsonObject)[name] as JsonObject;

function errorOf(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error("accepted");
}

const route = ["routes", 0] as const;
const field = [...route, "fields", 0] as const;

describe("the JSON Schema of policies", () => {
  it("accepts what the parser accepts, and the rest of the grammar", () => {
    expect(parse(plain)).toBeUndefined();
    expect(schemaAccepts(plain), ajv.errorsText(validate.errors)).toBe(true);
    expect(schemaAccepts(full), ajv.errorsText(validate.errors)).toBe(true);
  });

  it("lets no object have properties that it does not name, and describes every property", () => {
    let objects = 0;
    const visit = (node: Json, at: string): void => {
      if (typeof node !== "object" || node === null) return;
      if (!Array.isArray(node) && node.type === "object") {
        objects++;
        expect(node.additionalProperties, at).toBeDefined();
        if (node.properties !== undefined) expect(node.additionalProperties, at).toBe(false);
        for (const [name, property] of Object.entries((node.properties ?? {}) as JsonObject)) {
          expect(descriptionOf(property as JsonObject), `${at}/properties/${name}`).toMatch(/^.*\.$/);
        }
      }
      for (const [name, child] of Object.entries(node)) visit(child, `${at}/${name}`);
    };
    visit(schema, "");
    expect(objects).toBeGreaterThan(14);
  });

  it.each(objectsIn(plain).map((path) => [path.join("/"), path] as const))(
    "refuses an unknown property as the parser does, at /%s",
    (_, path) => {
      const document = withAt(plain, [...path, "colour"], "red");
      expect(schemaAccepts(document)).toBe(false);
      expect(parse(document)).toBe("POLICY_INVALID");
    },
  );

  it.each([
    ["", schema],
    ["keys/pii-1", at("key")],
    ["keys/pii-1/reuse", at("reuse")],
    ["routes/0", at("route")],
    ["routes/0/limits", at("limits")],
  ])("names the very properties that the parser knows, at /%s", (path, described) => {
    const built = withAt(full, ["routes", 0, "detect"], undefined);
    const document = withAt(built, [...path.split("/").filter(Boolean), "colour"], "red");
    const message = errorOf(() => parsePolicy(document, sealing)).message;
    const known = /known here: (.*)$/.exec(message)![1]!.split(", ");
    expect(Object.keys(described.properties as JsonObject).sort()).toEqual(known.sort());
  });

  it.each(objectsIn(full).map((path) => [path.join("/"), path] as const))(
    "refuses an unknown property in the rest of the grammar, at /%s",
    (_, path) => {
      expect(schemaAccepts(withAt(full, [...path, "colour"], "red"))).toBe(false);
    },
  );

  it.each<[string, readonly (string | number)[], Json | undefined]>([
    ["another version", ["version"], 2],
    ["a version in quotes", ["version"], "1"],
    ["no version", ["version"], undefined],
    ["no id", ["id"], undefined],
    ["an id with a space", ["id"], "a b"],
    ["no keys", ["keys"], undefined],
    ["no routes", ["routes"], undefined],
    ["routes that are no array", ["routes"], {}],
    ["a third answer to unmatched requests", ["onUnmatched"], "allow"],
    ["a kid with a dot", ["keys", "a.b"], { alg: "RSA-OAEP-256", publicKey: rsa }],
    ["a kid of 65 characters", ["keys", "k".repeat(65)], { alg: "RSA-OAEP-256", publicKey: rsa }],
    ["an unknown alg", ["keys", "pii-1", "alg"], "RSA-OAEP"],
    ["no public key", ["keys", "pii-1", "publicKey"], undefined],
    ["an alias for a KMS key", ["keys", "pii-1", "kms"], "arn:aws:kms:us-east-1:111122223333:alias/pii"],
    ["a fingerprint in upper case", ["keys", "pii-1", "fingerprint"], `sha256:${"A".repeat(64)}`],
    ["a status that is none", ["keys", "pii-1", "status"], "retired"],
    ["no path", [...route, "path"], undefined],
    ["a path without its slash", [...route, "path"], "v1/**"],
    ["a path with a query", [...route, "path"], "/v1?x=1"],
    ["no method", [...route, "methods"], []],
    ["a method in lower case", [...route, "methods"], ["post"]],
    ["a media type in upper case", [...route, "mediaTypes"], ["Application/JSON"]],
    ["a media type with a parameter", [...route, "mediaTypes"], ["application/json;charset=utf-8"]],
    ["a context key in upper case", [...route, "context", "Tenant"], "x"],
    ["an empty constant in the context", [...route, "context", "app"], ""],
    ["a context header with a space", [...route, "context", "tenant"], { header: "x tenant" }],
    ["two sources of one context value", [...route, "context", "tenant"], { header: "x", select: "$.x" }],
    ["a context source of no kind", [...route, "context", "tenant"], {}],
    ["a limit of zero", [...route, "limits", "maxFields"], 0],
    ["a limit that is no integer", [...route, "limits", "maxDepth"], 1.5],
    ["a limit above CloudFront's", [...route, "limits", "maxOutputBytes"], 1_398_102],
    ["a choice that is none", [...route, "onNameVariant"], "reject"],
    ["a rule without a name", [...field, "name"], undefined],
    ["a reserved field name", [...field, "name"], "detect-pan"],
    ["a field name of 65 characters", [...field, "name"], "f".repeat(65)],
    ["a rule without a selector", [...field, "select"], undefined],
    ["a rule without an action", [...field, "action"], undefined],
    ["an unknown action", [...field, "action"], "hash"],
    ["encryption without a key", [...field, "key"], undefined],
    ["required that is no boolean", [...field, "required"], "true"],
    ["reuse without an age", ["keys", "pii-1", "reuse"], { maxMessages: 1 }],
    ["reuse for more than a day", ["keys", "pii-1", "reuse"], { maxAge: 86_401 }],
    ["more messages than 2^32", ["keys", "pii-1", "reuse"], { maxAge: 1, maxMessages: 2 ** 32 + 1 }],
    ["onTooLong without the direct format", [...field, "onTooLong"], "native"],
    ["pad 0", [...field, "pad"], 0],
    ["pad 4097", [...field, "pad"], 4097],
    ["a prefix without the direct format", [...field, "prefix"], "#E1#"],
    ["a property of another action", [...field, "keepLast"], 4],
  ])("refuses as the parser does: %s", (_, path, value) => {
    const document = withAt(plain, path, value);
    expect(schemaAccepts(document)).toBe(false);
    expect(parse(document)).toBe("POLICY_INVALID");
  });

  it.each<[string, JsonObject]>([
    ["direct without its suffix", { ...rule, format: "direct", prefix: "#E1#" }],
    ["a prefix that ends in a letter", { ...rule, format: "direct", prefix: "#E1", suffix: "#1E#" }],
    ["a suffix that begins with a digit", { ...rule, format: "direct", prefix: "#E1#", suffix: "1E#" }],
    ["a prefix with a comma", { ...rule, format: "direct", prefix: "#,1#", suffix: "#1E#" }],
    ["a suffix of 33 characters", { ...rule, format: "direct", prefix: "#E1#", suffix: "#".repeat(33) }],
    ["jwe with a pad", { ...rule, format: "jwe", pad: 32 }],
    ["direct with a context", { ...rule, format: "direct", prefix: "#E1#", suffix: "#1E#", context: [] }],
    ["a context that is none of the route's keys", { ...rule, context: ["Tenant"] }],
    ["mask with a context", { name: "x", select: "$.x", action: "mask", keepLast: 4, context: [] }],
    ["remove with a key", { name: "x", select: "$.x", action: "remove", key: "pii-1" }],
    ["mask without keepLast", { name: "x", select: "$.x", action: "mask" }],
    ["mask of 65", { name: "x", select: "$.x", action: "mask", keepLast: 65 }],
    ["round with keepLast", { name: "x", select: "$.x", action: "round", decimals: 1, keepLast: 1 }],
    ["round to -1 decimals", { name: "x", select: "$.x", action: "round", decimals: -1 }],
    ["tokenize without a format", { name: "x", select: "$.x", action: "tokenize" }],
  ])("refuses as the parser does, whether it builds the action or not: %s", (_, wrong) => {
    const document = withAt(plain, field, wrong);
    expect(schemaAccepts(document)).toBe(false);
    expect(parse(document)).toBe("POLICY_INVALID");
  });
});

// What stands in docs/policy.md behind ```json WORD, put into a document of its own.
const examples = Array.from(readText("docs/policy.md").matchAll(/^```json (\w+)\n(.*?)^```$/gms), ([, kind, text]) => {
  const value = JSON.parse(text!) as Json;
  const keys = { "pii-1": { alg: "RSA-OAEP-256", publicKey: rsa }, "pci-1": { alg: "RSA-OAEP-256", publicKey: rsa } };
  const base = { version: 1, id: "example", keys, routes: [] as Json[] } satisfies Json;
  const documents: Record<string, Json> = {
    policy: value,
    keys: { ...base, keys: value },
    route: { ...base, routes: [value] },
    rule: { ...base, routes: [{ path: "/", fields: [value] }] },
  };
  return [kind!, JSON.stringify(value).slice(0, 60), documents[kind!]] as const;
});

describe("the examples of docs/policy.md", () => {
  it("are found", () => {
    expect(examples.length).toBeGreaterThan(10);
    expect(readText("docs/policy.md").match(/^```json/gm)).toHaveLength(examples.length);
  });

  it.each(examples)("are in the grammar: %s %s", (_, __, document) => {
    expect(document).toBeDefined();
    expect(schemaAccepts(document), ajv.errorsText(validate.errors)).toBe(true);
    // The page shortens public keys; real ones stand in for them.
    const whole = JSON.parse(JSON.stringify(document), (name, value: unknown) => (name === "publicKey" ? rsa : value));
    expect([undefined, "POLICY_UNSUPPORTED"]).toContain(parse(whole));
  });
});

function descriptionOf(property: JsonObject): Json | undefined {
  const name = /^#\/\$defs\/(.*)$/.exec(String(property.$ref))?.[1];
  const target = name === undefined ? undefined : ((schema.$defs as JsonObject)[name] as JsonObject);
  return property.description ?? target?.description;
}
