// Rules with `within: "json"`: what they reach in strings, what is done there, what is refused.
import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { openAll } from "../../../test/fixtures/native-envelope.ts";
import { keys, privateKeys } from "../../../test/fixtures/sealing-policy.ts";
import { type BodyTokenizer, encryptBody, encryptBodySync, FieldsealError, parsePolicy } from "./index.ts";

const within = { within: "json" } as const;
const encrypt = { name: "ssn", action: "encrypt", key: "pii-1" } as const;
const seal = (select: string): object => ({ ...encrypt, select, ...within });
const action = (select: string, settings: object): object => ({ name: "changed", select, ...within, ...settings });

function policyOf(fields: readonly object[], route: object = {}): ReturnType<typeof parsePolicy> {
  return parsePolicy({ version: 1, id: "within", keys, routes: [{ path: "/**", fields, ...route }] });
}

const run = (fields: readonly object[], text: string, mediaType = "application/json", route: object = {}): string =>
  Buffer.from(encryptBodySync({ bytes: Buffer.from(text), mediaType }, policyOf(fields, route))).toString();

const twice = JSON.stringify({ p: JSON.stringify(JSON.stringify({ ssn: 1 })) });
const thrice = JSON.stringify({ p: JSON.stringify(JSON.stringify(JSON.stringify([{ ssn: 1 }]))) });

/** The body after the rules, envelopes as `*`; or the code of the refusal. */
function outcome(...given: Parameters<typeof run>): string {
  try {
    return run(...given).replace(/fs1\.[A-Za-z0-9_.-]+\.fs/g, "*");
  } catch (error) {
    if (error instanceof FieldsealError) return error.code;
    throw error;
  }
}

const sealedValues = (fields: readonly object[], text: string): string[] =>
  openAll(Buffer.from(run(fields, text)), privateKeys, {}).map(({ value }) => value.toString());

describe('a rule with within: "json"', () => {
  it.each([
    ["a member", "$.p.ssn", '{"p":"{\\"ssn\\":\\"1\\",\\"x\\":2}"}', '{"p":"{\\"ssn\\":\\"*\\",\\"x\\":2}"}'],
    ["what is no string", "$.p.ssn", '{"p":"{\\"ssn\\":[1, 2]}"}', '{"p":"{\\"ssn\\":\\"*\\"}"}'],
    [
      "every duplicate",
      "$.p.ssn",
      '{"p":"{\\"ssn\\":1,\\"ssn\\":2}"}',
      '{"p":"{\\"ssn\\":\\"*\\",\\"ssn\\":\\"*\\"}"}',
    ],
    ["the object itself, where it is no string", "$.p.ssn", '{"p":{"ssn":1}}', '{"p":{"ssn":"*"}}'],
    ["both, at any depth", "$..ssn", '{"ssn":1,"a":["[{\\"ssn\\":2}]"]}', '{"ssn":"*","a":["[{\\"ssn\\":\\"*\\"}]"]}'],
    ["elements", "$.p[*]", '{"p":"[1,2]"}', '{"p":"[\\"*\\",\\"*\\"]"}'],
    ["the last element", "$.p[-1]", '{"p":"[1,2]"}', '{"p":"[1,\\"*\\"]"}'],
    ["a string at the root", "$.ssn", '"{\\"ssn\\":1}"', '"{\\"ssn\\":\\"*\\"}"'],
    [
      "a name behind escapes of both",
      "$.p.ssn",
      '{"p":"{\\"s\\\\u0073n\\":1}"}',
      '{"p":"{\\"s\\\\u0073n\\":\\"*\\"}"}',
    ],
    [
      "text all of escapes",
      "$.p.ssn",
      '{"p":"\\u007b\\u0022ssn\\u0022\\u003a1}"}',
      '{"p":"\\u007b\\u0022ssn\\u0022\\u003a\\"*\\"}"}',
    ],
    ["text behind white space", "$.p.ssn", '{"p":" \\n{\\"ssn\\":1}\\t"}', '{"p":" \\n{\\"ssn\\":\\"*\\"}\\t"}'],
    ["the string itself, where the selector ends", "$.p", '{"p":"{\\"ssn\\":1}"}', '{"p":"*"}'],
    ["null and absent values: nothing", "$.p.ssn", '{"p":null}', '{"p":null}'],
    ["text without the name: nothing", "$..ssn", '{"p":"[1] is no JSON?","q":"{}"}', "FIELD_SHAPE_MISMATCH"],
  ])("selects %s", (_, select, text, expected) => {
    expect(outcome([seal(select)], text)).toBe(expected);
  });

  it("seals the value that the text holds, spelled as it is there", () => {
    const text = '{"p":"{\\"ssn\\":\\"a\\\\\\"b\\",\\"x\\":{\\"ssn\\":1.0}}"}';
    expect(sealedValues([seal("$..ssn")], text)).toEqual(['"a\\"b"', "1.0"]);
  });

  it("works on each line of NDJSON, and asks each for what is required", () => {
    const rule = { ...seal("$.p.ssn"), required: true };
    const line = '{"p":"{\\"ssn\\":1}"}';
    const type = "application/x-ndjson";
    expect(outcome([rule], `${line}\n${line}\n`, type).match(/\*/g)).toHaveLength(2);
    expect(outcome([rule], `${line}\n{"p":"{}"}\n`, type)).toBe("FIELD_REQUIRED_MISSING");
  });

  it.each([
    ['{"p":"{\\"l\\":[{\\"ssn\\":1},{\\"ssn\\":2}]}"}', "sealed"],
    ['{"p":{"l":[{"ssn":1}]}}', "sealed"],
    ['{"p":"{\\"l\\":[]}"}', "sealed"],
    ['{"p":"{\\"l\\":[{\\"ssn\\":1},{}]}"}', "FIELD_REQUIRED_MISSING"],
    ['{"p":"{\\"l\\":{}}"}', "FIELD_SHAPE_MISMATCH"],
    ['{"p":"{}"}', "FIELD_REQUIRED_MISSING"],
    ['{"p":"text"}', "FIELD_SHAPE_MISMATCH"],
    ["{}", "FIELD_REQUIRED_MISSING"],
  ])("with `required` looks on into %s: %s", (text, expected) => {
    const answer = outcome([{ ...seal("$.p.l[*].ssn"), required: true }], text);
    expect(/^[A-Z_]+$/.test(answer) ? answer : "sealed").toBe(expected);
  });

  it.each([
    ["text that is no JSON, where a name is expected", "$.p.ssn", '{"p":"text"}', "FIELD_SHAPE_MISMATCH"],
    ["JSON that is cut off", "$.p.ssn", '{"p":"{\\"ssn\\":1"}', "FIELD_SHAPE_MISMATCH"],
    ["JSON with a comment", "$..ssn", '{"p":"{\\"ssn\\":1}/**/"}', "FIELD_SHAPE_MISMATCH"],
    ["JSON behind a byte order mark", "$..ssn", '{"p":"\\ufeff{\\"ssn\\":1}"}', "FIELD_SHAPE_MISMATCH"],
    ["an array where a name is expected", "$.p.ssn", '{"p":"[{\\"ssn\\":1}]"}', "FIELD_SHAPE_MISMATCH"],
    ["JSON written twice, below ..", "$..ssn", twice, "FIELD_SHAPE_MISMATCH"],
    ["JSON written twice, behind .*", "$.*.ssn", twice, "FIELD_SHAPE_MISMATCH"],
    ["JSON written three times", "$..ssn", thrice, "FIELD_SHAPE_MISMATCH"],
    ["JSON in a string in a string", "$..ssn", '{"p":"{\\"q\\":\\"{\\\\\\"ssn\\\\\\":1}\\"}"}', "FIELD_SHAPE_MISMATCH"],
    ["a variant of a name", "$.p.ssn", '{"p":"{\\"SSN\\":1}"}', "FIELD_NAME_VARIANT"],
    [
      "an envelope behind escapes of both",
      "$.p.ssn",
      `{"p":"{\\"x\\":\\"fs1\\\\u002er.k.f.${"A".repeat(50)}.AA.fs\\"}"}`,
      "FOREIGN_ENVELOPE",
    ],
  ])("refuses %s", (_, select, text, code) => {
    expect(outcome([seal(select)], text)).toBe(code);
  });

  it("lets what it cannot read pass only where the route ignores shapes", () => {
    const text = '{"p":"{\\"ssn\\":1","q":"{\\"ssn\\":1}"}';
    const open = { onShapeMismatch: "ignore" };
    expect(outcome([seal("$..ssn")], text, undefined, open)).toBe('{"p":"{\\"ssn\\":1","q":"{\\"ssn\\":\\"*\\"}"}');
  });

  it("counts what it notes in all strings, and the strings that it cannot go on in, against one bound", () => {
    const elements = JSON.stringify(Array(60_000).fill(0));
    const many = JSON.stringify([elements, elements]);
    expect(outcome([seal("$[*][*].ssn")], many)).toBe("TOO_MANY_FIELDS");
    expect(outcome([seal("$[*].ssn")], JSON.stringify(Array(65_000).fill("")))).toBe("TOO_MANY_FIELDS");
    expect(outcome([seal("$.ssn")], '""\n'.repeat(65_000), "application/x-ndjson")).toBe("TOO_MANY_FIELDS");
  });

  it("reads a quotation as the text that it is", () => {
    expect(outcome([seal("$..ssn")], JSON.stringify({ p: '"no" is what she said', q: '""' }))).toContain("she said");
  });

  it("keeps the route's limits inside strings, and offsets in the body", () => {
    const deep = `{"p":"${"[".repeat(300)}${"]".repeat(300)}"}`;
    const many = { limits: { maxFields: 1 } };
    expect(outcome([seal("$..ssn")], deep)).toBe("BODY_TOO_DEEP");
    const text = '{"p":"{\\"ssn\\":1,\\"ssn\\":2}"}';
    expect(outcome([seal("$..ssn")], text, undefined, many)).toBe("TOO_MANY_FIELDS");
    const refusal = expect.objectContaining({ offset: text.indexOf("2"), field: undefined });
    expect(() => run([seal("$..ssn")], text, undefined, many)).toThrow(refusal);
  });

  it("is refused for bodies that are no JSON, and leaves plain rules beside it to strings as they are", () => {
    expect(outcome([seal("$..ssn")], "<ssn>1</ssn>", "application/xml")).toBe("MEDIA_TYPE_MISMATCH");
    expect(outcome([seal("$.ssn")], "ssn=1", "application/x-www-form-urlencoded")).toBe("MEDIA_TYPE_MISMATCH");
    const plain = { ...encrypt, name: "plain", select: "$.p.plain" };
    expect(outcome([seal("$..ssn"), plain], '{"p":"{\\"plain\\":1}"}')).toBe("FIELD_SHAPE_MISMATCH");
    expect(outcome([seal("$..ssn"), { ...plain, select: "$..plain" }], '{"p":"{\\"plain\\":1}"}')).toContain(
      'plain\\":1',
    );
  });

  it.each([
    [{ action: "mask", keepLast: 2 }, '{"p":"{\\"v\\":\\"DE89 3704\\"}"}', '{"p":"{\\"v\\":\\"****04\\"}"}'],
    [{ action: "round", decimals: 1 }, '{"p":"{\\"v\\":52.5163}"}', '{"p":"{\\"v\\":52.5}"}'],
    [{ action: "round", decimals: 1 }, '{"p":"{\\"v\\":\\"52.5163\\"}"}', '{"p":"{\\"v\\":\\"52.5\\"}"}'],
    [{ action: "remove" }, '{"p":"{\\"a\\":1 ,\\n \\"v\\":2}"}', '{"p":"{\\"a\\":1 }"}'],
    [{ action: "remove" }, '{"p":"{\\"v\\":2\\u002c \\"a\\":1}"}', '{"p":"{ \\"a\\":1}"}'],
  ])("%j acts inside: %s", (settings, text, expected) => {
    expect(outcome([action("$.p.v", settings)], text)).toBe(expected);
  });

  it("acts inside a string before that is sealed whole", () => {
    const rules = [{ ...encrypt, name: "whole", select: "$.p" }, action("$.p.cvv", { action: "remove" })];
    expect(sealedValues(rules, '{"p":"{\\"cvv\\":1,\\"x\\":2}"}')).toEqual(['"{\\"x\\":2}"']);
  });

  it("writes the direct format and tokens with the escapes of the string", async () => {
    const direct = { ...seal("$.p.ssn"), format: "direct", prefix: "#E1#", suffix: "#1E#" };
    expect(run([direct], '{"p":"{\\"ssn\\":\\"1\\"}"}')).toMatch(
      /^\{"p":"\{\\"ssn\\":\\"#E1#[A-Za-z0-9+/=]+#1E#\\"\}"\}$/,
    );
    const tokenizer: BodyTokenizer = {
      tokenizeBatch: (values) => Promise.resolve(values.map((value) => ({ token: `"${value}` }))),
    };
    const policy = policyOf([action("$.p.v", { action: "tokenize", tokenFormat: "digits" })]);
    const body = { bytes: Buffer.from('{"p":"{\\"v\\":\\"7\\"}"}'), mediaType: "application/json" };
    const done = await encryptBody(body, policy, { tokenizer });
    expect(Buffer.from(done).toString()).toBe('{"p":"{\\"v\\":\\"\\\\\\"7\\"}"}');
  });
});
