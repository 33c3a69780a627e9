import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { openAll } from "../../../test/fixtures/native-envelope.ts";
import { policyDocument, privateKeys, type SealingRule, seals } from "../../../test/fixtures/sealing-policy.ts";
import { encryptBodySync } from "./encrypt-body.ts";
import { FieldsealError, parsePolicy } from "./index.ts";

const form = "application/x-www-form-urlencoded";

/** The values that are sealed, or the code of the refusal. */
function outcome(
  fields: readonly SealingRule[],
  text: string,
  route: object = {},
  mediaType = "application/json",
): unknown {
  const policy = parsePolicy(policyDocument(fields, route));
  try {
    const sealed = encryptBodySync({ bytes: Buffer.from(text), mediaType }, policy);
    return openAll(sealed, privateKeys).map(({ field, value }) => `${field}=${value}`);
  } catch (error) {
    if (error instanceof FieldsealError) return error.code;
    throw error;
  }
}

const missing = "FIELD_REQUIRED_MISSING";

describe("a required field", () => {
  const ssn = [seals("$.ssn", { required: true })];
  const number = [seals("$.payments[*].card.number", { name: "n", required: true })];

  it.each([
    ['{"ssn":1}', ["ssn=1"]],
    ["{}", missing],
    ['{"a":1}', missing],
    ['{"x":{"ssn":1}}', missing],
    ["null", missing],
  ])("is looked for in %s", (text, expected) => {
    expect(outcome(ssn, text)).toEqual(expected);
  });

  it.each(["null", "false", "0", '""', "{}", "[]"])("may be %s: every kind of value counts", (value) => {
    expect(outcome(ssn, `{"ssn":${value}}`)).toEqual([`ssn=${value}`]);
  });

  it.each([
    ['{"payments":[{"card":{"number":1}},{"card":{"number":2}}]}', ["n=1", "n=2"]],
    ['{"payments":[]}', []],
    ["{}", missing],
    ['{"payments":null}', missing],
    ['{"payments":[{}]}', missing],
    ['{"payments":[{},{"card":null}]}', missing],
    ['{"payments":[{"card":{"number":1}},{"card":{}}]}', missing],
    ['{"payments":[{"card":{"number":1}},{"card":null}]}', missing],
    ['{"payments":[{"card":{"number":1}},{"cash":1}]}', ["n=1"]],
    ['{"payments":[{"card":{"number":1}}],"payments":[]}', ["n=1"]],
  ])("must be at the end of the longest prefix that is there, in each of its instances: %s", (text, expected) => {
    expect(outcome(number, text)).toEqual(expected);
  });

  it("may be missing only where an array under a wildcard is empty, not where an object or an indexed array is", () => {
    expect(outcome([seals("$.a[*]", { required: true })], '{"a":[]}')).toEqual([]);
    expect(outcome([seals("$.a[0]", { required: true })], '{"a":[]}')).toBe(missing);
    expect(outcome([seals("$.a[1:]", { required: true })], '{"a":[]}')).toBe(missing);
    expect(outcome([seals("$.a.*", { required: true })], '{"a":{}}')).toBe(missing);
    expect(outcome([seals("$.a[*]", { required: true })], '{"a":{}}', { onShapeMismatch: "ignore" })).toBe(missing);
  });

  it.each([
    ['[{"ssn":1}]', ["ssn=1"]],
    ['[{"x":[{"ssn":1}]},{}]', ["ssn=1"]],
    ["[]", missing],
    ["{}", missing],
    ['"ssn"', missing],
  ])("is found at any depth by ..: %s", (text, expected) => {
    expect(outcome([seals("$..ssn", { required: true })], text)).toEqual(expected);
  });

  it.each([
    ['{"a":{"x":{"b":1}},"y":{"a":{"b":2}}}', ["ssn=1", "ssn=2"]],
    ['{"a":{"x":{"b":1}},"y":{"a":{"c":2}}}', missing],
    ['{"y":{"a":{"c":2}},"a":{"b":1}}', missing],
    ['{"a":{"a":{"b":1}}}', ["ssn=1"]],
    ['{"a":{"b":1,"a":{}}}', missing],
  ])("is found below each instance of the prefix before ..: %s", (text, expected) => {
    expect(outcome([seals("$..a..b", { required: true })], text)).toEqual(expected);
  });

  it("is the whole body for $", () => {
    expect(outcome([seals("$", { required: true })], "0")).toEqual(["ssn=0"]);
  });

  it("counts where an outer rule of the same name seals it", () => {
    const fields = [seals("$.a"), seals("$.a.b", { required: true })];
    expect(outcome(fields, '{"a":{"b":1}}')).toEqual(['ssn={"b":1}']);
    expect(outcome(fields, '{"a":{"c":1}}')).toBe(missing);
  });

  it("of a form must be there once", () => {
    expect(outcome(ssn, "ssn=1", {}, form)).toEqual(["ssn=1"]);
    expect(outcome(ssn, "ssn=", {}, form)).toEqual(["ssn="]);
    expect(outcome(ssn, "ssn", {}, form)).toEqual(["ssn="]);
    expect(outcome(ssn, "a=1", {}, form)).toBe(missing);
    expect(outcome([seals("$.ssn[1]", { required: true })], "ssn=1", {}, form)).toBe(missing);
  });

  it("is told by name, selector and place, never by value", () => {
    const policy = parsePolicy(policyDocument(number));
    try {
      encryptBodySync({ bytes: Buffer.from('{"payments":[{"card":{}}]}'), mediaType: "application/json" }, policy);
      expect.unreachable();
    } catch (error) {
      const where = { field: "n", selector: "$.payments[*].card.number", offset: 21 };
      expect(error).toMatchObject({ code: missing, ...where });
    }
  });
});

describe("a name that differs loosely", () => {
  it.each(['{"SSN":1}', '{"s_s_n":1}', '{"ssn":1,"Ssn":2}', '{"\\u0053sn":null}', '{"ｓｓｎ":{}}'])(
    "is refused by default: %s",
    (text) => {
      expect(outcome([seals("$.ssn")], text)).toBe("FIELD_NAME_VARIANT");
    },
  );

  // Jackson, Rails, and xml2js and fast-xml-parser as often set up, give both to the program under one name.
  it.each([
    ["$.order.card.number", '<order><card number="1"/></order>'],
    ["$.order.card.number", '<order xmlns:p="urn:p"><card p:Number="1"><number>2</number></card></order>'],
    ["$.order.items[*]['@id']", "<order><items><id>1</id></items></order>"],
  ])("is an attribute for the element %s, or the other way round: %s", (selector, text) => {
    expect(outcome([seals(selector)], text, {}, "application/xml")).toBe("FIELD_NAME_VARIANT");
    const values = outcome([seals(selector)], text, { onNameVariant: "select" }, "application/xml");
    expect(values).toContain("ssn=1");
  });

  it("is no attribute that has a rule of its own", () => {
    const fields = [seals("$.r.id"), seals("$.r['@id']")];
    expect(outcome(fields, '<r id="1"><id>2</id></r>', {}, "application/xml")).toEqual(["ssn=1", "ssn=2"]);
  });

  it("is sealed or left where the policy says so", () => {
    expect(outcome([seals("$.ssn")], '{"SSN":1,"ssn":2}', { onNameVariant: "select" })).toEqual(["ssn=1", "ssn=2"]);
    expect(outcome([seals("$.ssn")], '{"SSN":1,"ssn":2}', { onNameVariant: "ignore" })).toEqual(["ssn=2"]);
  });

  it("is refused in forms, too", () => {
    expect(outcome([seals("$.ssn")], "SSN=1", {}, form)).toBe("FIELD_NAME_VARIANT");
    expect(outcome([seals("$.ssn")], "s%2Esn[0]=1", {}, form)).toBe("FIELD_NAME_VARIANT");
    expect(outcome([seals("$.ssn")], "product=1", {}, form)).toEqual([]);
  });

  it("is fine inside a value that is sealed anyway", () => {
    expect(outcome([seals("$.a"), seals("$..ssn")], '{"a":{"SSN":1}}')).toEqual(['ssn={"SSN":1}']);
  });

  it("is refused although a selector of the context names it", () => {
    const route = { context: { id: { select: "$.SSN" } } };
    expect(outcome([seals("$.ssn")], '{"SSN":"1"}', route)).toBe("FIELD_NAME_VARIANT");
  });

  it("is refused although it is one of a selector of the context as well", () => {
    const route = { context: { id: { select: "$.ssn" } } };
    expect(outcome([seals("$.ssn[0]")], "SSN=1", route, form)).toBe("FIELD_NAME_VARIANT");
  });

  it("is no variant of an unrelated path", () => {
    const fields = [seals("$.customer.name")];
    expect(outcome(fields, '{"product":{"Name":1},"customer":{"name":2}}')).toEqual(["ssn=2"]);
    expect(outcome(fields, '{"Customer":{"name":2}}')).toBe("FIELD_NAME_VARIANT");
  });
});

describe("a value of another shape", () => {
  const fields = [seals("$.payments[*].number")];
  it.each([
    '{"payments":{"number":1}}',
    '{"payments":"[]"}',
    '{"payments":1}',
    '{"payments":[[{"number":1}]]}',
    '{"payments":["{}"]}',
    "[]",
    '"{}"',
    "7",
  ])("is refused by default: %s", (text) => {
    expect(outcome(fields, text)).toBe("FIELD_SHAPE_MISMATCH");
  });

  it.each(["{}", "null", '{"payments":null}', '{"payments":[null]}', '{"payments":[]}', '{"payments":[{}]}'])(
    "is not %s",
    (text) => {
      expect(outcome(fields, text)).toEqual([]);
    },
  );

  it("is left where the policy ignores it, and [*] then selects members", () => {
    const route = { onShapeMismatch: "ignore" };
    expect(outcome(fields, '{"payments":{"x":{"number":1}}}', route)).toEqual(["ssn=1"]);
    expect(outcome(fields, '"{}"', route)).toEqual([]);
  });

  it("is a part that is a document, unless shapes are ignored", () => {
    const part = (head: string, value: string) =>
      `--b\r\nContent-Disposition: form-data; name=${head}\r\n\r\n${value}\r\n`;
    const document = part("customer\r\nContent-Type: application/json", '{"ssn":"1"}');
    const body = `${part("ssn", "2")}${document}--b--`;
    const mediaType = "multipart/form-data; boundary=b";
    const ssn = [seals("$..ssn")];
    expect(outcome(ssn, body, {}, mediaType)).toBe("FIELD_SHAPE_MISMATCH");
    expect(outcome([seals("$..ssn", { required: true })], body, {}, mediaType)).toBe("FIELD_SHAPE_MISMATCH");
    expect(outcome(ssn, body, { onShapeMismatch: "ignore" }, mediaType)).toEqual(["ssn=2"]);
    const whole = [...ssn, seals("$.customer", { name: "c" })];
    expect(outcome(whole, body, {}, mediaType)).toEqual(["ssn=2", 'c={"ssn":"1"}']);
    expect(outcome([seals("$.ssn")], body, {}, mediaType)).toEqual(["ssn=2"]);
    const context = { context: { id: { select: "$..id" } } };
    expect(outcome([seals("$.ssn")], body.replace('"ssn"', '"id"'), context, mediaType)).not.toBe(
      "FIELD_SHAPE_MISMATCH",
    );
    const read = { context: { id: { select: "$.customer" } } };
    expect(outcome(ssn, body, read, mediaType)).toBe("FIELD_SHAPE_MISMATCH");
  });
});

describe("a value that a selector of the context comes to as well", () => {
  const route = { context: { id: { select: "$.customer" } } };
  it.each([
    ["customer[ssn]=1", "CONTEXT_MISSING"],
    ["customer=7&customer[ssn]=1", "CONTEXT_MISSING"],
    ["customer[id]=7&ssn=1", { id: "7" }],
    ["customer[]=7&a[ssn]=1", { id: "7" }],
    ["customer=7&customer=8&ssn=1", "CONTEXT_MISSING"],
  ])("is sealed where it has a rule's name inside: %s", (text, expected) => {
    const policy = parsePolicy(policyDocument([seals("$..ssn")], route));
    const seal = (): Uint8Array => encryptBodySync({ bytes: Buffer.from(text), mediaType: form }, policy);
    if (typeof expected === "string") expect(seal).toThrow(expect.objectContaining({ code: expected }));
    else expect(openAll(seal(), privateKeys, expected).map(({ value }) => `${value}`)).toEqual(["1"]);
  });
});

describe("overlapping rules", () => {
  const inner = (more: Partial<SealingRule>): SealingRule[] => [seals("$.a"), seals("$.a.b", more)];

  it("of the same field and key seal the outermost, whichever comes first", () => {
    expect(outcome(inner({}), '{"a":{"b":1}}')).toEqual(['ssn={"b":1}']);
    expect(outcome(inner({}).reverse(), '{"a":{"b":1}}')).toEqual(['ssn={"b":1}']);
    expect(outcome([seals("$..a")], '{"a":{"a":[{"a":1}]}}')).toEqual(['ssn={"a":[{"a":1}]}']);
    expect(outcome([seals("$.a"), seals("$..a")], '{"a":1}')).toEqual(["ssn=1"]);
  });

  it.each([{ name: "other" }, { key: "pci-1" }])("of another field or key are FIELD_OVERLAP: %j", (more) => {
    expect(outcome(inner(more), '{"a":{"b":1}}')).toBe("FIELD_OVERLAP");
    expect(outcome(inner(more).reverse(), '{"a":{"b":1}}')).toBe("FIELD_OVERLAP");
    expect(outcome([seals("$.a"), seals("$.a", more)], '{"a":1}')).toBe("FIELD_OVERLAP");
    expect(outcome([seals("$.a"), seals("$..c", more)], '{"a":[[{"c":1}]]}')).toBe("FIELD_OVERLAP");
  });

  it("that do not meet in this body are fine", () => {
    expect(outcome(inner({ name: "other" }), '{"a":{"c":1}}')).toEqual(['ssn={"c":1}']);
    expect(outcome([seals("$.a"), seals("$.b", { name: "o" })], '{"b":1,"a":2}')).toEqual(["o=1", "ssn=2"]);
  });
});

describe("a name with brackets, of whose base a rule takes another position", () => {
  const rules = [seals("$.customer[1]", { name: "second" }), seals("$..ssn")];
  const part = (name: string): string => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n1\r\n`;

  it.each([
    ["customer[ssn]=1", ["ssn=1"]],
    ["customer[a][ssn]=1", ["ssn=1"]],
    ["customer[a]=1&customer[ssn]=2", ["second=2"]],
    ["customer[ssn]=1&customer[ssn]=2&customer[ssn]=3", ["ssn=1", "second=2", "ssn=3"]],
    ["customer[a]=1", []],
  ])("is taken apart at its keys: %s", (body, expected) => {
    expect(outcome(rules, body, {}, form)).toEqual(expected);
  });

  it("counts no positions of its keys", () => {
    const counting = [seals("$.customer[1]", { name: "second" }), seals("$..ssn[5]")];
    expect(outcome(counting, "customer[ssn]=1", {}, form)).toEqual(["ssn=1"]);
  });

  it("is taken apart at dots where variants are ignored", () => {
    const ignoring = [seals("$.b"), seals("$[*][1:]")];
    expect(outcome(ignoring, "b.ssn=1", { onNameVariant: "ignore" }, form)).toEqual(["ssn=1"]);
  });

  it("is taken apart in multipart", () => {
    const body = `${part("customer[ssn]")}--b--\r\n`;
    expect(outcome(rules, body, {}, "multipart/form-data; boundary=b")).toEqual(["ssn=1"]);
  });
});
