// Filters through the whole of encryptBodySync: targets by identity, whatever names a hostile body has.
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { encryptBodySync } from "../encrypt-body.ts";
import { parsePolicy } from "../policy.ts";
import { jsonpathPlus } from "./index.ts";

const { publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

function policyOf(select: string, required = false, route: object = {}): ReturnType<typeof parsePolicy> {
  const rule = { name: "secret", select, action: "encrypt", key: "k", required };
  const document = {
    version: 1,
    id: "filters",
    keys: { k: { alg: "RSA-OAEP-256", publicKey } },
    routes: [{ path: "/**", fields: [rule], ...route }],
  };
  return parsePolicy(document, { filters: jsonpathPlus });
}

/** The body with every envelope written as SEALED. */
function seal(body: string, select: string, mediaType = "application/json"): string {
  const out = encryptBodySync({ bytes: Buffer.from(body), mediaType }, policyOf(select));
  return Buffer.from(out)
    .toString()
    .replace(/fs1\.[A-Za-z0-9_.-]+\.fs/g, "SEALED");
}

function codeOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return (error as { code: unknown }).code;
  }
  return "no error";
}

describe("selectors with filters", () => {
  test("seal the values of elements that pass the test, and nothing else", () => {
    const body = '{"p":[{"t":"card","n":1},{"t":"cash","n":2},null,"x",{"n":3},{"t":"card","n":4}]}';
    expect(seal(body, "$.p[?(@.t == 'card')].n")).toBe(
      '{"p":[{"t":"card","n":"SEALED"},{"t":"cash","n":2},null,"x",{"n":3},{"t":"card","n":"SEALED"}]}',
    );
  });

  test.each([
    ["@.n > 1 && @.n <= 3", '[{"n":1},{"n":"SEALED"}]'],
    ["!(@.n == 1)", '[{"n":1},{"n":"SEALED"}]'],
    ["@.m || @.n === 1", '[{"n":"SEALED"},{"n":2}]'],
    ["@.n != 1", '[{"n":1},{"n":"SEALED"}]'],
    ["@.n < 'a'", '[{"n":1},{"n":2}]'],
  ])("compare as RFC 9535 does: %s", (filter, sealed) => {
    expect(seal('[{"n":1},{"n":2}]', `$[?(${filter})].n`)).toBe(sealed);
  });

  test("find their targets whatever the members are called", () => {
    const body = '{"~":{"t":1,"n":1},"^":{"t":1,"n":2},"__proto__":{"t":1,"n":3},"constructor":{"n":4},"n":5}';
    expect(seal(body, "$..[?(@.t == 1)].n")).toBe(
      '{"~":{"t":1,"n":"SEALED"},"^":{"t":1,"n":"SEALED"},"__proto__":{"t":1,"n":"SEALED"},"constructor":{"n":4},"n":5}',
    );
  });

  test("find them where names begin with a byte order mark, and refuse halves of pairs of surrogates", () => {
    const body = '{"\ufeffp":{"x":1},"p":{"y":2},"a":[{"t":1,"n":1}]}';
    expect(seal(body, "$.a[?(@.t == 1)].n")).toBe(body.replace('"n":1', '"n":"SEALED"'));
    expect(codeOf(() => seal('{"\\ud800":{"x":1},"a":[]}', "$.a[?(@.t == 1)].n"))).toBe("FILTER_FAILED");
  });

  test.each([
    ["$[?(!@.t)][0]", '["text",[3]]', '["text",["SEALED"]]'],
    ["$[?(!@.t)].length", '["text",[1],{"length":2}]', '["text",[1],{"length":"SEALED"}]'],
    ["$[?(@ == 1)]", "0", "0"],
    ["$[?(@ == 1)]", "null", "null"],
    ["$[?(@ == 1)]", '"1"', '"1"'],
  ])("find nothing where JSON has nothing: %s in %s", (select, body, sealed) => {
    expect(seal(body, select)).toBe(sealed);
  });

  test("reach nothing inherited", () => {
    expect(seal('[{"n":1}]', "$[?(@.constructor)].n")).toBe('[{"n":1}]');
    expect(seal('[{"n":1},"text"]', "$[?(@.length)]")).toBe('[{"n":1},"text"]');
  });

  test("refuse a body in which a name occurs twice, however it is spelled", () => {
    expect(codeOf(() => seal('[{"t":1,"n":1,"\\u006e":2}]', "$[?(@.t == 1)].n"))).toBe("MEMBER_REPEATED");
  });

  test.each([
    ['[{"n":1,"n":2}]', 9],
    [String.raw`[{"n":1,"\u006e":2}]`, undefined],
  ])("say where the second one is, if it stands there as it is: %s", (body, offset) => {
    const refused = expect.objectContaining({ code: "MEMBER_REPEATED", offset });
    expect(() => seal(body, "$[?(@.n == 2)].n")).toThrow(refused);
  });

  test("refuse names that differ only loosely, in steps and in tests, unless the route says otherwise", () => {
    const body = '{"p":[{"T":"card","n":1}]}';
    expect(codeOf(() => seal(body, "$.p[?(@.t == 'card')].n"))).toBe("FIELD_NAME_VARIANT");
    expect(codeOf(() => seal('{"p":[{"t":"card","N":1}]}', "$.p[?(@.t == 'card')].n"))).toBe("FIELD_NAME_VARIANT");
    for (const elsewhere of [
      '{"__proto__":{"p":[{"t":"card","n":1}]}}',
      '{"p.0.n":1}',
      '{"p[0][n]":1,"p[0][t]":"card"}',
    ]) {
      expect(codeOf(() => seal(elsewhere, "$.p[?(@.t == 'card')].n"))).toBe("FIELD_NAME_VARIANT");
    }
    expect(codeOf(() => seal('{"x.n":1,"12":{"p.x":1}}', "$.p[?(@.t == 'card')].n"))).toBe("no error");
    expect(seal('{"p":[{"t":"cash","x":1}]}', "$.p[?(@.t == 'card')].n")).toBe('{"p":[{"t":"cash","x":1}]}');
    const lax = policyOf("$.p[?(@.t == 'card')].n", false, { onNameVariant: "ignore" });
    expect(codeOf(() => encryptBodySync({ bytes: Buffer.from(body), mediaType: "application/json" }, lax))).toBe(
      "no error",
    );
  });

  test("take texts in quotes as they are", () => {
    const body = `[{"t":"a.b['c'] ^~@root","n":1},{"t":"b","n":2}]`;
    expect(seal(body, `$[?(@.t == "a.b['c'] ^~@root")].n`)).toBe(body.replace(":1}", ':"SEALED"}'));
  });

  test("are applied in time that grows as the body does, however deep it is", () => {
    const policy = policyOf("$..a[?(@.t == 1)].n");
    const time = (leaves: number): number => {
      const bytes = Buffer.from(`${'{"a":'.repeat(250)}[${Array(leaves).fill('{"t":2}').join()}]${"}".repeat(250)}`);
      const before = process.cpuUsage().user;
      encryptBodySync({ bytes, mediaType: "application/json" }, policy);
      return process.cpuUsage().user - before;
    };
    time(3000);
    expect(time(48_000)).toBeLessThan(8 * 16 * Math.max(time(3000), 1000));
  });

  test("refuse bodies that are not JSON", () => {
    expect(codeOf(() => seal("t=1", "$[?(@.t == 1)].n", "application/x-www-form-urlencoded"))).toBe(
      "MEDIA_TYPE_MISMATCH",
    );
  });

  test("meet required as other rules do", () => {
    const run = (body: string) => () =>
      encryptBodySync({ bytes: Buffer.from(body), mediaType: "application/json" }, policyOf("$[?(@.t)].n", true));
    expect(codeOf(run('[{"n":1}]'))).toBe("FIELD_REQUIRED_MISSING");
    expect(codeOf(run('[{"t":0,"n":1}]'))).toBe("no error");
  });

  test.each([
    "$[?(@.a.b())]",
    "$[?(@.a = 1)]",
    "$[?(process)]",
    "$[?(@['a'])]",
    "$[?(@.a == )]",
    "$[?(@.a)",
    "$['a'][?(@.b)]",
    "$[?@.a]",
    "$[(@.length-1)][?(@.a)]",
    "$.a^[?(@.b)]",
    "$.~[?(@.b)]",
    "$..a..b[?(@.c)]",
    "$..[?(@.a)]..b",
    "$[?(@.n == 9007199254740993)]",
    "$[?(@.t == 'x)].y')].n",
    "$[?(@.t == '_$_v')].n",
    "$[?(@.t == 'a@b(c)')].n",
  ])("are refused at load where they are not of the small language: %s", (select) => {
    expect(codeOf(() => policyOf(select))).toBe("SELECTOR_INVALID");
  });

  test("need an engine", () => {
    const rule = { name: "secret", select: "$[?(@.a)]", action: "encrypt", key: "k" };
    const document = {
      version: 1,
      id: "f",
      keys: { k: { alg: "RSA-OAEP-256", publicKey } },
      routes: [{ path: "/", fields: [rule] }],
    };
    expect(codeOf(() => parsePolicy(document))).toBe("POLICY_UNSUPPORTED");
  });
});
