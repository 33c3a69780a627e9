import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePolicy } from "../policy.ts";
import { selectNamedValues } from "./named-values.ts";

const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const keys = { k: { alg: "RSA-OAEP-256", publicKey: publicKey.export({ type: "spki", format: "pem" }) as string } };

function policyOf(onNameVariant: "refuse" | "select" | "ignore"): Parameters<typeof selectNamedValues>[2] {
  const rule = { name: "sid", action: "encrypt", key: "k" };
  const cookies = [{ ...rule, cookie: "session" }];
  const headers = [{ ...rule, name: "phone", header: "X-Phone" }];
  return parsePolicy({ version: 1, id: "t", keys, routes: [{ path: "/", cookies, headers, onNameVariant }] });
}

/** Selected values of a Cookie header. */
function cookies(line: string, onNameVariant: "refuse" | "select" | "ignore" = "refuse"): string[] {
  const policy = policyOf(onNameVariant);
  const lines = selectNamedValues({ cookie: [line] }, policy.routes[0]!, policy);
  return lines.flatMap(({ bytes, fields }) =>
    fields.map(({ match }) => Buffer.from(bytes).toString("utf8", match.start, match.end)),
  );
}

describe("cookies", () => {
  it.each([
    ["session=1", ["1"]],
    ["a=b; session=1; c=d", ["1"]],
    ["session=1; session=2", ["1", "2"]],
    ["session=", [""]],
    ["session=a=b", ["a=b"]],
    ["  session =\t1 ;", ["1"]],
    ['session="a b"', ['"a b"']],
    ["session=ü", ["ü"]],
    ["session", []],
    ["xsession=1; sessionx=2", []],
    ["", []],
    [";;=;", []],
  ])("of %j: %j", (line, expected) => {
    expect(cookies(line)).toEqual(expected);
  });

  it.each(['session="a', 'session="a;b"', 'session="', 'session="a" b', 'session="a"b"', 'session="a\\"; b"'])(
    "are refused where quotes do not close at the end of %s",
    (line) => {
      expect(() => cookies(line)).toThrow(expect.objectContaining({ code: "COOKIE_MALFORMED", field: "sid" }));
    },
  );

  it.each([
    "a=1,session=2",
    "a=1, x, Session =2",
    "session=1,session=2",
    "a=1 session=2",
    "a=1\tSession =2",
    "a session=1",
    "a=1; secure session=2",
    "a=1,%73ession=2",
    "a=1, session[a]=2",
  ])("are refused behind a comma or white space: %s", (line) => {
    expect(() => cookies(line)).toThrow(expect.objectContaining({ code: "COOKIE_MALFORMED", field: "sid" }));
  });

  it("may have commas otherwise", () => {
    expect(cookies("a=1,b=2,session; session=1,2")).toEqual(["1,2"]);
  });

  it.each([
    "Session=1",
    "sess_ion=1",
    "SESSION=1",
    "ｓession=1",
    "%73ession=1",
    "session[a]=1",
    "session%00a=1",
    "\u0085session=1",
  ])("%s is a variant", (line) => {
    expect(() => cookies(line)).toThrow(expect.objectContaining({ code: "FIELD_NAME_VARIANT" }));
    expect(cookies(line, "select")).toEqual(["1"]);
    expect(cookies(line, "ignore")).toEqual([]);
  });

  it("are those that splitting at semicolons gives", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "=", "session", "1"), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), (pieces) => {
        const known = pieces.flatMap((piece) => {
          const [name, ...rest] = piece.split("=");
          return rest.length > 0 && name!.trim() === "session" ? [rest.join("=").trim()] : [];
        });
        expect(cookies(pieces.join(";"))).toEqual(known);
      }),
    );
  });
});

describe("headers", () => {
  const select = (headers: Record<string, string[]>, onNameVariant: "refuse" | "select" = "refuse"): unknown => {
    const policy = policyOf(onNameVariant);
    return selectNamedValues(headers, policy.routes[0]!, policy).map(({ header, index }) => [header, index]);
  };

  it("are every line of that name, as a whole", () => {
    expect(select({ "x-phone": ["1, 2", ""], "x-phones": ["3"] })).toEqual([
      ["x-phone", 0],
      ["x-phone", 1],
    ]);
  });

  it("in another spelling are variants", () => {
    for (const name of ["x_phone", "x!phone", "x.phone"]) {
      expect(() => select({ [name]: ["1"] })).toThrow(expect.objectContaining({ code: "FIELD_NAME_VARIANT" }));
    }
    expect(select({ x_phone: ["1"] }, "select")).toEqual([["x_phone", 0]]);
  });
});
