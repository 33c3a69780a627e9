import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { openAll } from "../../../test/fixtures/native-envelope.ts";
import { policyDocument, privateKeys, type SealingRule, seals } from "../../../test/fixtures/sealing-policy.ts";
import { encryptBodySync } from "./encrypt-body.ts";
import { FieldsealError, parsePolicy } from "./index.ts";

interface Case {
  readonly body?: string;
  readonly given?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly fields?: readonly SealingRule[];
  readonly mediaType?: string;
  readonly routePath?: string;
  readonly limits?: object;
}

/** The code of the refusal, or null where the envelope opens under `expected`. */
function outcome(context: unknown, expected: Readonly<Record<string, string>>, more: Case = {}): string | null {
  const { body = '{"ssn":1}', given = {}, path = "/", fields = [seals("$.ssn")], routePath = "/**" } = more;
  const { mediaType = "application/json", limits = {} } = more;
  const policy = parsePolicy(policyDocument(fields, { context, path: routePath, limits }));
  try {
    const bytes = encryptBodySync({ bytes: Buffer.from(body), mediaType, path, context: given }, policy);
    expect(openAll(bytes, privateKeys, expected).length).toBeGreaterThan(0);
    return null;
  } catch (error) {
    if (error instanceof FieldsealError) return error.code;
    throw error;
  }
}

describe("the context of a request", () => {
  it("holds constants, which the caller may repeat and not change", () => {
    expect(outcome({ app: "shop" }, { app: "shop" })).toBeNull();
    expect(outcome({ app: "shop" }, { app: "shop" }, { given: { app: "shop" } })).toBeNull();
    expect(outcome({ app: "shop" }, {}, { given: { app: "other" } })).toBe("CONTEXT_INVALID");
  });

  it("holds what the caller gives, for keys of the policy and for its own", () => {
    const given = { tenant: "acme", own: "1" };
    expect(outcome({ tenant: { header: "x-tenant" } }, given, { given })).toBeNull();
    expect(outcome({ tenant: { header: "x-tenant" } }, {})).toBe("CONTEXT_MISSING");
  });

  it("takes a path segment, percent-decoded once", () => {
    const customer = (path: string, value: string): string | null =>
      outcome({ c: { pathParam: "id" } }, { c: value }, { path, routePath: "/c/{id}/**" });
    expect(customer("/c/7/x", "7")).toBeNull();
    expect(customer("/c/a%20b%C3%AB", "a bë")).toBeNull();
    expect(customer("/c/a%2541", "a%41")).toBeNull();
    for (const path of ["/c/%", "/c/%zz", "/c/%FF", "/c/a%0Ab", "/c/%00"]) {
      expect(customer(path, "")).toMatch(/^(?:CONTEXT_MISSING|PATH_AMBIGUOUS)$/);
    }
  });

  it("takes one unsealed scalar of the body: a string decoded, other tokens as spelled", () => {
    const id = (body: string, value: string): string | null =>
      outcome({ id: { select: "$.id" } }, { id: value }, { body });
    expect(id('{"id":"a\\u00eb","ssn":1}', "aë")).toBeNull();
    expect(id('{"ssn":1,"id":1.50}', "1.50")).toBeNull();
    expect(id('{"ssn":1,"id":true}', "true")).toBeNull();
    for (const value of ["null", '""', "{}", "[]", '["a"]', '{"id":"a"}', '"a\\n"', '"\\ud800"', '"\\u0000"']) {
      expect([value, id(`{"ssn":1,"id":${value}}`, "")]).toEqual([value, "CONTEXT_MISSING"]);
    }
    expect(id('{"ssn":1}', "")).toBe("CONTEXT_MISSING");
    expect(id('{"ssn":1,"id":"a","id":"b"}', "")).toBe("CONTEXT_MISSING");
    expect(id('{"ssn":1,"id":"a","id":"a"}', "")).toBe("CONTEXT_MISSING");
    expect(
      outcome(
        { id: { select: "$.id" } },
        { id: "a b" },
        {
          ...{ body: "id=a+b&ssn=1", mediaType: "application/x-www-form-urlencoded" },
        },
      ),
    ).toBeNull();
  });

  it("never takes a value that is sealed, or is inside one", () => {
    for (const select of ["$.ssn", "$.x.id"]) {
      const fields = [seals("$.ssn"), seals("$.x")];
      const body = '{"ssn":"1","x":{"id":"2"}}';
      expect(outcome({ id: { select } }, {}, { fields, body })).toBe("CONTEXT_MISSING");
    }
  });

  it("is refused in linear time where a body selects tens of thousands of values", () => {
    const body = `[${Array(50_000).fill('{"id":1,"ssn":2}').join()}]`;
    const more = { body, fields: [seals("$..ssn")], limits: { maxFields: 100_000 } };
    const started = performance.now();
    expect(outcome({ id: { select: "$..id" } }, {}, more)).toBe("CONTEXT_MISSING");
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it("tells several selected values apart", () => {
    const context = { a: { select: "$.a" }, app: "shop", b: { select: "$.b" } };
    const body = '{"b":"2","ssn":0,"a":"1"}';
    expect(outcome(context, { a: "1", app: "shop", b: "2" }, { body })).toBeNull();
  });

  it("has keys that objects have, too", () => {
    const context = JSON.parse('{"constructor":{"header":"x"},"__proto__":"shop"}') as unknown;
    expect(outcome(context, {})).toBe("CONTEXT_MISSING");
    const own = JSON.parse('{"constructor":"c","__proto__":"shop"}') as Record<string, string>;
    expect(outcome(own, own)).toBeNull();
    expect(outcome(context, own, { given: JSON.parse('{"constructor":"c"}') })).toBeNull();
  });

  it("has at most 256 bytes in a value, and 16 pairs with those of the caller", () => {
    const tenant = { tenant: { header: "x" } };
    expect(outcome(tenant, { tenant: "é".repeat(128) }, { given: { tenant: "é".repeat(128) } })).toBeNull();
    expect(outcome(tenant, {}, { given: { tenant: "é".repeat(129) } })).toBe("CONTEXT_INVALID");
    const many = Object.fromEntries(Array.from({ length: 16 }, (_, k) => [`k${k}`, "v"]));
    expect(outcome({}, many, { given: many })).toBeNull();
    expect(outcome({ app: "shop" }, {}, { given: many })).toBe("CONTEXT_INVALID");
    expect(outcome({}, {}, { given: { "Not-Lower": "v" } })).toBe("CONTEXT_INVALID");
  });

  it("is needed only where something is sealed", () => {
    const policy = parsePolicy(policyDocument([seals("$.ssn")], { context: { tenant: { header: "x" } } }));
    const bytes = Buffer.from('{"a":1}');
    expect(encryptBodySync({ bytes, mediaType: "application/json" }, policy)).toBe(bytes);
  });
});
