import { generateKeyPairSync } from "node:crypto";
import { parsePolicy } from "@fieldseal/edge-encrypt";
import { describe, expect, it } from "vitest";
import { diffPolicies, type PolicyDiff } from "./diff.ts";

const newKey = (): string => {
  return generateKeyPairSync("rsa", { modulusLength: 2048 })
    .publicKey.export({ format: "pem", type: "spki" })
    .toString();
};
const publicKeys = { one: newKey(), two: newKey() };
type Json = Record<string, unknown>;

const ring = (publicKey = publicKeys.one, more: Json = {}): Json => ({
  one: { alg: "RSA-OAEP-256", publicKey },
  two: { alg: "RSA-OAEP-256", publicKey: publicKeys.two },
  ...more,
});
const rule = (select: string, key = "one", more: Json = {}): Json => ({
  name: "f",
  select,
  action: "encrypt",
  key,
  ...more,
});
const route = (path: string, selects: readonly (string | Json)[], more: Json = {}): Json => {
  return { path, fields: selects.map((one) => (typeof one === "string" ? rule(one) : one)), ...more };
};
const diff = (before: readonly Json[], after: readonly Json[], ring2 = ring(), more: Json = {}): PolicyDiff => {
  const document = { version: 1, id: "p", keys: ring() };
  return diffPolicies(
    parsePolicy({ ...document, onUnmatched: "reject", routes: before }),
    parsePolicy({ ...document, onUnmatched: "reject", routes: after, keys: ring2, ...more }),
  );
};
const summary = (found: PolicyDiff): string[] => {
  return (["uncovered", "rekeyed", "changed", "covered"] as const).flatMap((kind) =>
    found[kind].map(({ path, methods, select }) => `${kind} ${methods} ${path} ${select}`),
  );
};

describe("diffPolicies", () => {
  it.each([
    ["the same rule in a wider route", [route("/v1/a", ["$.x"])], [route("/v1/**", ["$.x"])], ["covered * /v1/** $.x"]],
    ["a wider selector", [route("/a", ["$.x"])], [route("/a", ["$..x"])], ["covered * /a $..x"]],
    ["a narrower selector", [route("/a", ["$..x"])], [route("/a", ["$.x"])], ["uncovered * /a $..x"]],
    ["a container instead of its member", [route("/a", ["$.x.y"])], [route("/a", ["$.x"])], ["covered * /a $.x"]],
    [
      "a rule that no longer reaches into strings",
      [route("/a", [rule("$.x.y", "one", { within: "json" })])],
      [route("/a", ["$.x.y"])],
      ["uncovered * /a $.x.y"],
    ],
    [
      "the string instead of what is in it",
      [route("/a", [rule("$.x.y", "one", { within: "json" })])],
      [route("/a", ["$.x"])],
      ["covered * /a $.x"],
    ],
    [
      "a union in two rules",
      [route("/a", ["$['x','y']"])],
      [route("/a", ["$.x", rule("$.y", "one", { name: "f" })])],
      [],
    ],
    ["an index instead of a wildcard", [route("/a", ["$.x[*]"])], [route("/a", ["$.x[0]"])], ["uncovered * /a $.x[*]"]],
    [
      "a method less",
      [route("/a", ["$.x"], { methods: ["PUT", "POST"] })],
      [route("/a", ["$.x"], { methods: ["PUT"] })],
      ["uncovered POST /a $.x"],
    ],
    [
      "named methods instead of all",
      [route("/a", ["$.x"])],
      [route("/a", ["$.x"], { methods: ["PUT"] })],
      ["uncovered * /a $.x"],
    ],
    [
      "a route in front that covers less",
      [route("/v1/**", ["$.x"])],
      [route("/v1/a", []), route("/v1/**", ["$.x"])],
      ["uncovered * /v1/** $.x"],
    ],
    [
      "a route in front for paths that only overlap",
      [route("/*/b", ["$.x"])],
      [route("/a/*", []), route("/*/b", ["$.x"])],
      ["uncovered * /*/b $.x"],
    ],
    ["a route that is gone", [route("/a", ["$.x"])], [], ["uncovered * /a $.x"]],
    ["another key", [route("/a", ["$.x"])], [route("/a", [rule("$.x", "two")])], ["rekeyed * /a $.x"]],
    ["another name", [route("/a", ["$.x"])], [route("/a", [rule("$.x", "one", { name: "g" })])], ["changed * /a $.x"]],
    [
      "another action",
      [route("/a", ["$.x"])],
      [route("/a", [{ name: "f", select: "$.x", action: "remove" }])],
      ["rekeyed * /a $.x"],
    ],
  ])("tells %s", (_, before, after, expected) => {
    expect(summary(diff(before, after))).toEqual(expected);
  });

  it("names a request of which it is true", () => {
    const found = diff([route("/v1/**", ["$.x"])], [route("/v1/admin", []), route("/v1/**", ["$.x"])]);
    expect(found.uncovered[0]!.example).toBe("* /v1/admin");
  });

  it.each([
    ["replaced", ring(publicKeys.two)],
    [
      "moved",
      ring(publicKeys.one, {
        one: { alg: "RSA-OAEP-256", publicKey: publicKeys.one, kms: "arn:aws:kms:us-east-1:111122223333:key/a" },
      }),
    ],
  ])("tells a key of the ring that is %s", (change, keys) => {
    expect(diff([], [], keys).keys).toEqual([{ kid: "one", change }]);
  });

  it("tells a key of the ring that is removed", () => {
    const { two } = ring();
    expect(diff([], [], { two }).keys).toEqual([{ kid: "one", change: "removed" }]);
  });

  it("tells settings that refuse less, and not those that refuse more", () => {
    const strict = [route("/a", ["$.x"])];
    const lenient = [
      route("/a", ["$.x"], { onNameVariant: "ignore", onShapeMismatch: "ignore", onForeignEnvelope: "allow" }),
    ];
    const { weakened } = diff(strict, lenient, ring(), { onUnmatched: "forward" });
    expect(weakened.map(({ setting }) => setting).sort()).toEqual([
      "onForeignEnvelope",
      "onNameVariant",
      "onShapeMismatch",
      "onUnmatched",
    ]);
    expect(diff(lenient, strict).weakened).toEqual([]);
  });

  it("tells settings of the whole policy, fields let into the query, and context that is gone or another", () => {
    const bound = { context: { tenant: { header: "x-tenant" }, app: "shop" } };
    const before = [route("/a", ["$.x"], bound)];
    const after = [route("/a", ["$.x"], { context: { app: "other" }, onFieldInQuery: "ignore" })];
    const lenient = { onUncoveredMethod: "forward", onAmbiguousPath: "ignore" };
    expect(diff(before, after, ring(), lenient).weakened).toEqual([
      { path: "/a", setting: "onFieldInQuery", from: "refuse", to: "ignore" },
      { path: "/a", setting: "context.tenant", from: "header x-tenant", to: "none" },
      { path: "/a", setting: "context.app", from: '"shop"', to: '"other"' },
      { path: "*", setting: "onUncoveredMethod", from: "refuse", to: "forward" },
      { path: "*", setting: "onAmbiguousPath", from: "refuse", to: "ignore" },
    ]);
    expect(diff([route("/a", ["$.x"])], before).weakened).toEqual([]);
  });
});
