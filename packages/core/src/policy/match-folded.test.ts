import { isUtf8 } from "node:buffer";
import { createHash, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { matchRoute } from "./match.ts";
import { parsePolicy } from "./parse.ts";
import type { Policy } from "./types.ts";

const primitives = { isUtf8, sha256: (bytes: Uint8Array) => createHash("sha256").update(bytes).digest() };
const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const keys = { k: { alg: "RSA-OAEP-256", publicKey: publicKey.export({ type: "spki", format: "pem" }) } };

function policyOf(paths: readonly (readonly [string, ...string[]])[], more: object = {}): Policy {
  const routes = paths.map(([path, ...methods]) => ({ path, ...(methods.length > 0 && { methods }) }));
  return parsePolicy({ version: 1, id: "t", keys, routes, ...more }, primitives);
}

/** Path of the chosen route, `method`, `none`, or the code of the refusal. */
function chosen(policy: Policy, path: string, method = "POST"): string {
  try {
    const match = matchRoute(policy, method, path);
    return match.kind === "route" ? match.route.path.text : match.kind;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("the route of a path", () => {
  const policy = policyOf([["/v1/users/{id}"], ["/v1/**"], ["/Admin/%41/**"], ["/only", "PUT"]]);

  it.each([
    ["/v1/users/7", "/v1/users/{id}"],
    ["/V1/USERS/7", "/v1/users/{id}"],
    ["/v1/users//7", "PATH_AMBIGUOUS"],
    ["/v1/Users/7", "PATH_AMBIGUOUS"],
    ["/v1/users/7/", "PATH_AMBIGUOUS"],
    ["/v1/users/", "/v1/**"],
    ["/v1/%zz", "PATH_AMBIGUOUS"],
    ["/v2/%zz", "none"],
    ["/%u00761/x", "PATH_AMBIGUOUS"],
    ["/Admin/%41/x", "/Admin/%41/**"],
    ["/admin/a/x", "/Admin/%41/**"],
    ["/Admin/%2541/x", "/Admin/%41/**"],
    ["/only", "method"],
    ["/ONLY/", "method"],
    ["/v2", "none"],
    ["/..", "PATH_AMBIGUOUS"],
    ["/v2/%2e%2e/..\\v2", "PATH_AMBIGUOUS"],
    ["/a%2fb/../../v2", "PATH_AMBIGUOUS"],
    ["/a/..;x/.", "none"],
  ])("%s is %s", (path, expected) => {
    expect(chosen(policy, path)).toBe(expected);
  });

  it.each([
    ["/v1/customers/1", "/v1/customers/*"],
    ["/V1/customers/a%2Fb", "/v1/customers/*"],
    ["/v1/customers/a%2Fb/", "/v1/customers/*"],
    ["/V1/customers/..", "/v1/customers/*"],
    ["/V1/customers/..%2F..%2Fx", "/v1/customers/*"],
    ["/v1/customers/%2e%2e/", "/v1/customers/*"],
    ["/V1/customers/a%252Fb", "/v1/customers/*"],
    ["/V1/customers/a%5Cb", "/v1/customers/*"],
    ["/v1/customers/a;b/c", "/v1/customers/*"],
    ["/v1;a/customers/b", "/v1/customers/*"],
    ["/v1/customers/a%3Fb/c", "/v1/customers/*"],
    ["/index.php/v1/customers/a", "/v1/customers/*"],
    ["/app/index.PHP/V1/customers/a.json", "/v1/customers/*"],
    ["//x/v1/customers/a", "/v1/customers/*"],
    ["///x/V1/customers/a", "/v1/customers/*"],
    ["/\\x:1/v1/customers/a;b", "/v1/customers/*"],
    ["//x/y/v1/customers/a", "none"],
    ["/v1/customers/a//../%2e%2e/b", "/v1/customers/*"],
    ["/v1//..//customers/a", "/v1/customers/*"],
    ["/x//v1/customers/a", "none"],
    ["/v1/customers", "none"],
    ["/v1/customers/a/b", "none"],
    ["/v1.json/customers/a/b", "none"],
    ["/v1/other%2Fa", "none"],
  ])("%s is %s where a server reads it so in part", (path, expected) => {
    expect(chosen(policyOf([["/v1/customers/*"]]), path)).toBe(expected);
    const wide = policyOf([["/v1/customers/*"], ["/**"]]);
    expect(chosen(wide, path)).toMatch(expected === "none" ? /^\/\*\*$/ : /^(?:\/v1\/customers\/\*|PATH_AMBIGUOUS)$/);
  });

  it("is also the one of the path before a suffix, where that is no page's own file", () => {
    const policy = policyOf([["/v1/customers/**"], ["/login"], ["/**"]]);
    expect(chosen(policyOf([["/v1/customers/**"]]), "/v1/customers.json")).toBe("/v1/customers/**");
    expect(chosen(policyOf([["/v1/customers/*/cards"]]), "/v1/customers/7/cards.x.json")).toBe("/v1/customers/*/cards");
    expect(chosen(policy, "/login.json")).toBe("PATH_AMBIGUOUS");
    expect(chosen(policy, "/login.css", "GET")).toBe("/**");
    expect(chosen(policyOf([["/login"]]), "/login.css", "GET")).toBe("/login");
  });

  it("is of the page where what stands before a suffix seals bodies only, and ambiguous where it seals the query", () => {
    const rule = { name: "x", select: "$.x", action: "encrypt", key: "k" };
    const of = (route: object): Policy => {
      const routes = [{ path: "/login", ...route }, { path: "/**" }];
      return parsePolicy({ version: 1, id: "t", keys, routes }, primitives);
    };
    expect(chosen(of({ fields: [rule] }), "/login.css", "GET")).toBe("/**");
    expect(chosen(of({ fields: [rule] }), "/login.json", "POST")).toBe("PATH_AMBIGUOUS");
    expect(chosen(of({ query: [rule] }), "/login.json", "GET")).toBe("PATH_AMBIGUOUS");
  });

  it("has named segments only from the path as spelled", () => {
    const params = (path: string): unknown => {
      const match = matchRoute(policyOf([["/v1/users/{id}"]]), "GET", path);
      return match.kind === "route" ? Object.fromEntries(match.pathParams) : null;
    };
    expect(params("/v1/users/A%20b")).toEqual({ id: "A%20b" });
    expect(params("/V1/users/A%20b")).toEqual({});
  });

  it("is the one as spelled, whatever else, with onAmbiguousPath: ignore", () => {
    const lenient = policyOf([["/v1/users/{id}"], ["/v1/**"]], { onAmbiguousPath: "ignore" });
    expect(chosen(lenient, "/v1/Users/7")).toBe("/v1/**");
    expect(chosen(lenient, "/V1/users/7")).toBe("none");
  });
});

describe("rules outside the body", () => {
  const rule = { name: "x", action: "encrypt", key: "k" };
  const parse = (route: object): (() => Policy) => {
    return () => parsePolicy({ version: 1, id: "t", keys, routes: [{ path: "/", ...route }] }, primitives);
  };
  const refused = (code: string, pointer: string): unknown => expect.objectContaining({ code, pointer });

  it.each([
    [{ query: [{ ...rule, select: "$.a.b" }] }, "POLICY_INVALID", "/routes/0/query/0/select"],
    [{ query: [{ ...rule, select: "$..a" }] }, null, ""],
    [
      {
        query: [
          { ...rule, select: "$.a[0]" },
          { ...rule, select: "$['b', 'c']" },
        ],
      },
      null,
      "",
    ],
    [{ query: [{ name: "x", select: "$.a", action: "tokenize", tokenFormat: "digits" }] }, null, ""],
    [{ headers: [{ name: "x", header: "a", action: "mask", keepLast: 4 }] }, null, ""],
    [{ cookies: [{ ...rule, cookie: "a", format: "direct", prefix: "#E1#", suffix: "#1E#" }] }, null, ""],
    [{ headers: [{ ...rule, header: "a", format: "direct", prefix: "#E;#", suffix: "#1E#" }] }, null, ""],
    [
      { cookies: [{ ...rule, cookie: "a", format: "direct", prefix: "#E1#", suffix: "#;E#" }] },
      "POLICY_INVALID",
      "/routes/0/cookies/0/suffix",
    ],
    [
      {
        query: [{ ...rule, select: "$.a", format: "direct", prefix: "#E1#", suffix: "#1E#" }],
        cookies: [{ ...rule, name: "y", cookie: "a", format: "direct", prefix: "#E1#", suffix: "#1E#" }],
      },
      "POLICY_INVALID",
      "",
    ],
    [{ headers: [{ ...rule, header: "a b" }] }, "POLICY_INVALID", "/routes/0/headers/0/header"],
    [
      {
        headers: [
          { ...rule, header: "X-A" },
          { ...rule, header: "x-a" },
        ],
      },
      "POLICY_INVALID",
      "/routes/0/headers/1/header",
    ],
    [
      {
        cookies: [
          { ...rule, cookie: "a" },
          { ...rule, cookie: "a" },
        ],
      },
      "POLICY_INVALID",
      "/routes/0/cookies/1/cookie",
    ],
    [
      {
        cookies: [
          { ...rule, cookie: "a" },
          { ...rule, cookie: "A" },
        ],
      },
      null,
      "",
    ],
    [
      { cookies: [{ name: "x", cookie: "a", action: "remove", key: "k" }] },
      "POLICY_INVALID",
      "/routes/0/cookies/0/key",
    ],
    [{ limits: { maxDecodedBytes: 0 } }, "POLICY_INVALID", "/routes/0/limits/maxDecodedBytes"],
    [{ onCompressed: "yes" }, "POLICY_INVALID", "/routes/0/onCompressed"],
    [{ onFieldInQuery: "forward" }, "POLICY_INVALID", "/routes/0/onFieldInQuery"],
  ] as const)("%j: %s", (route, code, pointer) => {
    if (code === null) expect(parse(route)).not.toThrow();
    else expect(parse(route)).toThrow(refused(code, pointer) as Error);
  });

  it("leave the names of one-name selectors that no query rule has to the body", () => {
    const fields = ["$.Ssn", "$..e_mail", "$.a.b", "$['p','q'][0]", "$.*"].map((select, i) => ({
      ...rule,
      name: `f${i}`,
      select,
    }));
    const names = (query: readonly object[]): string[] => [...parse({ fields, query })().routes[0]!.bodyNames.keys()];
    expect(names([])).toEqual(["ssn", "email", ".email", "p", "q"]);
    expect(names([{ ...rule, select: "$.EMail" }])).toEqual(["ssn", ".email", "p", "q"]);
    expect(names([{ ...rule, select: "$..EMail" }])).toEqual(["ssn", "p", "q"]);
    expect(names([{ ...rule, select: "$.*" }])).toEqual([]);
  });
});
