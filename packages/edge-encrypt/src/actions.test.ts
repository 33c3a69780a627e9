// What the actions other than encrypt do, alone and inside sealed values, through encryptBody.
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openAll } from "../../../test/fixtures/native-envelope.ts";
import { keys, privateKeys } from "../../../test/fixtures/sealing-policy.ts";
import { type BodyTokenizer, encryptBody, encryptBodySync, FieldsealError, parsePolicy } from "./index.ts";

const form = "application/x-www-form-urlencoded";
const seal = (select: string, name = "sealed"): object => ({ name, select, action: "encrypt", key: "pii-1" });
const remove = (select: string): object => ({ name: "removed", select, action: "remove" });
const mask = (select: string, keepLast = 4): object => ({ name: "masked", select, action: "mask", keepLast });
const round = (select: string, decimals = 2): object => ({ name: "rounded", select, action: "round", decimals });
const tokenize = (select: string): object => ({ name: "token", select, action: "tokenize", tokenFormat: "digits" });

function policyOf(fields: readonly object[]): ReturnType<typeof parsePolicy> {
  return parsePolicy({
    version: 1,
    id: "actions",
    keys,
    routes: [{ path: "/**", context: { tenant: "acme" }, fields }],
  });
}

/** The body after the actions, or the code of the refusal. */
function outcome(fields: readonly object[], text: string, mediaType = "application/json"): string {
  try {
    return Buffer.from(encryptBodySync({ bytes: Buffer.from(text), mediaType }, policyOf(fields))).toString();
  } catch (error) {
    if (error instanceof FieldsealError) return error.code;
    throw error;
  }
}

/** What is inside the envelopes of the body after the actions. */
function sealedValues(fields: readonly object[], text: string): string[] {
  const bytes = encryptBodySync({ bytes: Buffer.from(text), mediaType: "application/json" }, policyOf(fields));
  return openAll(bytes, privateKeys, { tenant: "acme" }).map(({ field, value }) => `${field}=${value}`);
}

describe("remove", () => {
  it.each([
    ["the first member, with the comma behind it", ["$.a"], '{"a":1, "b":2}', '{ "b":2}'],
    ["the last member, with the comma before it", ["$.b"], '{"a":1 , "b":2 }', '{"a":1  }'],
    ["the only member", ["$.a"], '{ "a" : {"x":[1,2]} }', "{  }"],
    ["all members", ["$.*"], '{"a":1,"b":2 , "c":3}', "{}"],
    ["neighbours at the end", ["$.b", "$.c"], '{"a":1,"b":2,"c":3}', '{"a":1}'],
    ["members around one that stays", ["$.a", "$.c"], '{"a":1,"b":2,"c":3}', '{"b":2}'],
    ["every duplicate", ["$.a"], '{"a":1,"b":2,"a":3}', '{"b":2}'],
    ["a member whose name is escaped", ["$.a"], '{"\\u0061":1,"b":2}', '{"b":2}'],
    ["an element, whose place stays as null", ["$.l[1]"], '{"l":[1,{"x":2},3]}', '{"l":[1,null,3]}'],
    ["the root", ["$"], " [1] ", " null "],
  ])("takes %s", (_, selects, body, left) => {
    expect(outcome(selects.map(remove), body)).toBe(left);
  });

  it.each([
    ["a=1&b=2&c=3", ["$.a"], "b=2&c=3"],
    ["a=1&b=2&c=3", ["$.c"], "a=1&b=2"],
    ["a=1&b=2&c=3", ["$.b", "$.c"], "a=1"],
    ["a=1&b=2&a[]=3", ["$.a"], "b=2"],
    ["a=1", ["$.a"], ""],
  ])("takes whole pairs out of the form %s", (body, selects, left) => {
    expect(outcome(selects.map(remove), body, form)).toBe(left);
  });

  it("leaves well-formed JSON without the member, whatever its neighbours", () => {
    const members = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1 });
    fc.assert(
      fc.property(
        members,
        fc.subarray(["a", "b", "c", "d", "e"]),
        fc.constantFrom("", " ", "\n\t"),
        (names, gone, space) => {
          const body = `{${names.map((name) => `${space}"${name}"${space}:${space}1${space}`).join(",")}}`;
          const left = JSON.parse(
            outcome(
              gone.map((name) => remove(`$.${name}`)),
              body,
            ),
          ) as object;
          expect(Object.keys(left)).toEqual(names.filter((name) => !gone.includes(name)));
        },
      ),
    );
  });
});

describe("mask", () => {
  it.each([
    ['"4111111111111111"', '"****1111"'],
    ["4111111111111111", '"****1111"'],
    ['"1234"', '"****"'],
    ['"123456"', '"****456"'],
    ['"abc\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9"', '"****éééé"'],
    ["null", '"****"'],
    ['""', '"****"'],
  ])("turns %s into %s", (value, masked) => {
    expect(outcome([mask("$.v")], `{"v":${value}}`)).toBe(`{"v":${masked}}`);
  });

  it("is refused on containers, which it would open", () => {
    expect(outcome([mask("$.v")], '{"v":["4111"]}')).toBe("FIELD_SHAPE_MISMATCH");
  });

  it("writes form values in their encoding", () => {
    expect(outcome([mask("$.v")], "v=a%26b%3Dc%2Bd+e+f", form)).toBe("v=****d+e+f".replace("d+e+f", "+e+f"));
  });
});

describe("round", () => {
  it("keeps numbers numbers and strings strings, and leaves what is round already byte for byte", () => {
    const body = '{"p":{"lat":51.50735,"lon":"-0.12776","alt":1.5,"x":2.0e0}}';
    expect(outcome([round("$.p['lat','lon','alt']")], body)).toBe(
      '{"p":{"lat":51.51,"lon":"-0.13","alt":1.5,"x":2.0e0}}',
    );
  });

  it.each(['"north"', "null", "1e3", "[1.234]", '{"v":1.234}', "true"])("refuses %s", (value) => {
    expect(outcome([round("$.v")], `{"v":${value}}`)).toBe("FIELD_SHAPE_MISMATCH");
  });
});

describe("tokenize", () => {
  const asked: unknown[] = [];
  const tokenizer: BodyTokenizer = {
    tokenizeBatch: async (values, options) => {
      asked.push([...values, options]);
      return values.map((value) => ({ token: value.replace(/\d/g, "7") }));
    },
  };

  it("asks the tokenizer once for each rule, with the context's tenant, and keeps numbers numbers", async () => {
    const bytes = Buffer.from('{"a":{"id":"12-3"},"b":{"id":45},"s":{"id":6}}');
    const policy = policyOf([tokenize("$['a','b'].id"), seal("$.s"), tokenize("$.s.id")]);
    const out = await encryptBody({ bytes, mediaType: "application/json" }, policy, { tokenizer });
    expect(Buffer.from(out).toString()).toContain('{"a":{"id":"77-7"},"b":{"id":77},"s":"fs1.');
    expect(openAll(out, privateKeys, { tenant: "acme" })[0]!.value.toString()).toBe('{"id":7}');
    const options = { format: "digits", field: "token", tenant: "acme" };
    expect(asked).toEqual([
      ["12-3", "45", options],
      ["6", options],
    ]);
  });

  it("is refused without a tokenizer, and where nothing may be asynchronous", async () => {
    const body = { bytes: Buffer.from('{"id":1}'), mediaType: "application/json" };
    const policy = policyOf([tokenize("$.id")]);
    await expect(encryptBody(body, policy)).rejects.toMatchObject({ code: "TOKENIZER_MISSING", field: "token" });
    expect(outcome([tokenize("$.id")], '{"id":1}')).toBe("TOKENIZER_MISSING");
    expect(outcome([tokenize("$.id")], '{"other":1}')).toBe('{"other":1}');
  });
});

describe("overlapping rules", () => {
  const person = '{"person":{"ssn":"078-05-1120","cvv":1,"lat":1.234,"iban":"GB82WEST12345698765432"}}';

  it("act inside a value before it is sealed", () => {
    const fields = [seal("$.person"), remove("$..cvv"), round("$..lat"), mask("$..iban")];
    expect(sealedValues(fields, person)).toEqual(['sealed={"ssn":"078-05-1120","lat":1.23,"iban":"****5432"}']);
  });

  it("act on the very value before it is sealed", () => {
    expect(sealedValues([seal("$.v"), mask("$.v")], '{"v":"12345678"}')).toEqual(['sealed="****5678"']);
  });

  it.each([
    ["form", "v", "v=", form],
    ["XML", "<v/>", "<v></v>", "text/xml"],
  ])("act on the very value where that has no place of its own, in %s", (_, text, around, mediaType) => {
    const fields = [seal("$.v"), mask("$.v")];
    const sealed = encryptBodySync({ bytes: Buffer.from(text), mediaType }, policyOf(fields));
    expect(
      Buffer.from(sealed)
        .toString()
        .replace(/fs1[\w.-]+/, ""),
    ).toBe(around);
    expect(openAll(sealed, privateKeys, { tenant: "acme" }).map(({ value }) => `${value}`)).toEqual(["****"]);
  });

  it("seal once where name and key are the same: the outermost", () => {
    expect(sealedValues([seal("$.person"), seal("$..ssn"), seal("$.person.cvv")], person)).toHaveLength(1);
    expect(sealedValues([seal("$.person"), seal("$.person")], person)).toHaveLength(1);
  });

  it.each([
    ["another name inside", [seal("$.person"), seal("$..ssn", "ssn")]],
    ["another name on the same value", [seal("$..ssn"), seal("$.person.ssn", "ssn")]],
    ["two changes of one value", [mask("$..iban"), mask("$.person.iban", 2)]],
    ["two changes of one value inside a sealed one", [seal("$.person"), mask("$..iban"), round("$.person.iban")]],
  ])("are refused: %s", (_, fields) => {
    expect(outcome(fields, person)).toBe("FIELD_OVERLAP");
  });

  it("leave nothing of a removed value, whatever else selects it or its inside", () => {
    expect(outcome([remove("$.person"), seal("$..ssn"), mask("$..iban")], person)).toBe("{}");
    expect(outcome([remove("$..ssn"), seal("$.person.ssn")], '{"person":{"ssn":1}}')).toBe('{"person":{}}');
    expect(sealedValues([seal("$.person"), remove("$.person"), seal("$..x")], person)).toEqual([]);
  });

  it("leave nothing of an attribute, with whatever rule, of an element that is removed", () => {
    const fields = [remove("$..card"), mask("$..['@last']"), remove("$..['@cvv']")];
    const text = '<x><card last="4242" cvv="1" no="1"/><card cvv="1">2</card><y last="12345678" cvv="1"/></x>';
    expect(outcome(fields, text, "text/xml")).toBe('<x><y last="****5678"/></x>');
  });
});
