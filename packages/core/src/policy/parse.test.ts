import { isUtf8 } from "node:buffer";
import { createHash, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldsealError } from "../errors/index.ts";
import { parsePolicy } from "./parse.ts";
import type { Policy, Route } from "./types.ts";

const primitives = { isUtf8, sha256: (bytes: Uint8Array) => createHash("sha256").update(bytes).digest() };
const pem = (): string =>
  generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "pem", type: "spki" }) as string;
const arn = "arn:aws:kms:us-east-1:111122223333:key/2f0e6c6e-9f5e-4a53-b3a0-6f6d4c3b2a10";
const [pii, old] = [pem(), pem()];
const fingerprint = `sha256:${createHash("sha256")
  .update(Buffer.from(pii.replace(/-----.*-----|\n/g, ""), "base64"))
  .digest("hex")}`;

type Json = { [name: string]: Json | undefined } | Json[] | string | number | boolean | null;

/** Every property that this release reads, once. */
const complete = {
  $schema: "https://example.com/policy.schema.json",
  version: 1,
  id: "customers-2026.11_a",
  keys: {
    "pii-1": { alg: "RSA-OAEP-256", publicKey: pii, kms: arn, fingerprint, status: "active" },
    "old-1": { alg: "RSA-OAEP-256", publicKey: old, status: "decrypt-only" },
  },
  routes: [
    {
      methods: ["POST", "PUT"],
      path: "/v1/customers/{customerId}/**",
      context: {
        tenant: { header: "X-Tenant-Id" },
        app: "shop",
        customer: { pathParam: "customerId" },
        record: { select: "$.recordId" },
      },
      fields: [
        { name: "ssn", select: "$..ssn", action: "encrypt", key: "pii-1", required: true },
        {
          ...{ name: "note", select: "$.note", action: "encrypt", key: "pii-1", format: "native", pad: 1 },
          ...{ dataKey: "request", required: false },
        },
      ],
      query: [],
      headers: [],
      cookies: [],
      mediaTypes: ["application/json"],
      limits: { maxFields: 10, maxDepth: 11, maxOutputBytes: 12 },
      onForeignEnvelope: "encrypt",
      onNameVariant: "select",
      onShapeMismatch: "ignore",
    },
  ],
  onUnmatched: "reject",
};

const parse = (document: unknown): Policy => parsePolicy(document, primitives);

function refusalOf(document: unknown): FieldsealError {
  try {
    parse(document);
  } catch (error) {
    if (error instanceof FieldsealError) return error;
    throw error;
  }
  return expect.fail("accepted");
}

/** A copy of the complete policy with the value at a JSON Pointer replaced; undefined removes it. */
function changed(pointer: string, value: unknown): unknown {
  const document = structuredClone(complete) as Json;
  if (pointer === "") return value;
  const tokens = pointer.slice(1).split("/");
  let at = document as never;
  for (const token of tokens.slice(0, -1)) at = at[token as never];
  if (value === undefined) delete at[tokens.at(-1) as never];
  else (at as Record<string, unknown>)[tokens.at(-1)!] = value;
  return document;
}

const route = (): Route => parse(complete).routes[0]!;

describe("a policy", () => {
  it("is read with every property", () => {
    const policy = parse(complete);
    expect(policy).toMatchObject({ id: "customers-2026.11_a", onUnmatched: "reject" });
    expect(policy.keys.get("pii-1")).toMatchObject({
      kid: "pii-1",
      kms: arn,
      fingerprint,
      status: "active",
      direct: [],
    });
    expect(policy.keys.get("old-1")).toMatchObject({ kms: undefined, fingerprint: undefined, status: "decrypt-only" });
    expect(route()).toMatchObject({
      methods: new Set(["POST", "PUT"]),
      mediaTypes: new Set(["application/json"]),
      limits: { maxFields: 10, maxDepth: 11, maxOutputBytes: 12 },
      onForeignEnvelope: "encrypt",
      onNameVariant: "select",
      onShapeMismatch: "ignore",
      context: [
        { key: "tenant", from: "header", header: "x-tenant-id" },
        { key: "app", from: "constant", value: "shop" },
        { key: "customer", from: "pathParam", name: "customerId" },
        { key: "record", from: "select", query: { text: "$.recordId" } },
      ],
      fields: [
        { name: "ssn", required: true, pointer: "/routes/0/fields/0", action: { kind: "encrypt", pad: 32 } },
        { name: "note", required: false, pointer: "/routes/0/fields/1", action: { kind: "encrypt", pad: 1 } },
      ],
    });
  });

  it("defaults to the safe side", () => {
    const policy = parse({ version: 1, id: "x", keys: {}, routes: [{ path: "/**" }] });
    expect(policy.onUnmatched).toBe("forward");
    expect(policy.routes[0]).toMatchObject({
      methods: null,
      mediaTypes: null,
      limits: { maxFields: 2000, maxDepth: 256, maxOutputBytes: 1_000_000 },
      onForeignEnvelope: "reject",
      onNameVariant: "refuse",
      onShapeMismatch: "refuse",
    });
  });

  const field = "/routes/0/fields/0";
  it.each([
    ["", null, ""],
    ["", [], ""],
    ["", "x", ""],
    ["/version", undefined, ""],
    ["/version", 2, "/version"],
    ["/version", "1", "/version"],
    ["/id", undefined, ""],
    ["/id", "", "/id"],
    ["/id", "a b", "/id"],
    ["/id", "a".repeat(65), "/id"],
    ["/keys", undefined, ""],
    ["/keys", [], "/keys"],
    ["/keys/a~1b", { alg: "RSA-OAEP-256", publicKey: pii }, "/keys/a~01b"],
    ["/keys/a.b", { alg: "RSA-OAEP-256", publicKey: pii }, "/keys/a.b"],
    ["/keys/pii-1/alg", "RSA1_5", "/keys/pii-1/alg"],
    ["/keys/pii-1/alg", undefined, "/keys/pii-1"],
    ["/keys/pii-1/publicKey", undefined, "/keys/pii-1"],
    ["/keys/pii-1/publicKey", 5, "/keys/pii-1/publicKey"],
    ["/keys/pii-1/kms", "arn:aws:kms:us-east-1:111122223333:alias/pii", "/keys/pii-1/kms"],
    ["/keys/pii-1/kms", "alias/pii", "/keys/pii-1/kms"],
    ["/keys/pii-1/kms", `${arn}\n`, "/keys/pii-1/kms"],
    ["/keys/pii-1/fingerprint", "sha256:00", "/keys/pii-1/fingerprint"],
    ["/keys/pii-1/status", "retired", "/keys/pii-1/status"],
    ["/routes", undefined, ""],
    ["/routes", {}, "/routes"],
    ["/routes/0/path", undefined, "/routes/0"],
    ["/routes/0/path", "v1", "/routes/0/path"],
    ["/routes/0/path", "/a*", "/routes/0/path"],
    ["/routes/0/methods", [], "/routes/0/methods"],
    ["/routes/0/methods", ["post"], "/routes/0/methods/0"],
    ["/routes/0/methods", "POST", "/routes/0/methods"],
    ["/routes/0/mediaTypes", ["application/json", "text/*"], "/routes/0/mediaTypes/1"],
    ["/routes/0/mediaTypes", ["Application/JSON"], "/routes/0/mediaTypes/0"],
    ["/routes/0/limits/maxFields", 0, "/routes/0/limits/maxFields"],
    ["/routes/0/limits/maxFields", 1.5, "/routes/0/limits/maxFields"],
    ["/routes/0/limits/maxDepth", 1e9, "/routes/0/limits/maxDepth"],
    ["/routes/0/limits/maxOutputBytes", Number.POSITIVE_INFINITY, "/routes/0/limits/maxOutputBytes"],
    ["/routes/0/onForeignEnvelope", "ignore", "/routes/0/onForeignEnvelope"],
    ["/routes/0/onNameVariant", true, "/routes/0/onNameVariant"],
    ["/routes/0/onShapeMismatch", "select", "/routes/0/onShapeMismatch"],
    ["/routes/0/context", [], "/routes/0/context"],
    ["/routes/0/context/Tenant", "x", "/routes/0/context/Tenant"],
    ["/routes/0/context/tenant", "", "/routes/0/context/tenant"],
    ["/routes/0/context/tenant", "ë", "/routes/0/context/tenant"],
    ["/routes/0/context/tenant", {}, "/routes/0/context/tenant"],
    ["/routes/0/context/tenant", { header: "X Tenant" }, "/routes/0/context/tenant/header"],
    ["/routes/0/context/tenant", { header: "x", pathParam: "customerId" }, "/routes/0/context/tenant"],
    ["/routes/0/context/tenant", { pathParam: "other" }, "/routes/0/context/tenant/pathParam"],
    [field, "x", field],
    [`${field}/name`, undefined, field],
    [`${field}/name`, "a.b", `${field}/name`],
    [`${field}/name`, "detect-pan", `${field}/name`],
    [`${field}/select`, undefined, field],
    [`${field}/select`, 5, `${field}/select`],
    [`${field}/action`, undefined, field],
    [`${field}/action`, "hash", `${field}/action`],
    [`${field}/key`, undefined, field],
    [`${field}/key`, "pii-2", `${field}/key`],
    [`${field}/key`, "old-1", `${field}/key`],
    [`${field}/key`, "__proto__", `${field}/key`],
    [`${field}/required`, "yes", `${field}/required`],
    [`${field}/pad`, 0, `${field}/pad`],
    [`${field}/pad`, 5000, `${field}/pad`],
    [`${field}/format`, "raw", `${field}/format`],
    [`${field}/dataKey`, "session", `${field}/dataKey`],
    [`${field}/context`, "tenant", `${field}/context`],
    [`${field}/context`, ["region"], `${field}/context/0`],
    [`${field}/context`, ["tenant", "tenant"], `${field}/context`],
    [`${field}/prefix`, "#E#", `${field}/prefix`],
    [`${field}/keepLast`, 4, `${field}/keepLast`],
    [`${field}/decimals`, 2, `${field}/decimals`],
    ["/onUnmatched", "refuse", "/onUnmatched"],
  ])("with %s = %j is POLICY_INVALID at %s", (pointer, value, where) => {
    expect(refusalOf(changed(pointer, value))).toMatchObject({ code: "POLICY_INVALID", pointer: where });
  });

  it("with more than 16 context pairs, or too many routes, is POLICY_INVALID", () => {
    const pairs = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"]));
    expect(refusalOf(changed("/routes/0/context", pairs))).toMatchObject({ pointer: "/routes/0/context" });
    expect(refusalOf(changed("/routes", Array(501).fill({ path: "/" })))).toMatchObject({ pointer: "/routes" });
  });

  it("with a wrong selector says where in the policy and where in the selector", () => {
    expect(refusalOf(changed(`${field}/select`, "$..a["))).toMatchObject({
      ...{ code: "SELECTOR_INVALID", pointer: `${field}/select`, offset: 5 },
    });
    expect(refusalOf(changed("/routes/0/context/record/select", "id"))).toMatchObject({
      ...{ code: "SELECTOR_INVALID", pointer: "/routes/0/context/record/select", offset: 0 },
    });
  });

  it("with a key that is none, a weak one or another one than pinned is refused at its place", () => {
    const key = "/keys/pii-1/publicKey";
    expect(refusalOf(changed(key, "AAAA"))).toMatchObject({ code: "PUBLIC_KEY_INVALID", pointer: key });
    const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "pem", type: "spki" });
    expect(refusalOf(changed(key, weak))).toMatchObject({ code: "PUBLIC_KEY_WEAK", pointer: key });
    const pointer = "/keys/pii-1/fingerprint";
    expect(refusalOf(changed(key, old))).toMatchObject({ code: "FINGERPRINT_MISMATCH", pointer, kid: "pii-1" });
  });

  const encrypt = { name: "x", select: "$.x", action: "encrypt", key: "pii-1" };

  it("with rules of one name that bind other keys of context, or a direct one that binds any, is POLICY_INVALID", () => {
    const rules = (...contexts: (readonly string[] | null)[]): unknown =>
      changed(
        "/routes/0/fields",
        contexts.map((context) => (context === null ? encrypt : { ...encrypt, context })),
      );
    expect(parse(rules(["tenant"], ["tenant"])).routes[0]!.fields).toHaveLength(2);
    const refusal = { code: "POLICY_INVALID", pointer: "/routes/0/fields/1" };
    expect(refusalOf(rules(["tenant"], null))).toMatchObject(refusal);
    expect(refusalOf(rules(["tenant"], []))).toMatchObject(refusal);
    const direct = { ...encrypt, format: "direct", prefix: "#E1#", suffix: "#1E#", context: ["tenant"] };
    expect(refusalOf(changed(field, direct))).toMatchObject({ code: "POLICY_INVALID", pointer: `${field}/context` });
  });

  it.each([
    [{ name: "cvv", select: "$..cvv", action: "remove" }, { kind: "remove" }],
    [
      { name: "lat", select: "$.lat", action: "round", decimals: 2 },
      { kind: "round", decimals: 2 },
    ],
    [
      { name: "iban", select: "$..iban", action: "mask", keepLast: 4 },
      { kind: "mask", keepLast: 4 },
    ],
    [
      { name: "l", select: "$.l", action: "tokenize", tokenFormat: "digits" },
      { kind: "tokenize", tokenFormat: "digits" },
    ],
    [
      { ...encrypt, format: "direct", prefix: "#E1#", suffix: "#1E#" },
      { format: { name: "direct", prefix: "#E1#", suffix: "#1E#", onTooLong: "refuse" } },
    ],
    [
      { ...encrypt, format: "jwe" },
      { format: { name: "jwe" }, dataKey: "request" },
    ],
    [
      { ...encrypt, dataKey: "field", pad: 1 },
      { format: { name: "native" }, dataKey: "field", pad: 1, context: null },
    ],
    [
      { ...encrypt, context: ["tenant", "app"] },
      { format: { name: "native" }, context: ["app", "tenant"] },
    ],
  ])("with the rule %j has the action %j", (rule, action) => {
    expect(parse(changed(field, rule)).routes[0]!.fields[0]!.action).toMatchObject(action);
  });

  it.each([
    ["/routes/0/query", [{ ...encrypt, within: "json" }], "/routes/0/query/0/within"],
    [field, { ...encrypt, select: "$.a[?@.b==1]" }, `${field}/select`],
    [
      "/routes/0/detect",
      { kinds: ["pan", "iban"], minConfidence: "high", action: "encrypt", key: "pii-1" },
      "/routes/0/detect",
    ],
  ])("with %s = %j is understood, and POLICY_UNSUPPORTED at %s", (pointer, value, where) => {
    expect(refusalOf(changed(pointer, value))).toMatchObject({ code: "POLICY_UNSUPPORTED", pointer: where });
  });

  it("with an unknown property in any object is POLICY_INVALID at that property", () => {
    const objects: string[] = [];
    const walk = (value: Json, pointer: string): void => {
      if (typeof value !== "object" || value === null) return;
      // The ring and the context have names of their own.
      if (!Array.isArray(value) && !/\/(keys|context)$/.test(pointer)) objects.push(pointer);
      for (const [name, child] of Object.entries(value)) if (child !== undefined) walk(child, `${pointer}/${name}`);
    };
    walk(complete as Json, "");
    expect(objects).toHaveLength(10);
    const unknown = fc.oneof(
      fc.constantFrom("Select", "keyId", "__proto__", "constructor", "", "toString"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...objects), unknown, fc.jsonValue(), (where, name, value) => {
        const document = structuredClone(complete) as Json;
        let at = document as never;
        for (const token of where.split("/").slice(1)) at = at[token as never];
        fc.pre(!Object.hasOwn(at, name));
        const known = [
          "kms",
          "direct",
          "format",
          "pad",
          "dataKey",
          "within",
          "detect",
          "fingerprint",
          "prefix",
          "suffix",
        ];
        fc.pre(!known.includes(name));
        Object.defineProperty(at, name, { value, enumerable: true });
        const pointer = `${where}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
        expect(refusalOf(document)).toMatchObject({ code: "POLICY_INVALID", pointer });
      }),
      { numRuns: 500 },
    );
  });
});
