import { describe, expect, it } from "vitest";
import { type AccessDocument, type Grant, grantsOf, parseAccess, refuseUnboundContext, type Who } from "./access.ts";

type Rule = AccessDocument["rules"][number];
const all = { "*": "full" } as const;
const grant = (
  rules: readonly Rule[],
  who: Who,
  { field = "ssn", context = {}, requireBoundContext = false } = {},
): Grant => grantsOf(parseAccess({ rules }), { who, context, requireBoundContext })(field);
const sees = (rule: Partial<Rule>, who: Who, more: object = {}): boolean =>
  grant([{ principal: "*", fields: all, ...rule }], who, more) === "full";

describe("access rules", () => {
  it("give nothing to whom none fits, and to whom no field is named", () => {
    expect(grant([], { principal: "role:a" })).toBe("none");
    expect(grant([{ principal: "role:b", fields: all }], { principal: "role:a" })).toBe("none");
    expect(grant([{ principal: "role:a", fields: { other: "full" } }], { principal: "role:a" })).toBe("none");
    expect(grant([{ principal: "*", fields: all }], {})).toBe("none");
  });

  it("let the first rule decide that fits and names the field or has *", () => {
    const rules: Rule[] = [
      { principal: "role:a", fields: { email: "none" } },
      { principal: "role:a", fields: { ssn: { mask: 4 }, "*": "none" } },
      { principal: "role:*", fields: all },
    ];
    const who = { principal: "role:a" };
    expect(grant(rules, who)).toEqual({ mask: 4 });
    expect(grant(rules, who, { field: "email" })).toBe("none");
    expect(grant(rules, who, { field: "card" })).toBe("none");
    expect(grant(rules, { principal: "role:b" }, { field: "card" })).toBe("full");
  });

  it("hold for their purpose only", () => {
    const rule = { purpose: "refund" };
    expect(sees(rule, { principal: "a", purpose: "refund" })).toBe(true);
    for (const purpose of ["Refund", "refund ", ""]) expect(sees(rule, { principal: "a", purpose })).toBe(false);
    expect(sees(rule, { principal: "a" })).toBe(false);
  });

  it("bind context to verified claims, or to a value", () => {
    const context = { tenant: "acme", app: "shop" };
    const rule = { context: { tenant: { claim: "tid" }, app: { value: "shop" } } };
    const who = (tid: unknown): Who => ({ principal: "a", claims: { tid } });
    expect(sees(rule, who("acme"), { context })).toBe(true);
    for (const tid of ["evil", ["acme"], { acme: 1 }, undefined, null, 1]) {
      expect(sees(rule, who(tid), { context }), String(tid)).toBe(false);
    }
    expect(sees(rule, who("acme"), { context: { tenant: "acme" } })).toBe(false);
    expect(sees(rule, who("acme"), { context: { ...context, app: "other" } })).toBe(false);
    const inherited = { context: { constructor: { claim: "toString" } } };
    expect(sees(inherited, { principal: "a", claims: {} }, { context: {} })).toBe(false);
  });

  it("do not count where they leave a key of the context unbound, if that is required", () => {
    const rules: Rule[] = [
      { principal: "role:a", fields: all },
      { principal: "role:b", context: { tenant: { claim: "tenant" } }, fields: all },
    ];
    const context = { tenant: "acme" };
    const more = { context, requireBoundContext: true };
    expect(grant(rules, { principal: "role:a" }, more)).toBe("none");
    expect(grant(rules, { principal: "role:b", claims: { tenant: "acme" } }, more)).toBe("full");
    const access = parseAccess({ rules });
    expect(() => refuseUnboundContext(access, context)).not.toThrow();
    expect(() => refuseUnboundContext(access, { app: "x" })).toThrowError(
      expect.objectContaining({ code: "CONTEXT_UNBOUND" }),
    );
  });
});

describe("principals", () => {
  const account = "111122223333";
  const role = `arn:aws:iam::${account}:role/Support`;
  const session = (name: string, where = account): Who => ({
    principal: `arn:aws:sts::${where}:assumed-role/Support/${name}`,
  });
  const fits = (principal: string, who: Who): boolean => sees({ principal }, who);

  it("that are role sessions fit the rules of their role, whatever the session is called", () => {
    for (const rule of [
      role,
      `arn:aws:iam::${account}:role/team/a/Support`,
      `arn:aws:sts::${account}:assumed-role/Support/*`,
    ]) {
      expect(fits(rule, session("anyone")), rule).toBe(true);
      expect(fits(rule, { principal: role }), rule).toBe(true);
      expect(fits(rule, session("anyone", "999999999999")), rule).toBe(false);
    }
    const posing = { principal: `arn:aws:sts::${account}:assumed-role/Other/Support` };
    expect(fits(role, posing)).toBe(false);
  });

  it("may be patterns, whose stars stay within one part", () => {
    expect(fits(`arn:aws:iam::${account}:role/Sup*`, session("x"))).toBe(true);
    expect(fits("arn:aws:iam::*:role/Support", session("x"))).toBe(true);
    expect(fits("role:*", { principal: "role:a" })).toBe(true);
    expect(fits("role:*", { principal: "role:a:b" })).toBe(false);
    expect(fits("role.a", { principal: "role:a" })).toBe(false);
    expect(fits("role:a", { principal: "role:ab" })).toBe(false);
    expect(fits("role:a", { principal: "xrole:a" })).toBe(false);
  });

  it.each([
    ["a*b", ["ab", "aXb", "a*b", "abab"], ["a", "b", "aba", "aX:b", "aX/b", "a:b"]],
    ["*", ["x"], []],
    ["**", ["", "x"], [":", "x/y"]],
    ["a*a", ["aa", "aaa"], ["a"]],
    ["*b*c*", ["bc", "xbxcx", "bbcc"], ["cb", "b:c"]],
    ["a:*/b*:c", ["a:/b:c", "a:x/bx:c"], ["a:x:b:c", "a/x/b:c", "a:x/b:c:"]],
    ["[a-c]+.$", ["[a-c]+.$"], ["a", "aa"]],
  ])("that have the pattern %j fit it whole", (pattern, fitting, others) => {
    const named = `name=${pattern}`;
    for (const value of fitting) expect(fits(`claim:${named}`, { claims: { name: value } }), value).toBe(true);
    for (const value of others) expect(fits(`claim:${named}`, { claims: { name: value } }), value).toBe(false);
  });

  it("are held against patterns in linear time, whatever somebody calls himself", () => {
    const started = performance.now();
    expect(fits("role:*-a-*-a-*-a-*-a-*-b", { principal: `role:${"-a".repeat(50_000)}` })).toBe(false);
    expect(fits("claim:n=*aa*aa*aa*aa*ab", { claims: { n: "a".repeat(100_000) } })).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("may be claims: a string, or one of several", () => {
    const rule = "claim:groups=support";
    expect(fits(rule, { claims: { groups: "support" } })).toBe(true);
    expect(fits(rule, { claims: { groups: ["a", "support"] } })).toBe(true);
    for (const groups of ["supporters", ["a"], { support: true }, undefined]) {
      expect(fits(rule, { claims: { groups } })).toBe(false);
    }
    expect(fits(rule, { principal: "claim:groups=support" })).toBe(false);
    expect(fits("claim:toString=*", { claims: {} })).toBe(false);
  });
});

describe("the parser of access rules", () => {
  const rule = { principal: "a", fields: { ssn: "full" } };
  it.each([
    ["", null],
    ["", {}],
    ["/rules", { rules: {} }],
    ["/other", { rules: [], other: 1 }],
    ["/rules/0", { rules: [{ fields: {} }] }],
    ["/rules/0/unknown", { rules: [{ ...rule, unknown: 1 }] }],
    ["/rules/0/principal", { rules: [{ ...rule, principal: "" }] }],
    ["/rules/0/principal", { rules: [{ ...rule, principal: "arn:aws:sts::1:assumed-role/R/session" }] }],
    ["/rules/0/fields/ssn", { rules: [{ ...rule, fields: { ssn: "some" } }] }],
    ["/rules/0/fields/ssn/mask", { rules: [{ ...rule, fields: { ssn: { mask: -1 } } }] }],
    ["/rules/0/fields/ssn/mask", { rules: [{ ...rule, fields: { ssn: { mask: 65 } } }] }],
    ["/rules/0/fields/a~1b/x", { rules: [{ ...rule, fields: { "a/b": { mask: 1, x: 1 } } }] }],
    ["/rules/0/context/tenant", { rules: [{ ...rule, context: { tenant: {} } }] }],
    ["/rules/0/context/tenant", { rules: [{ ...rule, context: { tenant: { claim: "a", value: "b" } } }] }],
    ["/rules/0/purpose", { rules: [{ ...rule, purpose: 1 }] }],
  ])("refuses with the place: %s", (pointer, document) => {
    expect(() => parseAccess(document)).toThrowError(expect.objectContaining({ code: "ACCESS_INVALID", pointer }));
  });
});
