import { Buffer } from "node:buffer";
import fc from "fast-check";
import { query as reference } from "json-p3";
import { describe, expect, it } from "vitest";
import { openAll, withRawValues } from "../../../test/fixtures/native-envelope.ts";
import { policyDocument, privateKeys, type SealingRule, seals } from "../../../test/fixtures/sealing-policy.ts";
import { jsonDocuments } from "../../../test/generators/json-text.ts";
import { soak } from "../../../test/generators/soak.ts";
import type { BodyToEncrypt } from "./body-to-encrypt.ts";
import { encryptBody, encryptBodySync } from "./encrypt-body.ts";
import { FieldsealError, type Policy, parsePolicy } from "./index.ts";

const policyOf = (fields: readonly SealingRule[], route: object = {}, more: object = {}): Policy =>
  parsePolicy(policyDocument(fields, route, more));
const lenient = { onNameVariant: "ignore", onShapeMismatch: "ignore" };
const form = "application/x-www-form-urlencoded";

function seal(text: string | Uint8Array, policy: Policy, more: Partial<BodyToEncrypt> = {}): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.from(encryptBodySync({ bytes, mediaType: "application/json", ...more }, policy));
}

function refusalOf(text: string | Uint8Array, policy: Policy, more: Partial<BodyToEncrypt> = {}): FieldsealError {
  try {
    seal(text, policy, more);
  } catch (error) {
    if (error instanceof FieldsealError) return error;
    throw error;
  }
  return expect.fail("sealed");
}

const restore = (sealed: Uint8Array, context = {}): Buffer =>
  withRawValues(sealed, privateKeys, { context, quote: '"' });

describe("a sealed JSON body, with every envelope replaced by its raw token,", () => {
  const rules = [seals("$..ssn"), seals("$.a[*].b"), seals("$['~']"), seals("$..['ë','__proto__']"), seals("$[-1]")];
  const policy = policyOf(rules, { ...lenient, limits: { maxDepth: 300 } });

  it("is the input, byte by byte, over generated documents", () => {
    let sealedSome = 0;
    fc.assert(
      fc.property(jsonDocuments(), fc.boolean(), ({ bytes }, withMark) => {
        const body = withMark ? Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytes]) : Buffer.from(bytes);
        const sealed = seal(body, policy);
        if (!sealed.equals(body)) sealedSome++;
        expect(restore(sealed).equals(body)).toBe(true);
      }),
      { numRuns: soak(300) },
    );
    expect(sealedSome).toBeGreaterThan(60);
  });

  it("is the input where the whole body is one value", () => {
    const whole = policyOf([seals("$")], { ...lenient, limits: { maxDepth: 300 } });
    fc.assert(
      fc.property(jsonDocuments(), ({ bytes, places }) => {
        const sealed = seal(bytes, whole);
        expect(restore(sealed).equals(Buffer.from(bytes))).toBe(true);
        const [root] = places;
        const [opened] = openAll(sealed, privateKeys);
        expect(opened?.value.equals(bytes.subarray(root!.start, root!.end))).toBe(true);
      }),
      { numRuns: soak(60) },
    );
  });

  it.each([
    '{"ssn":1.0}',
    '{"ssn":12345678901234567890}',
    '{"ssn":1,"ssn":2,"s\\u0073n":3}',
    '{"\\u0073\\u0073n" : "\\u00eb\\ud800\\/" }',
    '\ufeff{\r\n\t"ssn"\r\n:\r\n[1 , 2.50,{"ssn":null}]\r\n}\r\n',
    '{"__proto__":{"ssn":"x"},"__proto__":1,"constructor":{"ssn":2}}',
    '{"~":1,"^":{"~":2},"~":{"ssn":3}}',
    '{"a":[{"b":true},{"b":false,"b":-0},[],{"b":{}}]}',
    '["ssn",{"ssn":"\\\\"},{"ssn":"\\""}]',
    "[1e400,-1E-7,100.00]",
    '  "x"  ',
    '{"ssn":{"deep":[[[[{"ssn":[]}]]]]}}',
    '{"ssn":""}',
    `{"ssn":"${"\\n".repeat(500)}"}`,
    '{"ë":"é","e\u0308":"other","\\u00EB":"\u2028"}',
  ])("is the input: %j", (text) => {
    const sealed = seal(text, policy);
    expect(restore(sealed).toString()).toBe(text);
    expect(() => JSON.parse(sealed.toString().replace("\ufeff", ""))).not.toThrow();
  });

  it("holds exactly the raw tokens that json-p3 selects, the outermost of nested ones", () => {
    const names = ["a", "b", "ssn", "~", "ë"];
    const documents = jsonDocuments({ names, withDuplicates: false, withLoneSurrogates: false });
    const selectors = ["$..ssn", "$.a", "$.*.b", "$[1:]", "$..[0].b"];
    const some = fc.subarray(selectors, { minLength: 1 });
    fc.assert(
      fc.property(documents, some, ({ bytes, text, places }, list) => {
        const located = new Map(places.map((place) => [JSON.stringify(place.path), place]));
        const all = list
          .flatMap((selector) => reference(selector, JSON.parse(text) as never).nodes)
          .map(({ location }) => located.get(JSON.stringify(location))!)
          .sort((one, other) => one.start - other.start);
        const outermost = all.filter(
          ({ start }, index) =>
            !all.some((outer, k) => outer.start <= start && start < outer.end && (outer.start < start || k < index)),
        );
        const sealed = seal(
          bytes,
          policyOf(
            list.map((select) => seals(select)),
            lenient,
          ),
        );
        const raw = outermost.map(({ start, end }) => Buffer.from(bytes.subarray(start, end)).toString());
        expect(openAll(sealed, privateKeys).map(({ value }) => value.toString())).toEqual(raw);
      }),
      { numRuns: soak(100) },
    );
  });
});

describe("a sealed form body, with every envelope replaced by its raw value,", () => {
  it("is the input, byte by byte, and every pair of the name is sealed", () => {
    const unit = fc.constantFrom(..."a1&&==+", "ssn=", "&ssn=", "%73sn=", "ssn[]=x&", "%41", "é", "&note=");
    const policy = policyOf([seals("$.ssn")], lenient);
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 20 }), (body) => {
        const sealed = seal(body, policy, { mediaType: form });
        expect(withRawValues(sealed, privateKeys).toString()).toBe(body);
        expect([...new URLSearchParams(sealed.toString()).keys()]).toEqual([...new URLSearchParams(body).keys()]);
        // A name without `=` has no value.
        const pairs = new URLSearchParams(
          body
            .split("&")
            .filter((pair) => pair.includes("="))
            .join("&"),
        );
        const wanted = [...pairs].filter(([name]) => /^ssn(\[|$)/.test(name)).map(([, value]) => value);
        const opened = openAll(sealed, privateKeys).map(({ value }) => new URLSearchParams(`v=${value}`).get("v"));
        expect(opened).toEqual(wanted);
      }),
      { numRuns: soak(200) },
    );
  });
});

describe("envelopes", () => {
  const policy = policyOf([seals("$..ssn"), seals("$.card", { name: "card", key: "pci-1", pad: 1 })]);
  const body = '{"ssn":"123-45-6789","x":{"ssn":1},"card":"4111"}';

  it("name key and field, say how the value is spelled, and are padded as the rule says", () => {
    const [first, second, card] = openAll(seal(body, policy), privateKeys);
    expect(first).toMatchObject({ kid: "pii-1", field: "ssn", kind: 1, paddedLength: 32 });
    expect(second?.paddedLength).toBe(32);
    expect(card).toMatchObject({ kid: "pci-1", field: "card", kind: 1, paddedLength: 8 });
    const [inForm] = openAll(seal("ssn=1", policyOf([seals("$.ssn")]), { mediaType: form }), privateKeys);
    expect(inForm).toMatchObject({ kind: 2 });
    expect(inForm?.value.toString()).toBe("1");
  });

  it("share one wrapped data key for each key id of a request, and never an iv", () => {
    const opened = [openAll(seal(body, policy), privateKeys), openAll(seal(body, policy), privateKeys)].flat();
    expect(new Set(opened.map(({ kid, wrapped }) => `${kid} ${wrapped}`)).size).toBe(4);
    expect(opened[0]!.wrapped).toBe(opened[1]!.wrapped);
    expect(new Set(opened.map(({ iv }) => iv)).size).toBe(6);
  });

  it("are bound to their context: they open under it and under no other", () => {
    const context = { tenant: "acme", app: "shop", "a-b": "ë" };
    const bound = policyOf([seals("$.ssn")], { context: { app: "shop", tenant: { header: "x-tenant" } } });
    const sealed = seal('{"ssn":1}', bound, { context: { tenant: "acme", "a-b": "ë" } });
    expect(restore(sealed, context).toString()).toBe('{"ssn":1}');
    for (const other of [{}, { ...context, app: "shoq" }, { ...context, z: "1" }, { app: "shop", tenant: "acme" }]) {
      expect(() => restore(sealed, other)).toThrow();
    }
  });
});

describe("encryptBody", () => {
  const policy = policyOf([seals("$.ssn", { required: true })], { path: "/v1/**", methods: ["POST"] });

  it("gives the very same bytes back where it seals nothing", async () => {
    const bytes = Buffer.from('{"a":1}');
    const body = { bytes, mediaType: "application/json", path: "/v1/x" };
    expect(await encryptBody(body, policyOf([seals("$.ssn")], { path: "/v1/**" }))).toBe(bytes);
    expect(await encryptBody({ ...body, path: "/v2" }, policy)).toBe(bytes);
  });

  it("rejects with the code that encryptBodySync throws", async () => {
    const body = { bytes: Buffer.from("{"), mediaType: "application/json", path: "/v1/x" };
    await expect(encryptBody(body, policy)).rejects.toMatchObject({ code: "BODY_MALFORMED" });
  });

  const plain = policyOf([seals("$.ssn")]);
  it.each([
    ["BODY_MALFORMED", "{", {}],
    ["BODY_MALFORMED", " ", {}],
    ["BODY_NOT_UTF8", Buffer.from('{"a":"\xff"}', "latin1"), {}],
    ["BODY_NOT_UTF8", Buffer.from("7b22ff22", "hex"), { mediaType: form }],
    ["BODY_TOO_DEEP", "[".repeat(300), {}],
    ["MEDIA_TYPE_MISSING", "{}", { mediaType: "" }],
    ["MEDIA_TYPE_MISMATCH", "{}", { mediaType: "application/json, text/plain" }],
    ["MEDIA_TYPE_UNSUPPORTED", "{}", { mediaType: "image/png" }],
    ["MEDIA_TYPE_UNSUPPORTED", "{}", { mediaType: "application/octet-stream" }],
    ["CHARSET_UNSUPPORTED", "{}", { mediaType: "application/json; charset=utf-16" }],
    ["FORM_NOT_PLAUSIBLE", '{"ssn":1}', { mediaType: form }],
  ])("throws %s", (code, body, more) => {
    expect(refusalOf(body, plain, more).code).toBe(code);
  });

  it("throws MEDIA_TYPE_MISMATCH where a selector of the route means nothing in that media type", () => {
    expect(refusalOf("a=1", policyOf([seals("$.a.ssn")]), { mediaType: form }).code).toBe("MEDIA_TYPE_MISMATCH");
    const listed = policyOf([seals("$.ssn")], { mediaTypes: ["application/json"] });
    expect(refusalOf("ssn=1", listed, { mediaType: form }).code).toBe("MEDIA_TYPE_MISMATCH");
  });

  it("throws TOO_MANY_FIELDS over maxFields, which counts selected values and not what is in them", () => {
    const few = policyOf([seals("$..ssn")], { limits: { maxFields: 2 } });
    expect(refusalOf('[{"ssn":1},{"ssn":2},{"ssn":3}]', few).code).toBe("TOO_MANY_FIELDS");
    expect(restore(seal('{"ssn":[1,2,3,4]}', few)).toString()).toBe('{"ssn":[1,2,3,4]}');
  });

  it("throws OUTPUT_TOO_LARGE from the very first byte too many", () => {
    const size = seal('{"ssn":1}', plain).length;
    const limited = (maxOutputBytes: number): Policy => policyOf([seals("$.ssn")], { limits: { maxOutputBytes } });
    expect(seal('{"ssn":1}', limited(size))).toHaveLength(size);
    expect(refusalOf('{"ssn":1}', limited(size - 1)).code).toBe("OUTPUT_TOO_LARGE");
  });

  it("throws ROUTE_UNMATCHED and METHOD_NOT_COVERED", () => {
    const strict = policyOf([seals("$.ssn")], { path: "/v1/**", methods: ["POST"] }, { onUnmatched: "reject" });
    expect(refusalOf("{}", strict, { path: "/v2" }).code).toBe("ROUTE_UNMATCHED");
    expect(refusalOf("{}", strict, { path: "/v1", method: "PATCH" }).code).toBe("METHOD_NOT_COVERED");
    expect(refusalOf("{}", policy, { path: "/v1", method: "PATCH" }).code).toBe("METHOD_NOT_COVERED");
    expect(seal("", strict, { path: "/v1", method: "PATCH" })).toHaveLength(0);
  });

  it("refuses a body without a media type, one that is no bytes, and a policy that was not parsed, with codes", async () => {
    const body = { bytes: Buffer.from("{}"), mediaType: undefined as unknown as string, path: "/v1/x" };
    await expect(encryptBody(body, plain)).rejects.toMatchObject({ code: "MEDIA_TYPE_MISSING" });
    const document = { version: 1, id: "raw", keys: {}, routes: [] };
    for (const other of [document, undefined, null, "{}"]) {
      const raw = other as unknown as typeof plain;
      await expect(encryptBody({ ...body, mediaType: "application/json" }, raw)).rejects.toMatchObject({
        code: "CONFIG_INVALID",
      });
    }
    for (const other of ["{}", body.bytes.buffer, undefined]) {
      const bytes = other as unknown as Uint8Array;
      await expect(encryptBody({ ...body, bytes }, plain)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    }
  });

  it.each([
    { uri: "/v1/x" },
    { path: "https://shop.example/v1/x" },
    { path: "/v1/x?page=1" },
    { path: "/v1/x#top" },
    { path: "" },
    { path: 7 },
    { Method: "PUT" },
    { method: "" },
    { method: null },
  ])("takes no members that there are not, nor paths and methods that are none, which find no route: %o", (given) => {
    const body = { bytes: Buffer.from('{"ssn":"1"}'), mediaType: "application/json", path: "/v1/x" };
    const policy = policyOf([seals("$.ssn")], { path: "/v1/x" });
    const wrong = { ...body, ...(given as object) };
    const refused = expect.objectContaining({ code: "CONFIG_INVALID" }) as Error;
    expect(() => encryptBodySync(wrong, policy)).toThrowError(refused);
  });

  it.each([
    { mediaType: 5 },
    { mediaType: ["application/json"] },
    { context: null },
    { context: "acme" },
    { context: ["acme"] },
    { context: new Map([["tenant", "acme"]]) },
  ])("takes no media type that is no text, nor a context that is no object: %o", (given) => {
    const body = { bytes: Buffer.from('{"ssn":"1"}'), mediaType: "application/json", path: "/v1/x" };
    const refused = expect.objectContaining({ code: "CONFIG_INVALID" }) as Error;
    expect(() => encryptBodySync({ ...body, ...(given as object) }, plain)).toThrowError(refused);
  });

  it("takes null for the media type that a request of fetch has not", () => {
    expect(refusalOf("{}", plain, { mediaType: null as never, path: "/v1/x" }).code).toBe("MEDIA_TYPE_MISSING");
  });

  it("takes no memory that was transferred, which would pass for an empty body", () => {
    const bytes = new TextEncoder().encode('{"ssn":"1"}');
    structuredClone(bytes, { transfer: [bytes.buffer] });
    const refused = expect.objectContaining({ code: "CONFIG_INVALID" }) as Error;
    expect(() => encryptBodySync({ bytes, mediaType: "application/json" }, plain)).toThrowError(refused);
  });

  it("takes an empty body without a media type, unless a required value cannot be in it", () => {
    const nothing = { mediaType: "", path: "/v1/x" };
    expect(seal("", plain, nothing)).toHaveLength(0);
    for (const method of ["POST", "PUT", "PATCH"]) {
      const required = policyOf([seals("$.ssn", { required: true })]);
      expect(refusalOf("", required, { ...nothing, method }).code).toBe("FIELD_REQUIRED_MISSING");
    }
    for (const method of ["DELETE", "GET"]) {
      expect(seal("", policyOf([seals("$.ssn", { required: true })]), { ...nothing, method })).toHaveLength(0);
    }
    const bound = policyOf([seals("$.ssn")], { context: { tenant: { header: "x-tenant" } } });
    expect(seal("", bound, nothing)).toHaveLength(0);
  });
});
