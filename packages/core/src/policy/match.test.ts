import { isUtf8 } from "node:buffer";
import { createHash, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { codecFor, parseMediaType } from "../body/index.ts";
import { matchRoute, routeReads } from "./match.ts";
import { parsePolicy } from "./parse.ts";
import type { Policy } from "./types.ts";

const primitives = { isUtf8, sha256: (bytes: Uint8Array) => createHash("sha256").update(bytes).digest() };
const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const keys = { "pii-1": { alg: "RSA-OAEP-256", publicKey: publicKey.export({ format: "pem", type: "spki" }) } };
const policy = (routes: readonly unknown[]): Policy => parsePolicy({ version: 1, id: "x", keys, routes }, primitives);

describe("routes", () => {
  it("cover a request by the first whose path and method do", () => {
    const { routes, ...rest } = policy([
      { path: "/a/*", methods: ["PUT"] },
      { path: "/a/{id}", methods: ["POST"] },
      { path: "/a/**", methods: ["POST"] },
    ]);
    const found = { routes, ...rest } as Policy;
    expect(matchRoute(found, "PUT", "/a/1")).toMatchObject({ kind: "route", route: routes[0] });
    expect(matchRoute(found, "POST", "/a/1")).toEqual({
      kind: "route",
      route: routes[1],
      passed: new Set([routes[0]]),
      pathParams: new Map([["id", "1"]]),
    });
    expect(matchRoute(found, "POST", "/a/1/2")).toMatchObject({ kind: "route", route: routes[2] });
    expect(matchRoute(found, "PATCH", "/a/1")).toEqual({ kind: "method" });
    expect(matchRoute(found, "POST", "/b")).toEqual({ kind: "none" });
  });

  it("without methods cover every one", () => {
    for (const method of ["GET", "POST", "DELETE", "PROPFIND"]) {
      expect(matchRoute(policy([{ path: "/**" }]), method, "/x").kind).toBe("route");
    }
  });

  const reads = (select: string, contentType: string, more: object = {}): boolean => {
    const fields = [{ name: "x", select, action: "encrypt", key: "pii-1" }];
    const [only] = policy([{ path: "/**", fields, ...more }]).routes;
    const mediaType = parseMediaType(contentType);
    return routeReads(only!, mediaType, codecFor(mediaType)!);
  };
  const form = "application/x-www-form-urlencoded";

  it.each(["$", "$.a", "$.a.b", "$[0]", "$..a[*].b"])("with %s read JSON and every +json", (select) => {
    for (const type of ["application/json", "application/vnd.api+json; charset=utf-8", "APPLICATION/Problem+JSON"]) {
      expect(reads(select, type)).toBe(true);
    }
  });

  it.each(["$.a", "$['a','b']", "$.*", "$[*]", "$.a[0]", "$.a[-1]", "$.a[*]", "$.a[1:]", "$..a"])(
    "with %s read forms",
    (select) => {
      expect(reads(select, form)).toBe(true);
    },
  );

  it.each(["$", "$[0]", "$.a.b", "$.a[0].b", "$.a['b']", "$.a.*", "$.a..b", "$['a',0]"])(
    "with %s read no forms, which have no such places",
    (select) => {
      expect(reads(select, form)).toBe(false);
    },
  );

  it("read only the media types they list", () => {
    expect(reads("$.a", form, { mediaTypes: ["application/json"] })).toBe(false);
    expect(reads("$.a", "application/vnd.a+json", { mediaTypes: ["application/json"] })).toBe(false);
    expect(reads("$.a.b", form, { mediaTypes: [form] })).toBe(false);
    expect(reads("$.a", form, { mediaTypes: [form] })).toBe(true);
  });

  it("read patches, which name members in their values, only where they list them", () => {
    const patch = "application/json-patch+json";
    expect(reads("$..ssn", patch)).toBe(false);
    expect(reads("$[*].value", patch, { mediaTypes: [patch] })).toBe(true);
    expect(reads("$..ssn", "application/merge-patch+json")).toBe(true);
  });

  it("count the selectors of the context, too", () => {
    expect(reads("$.a", form, { context: { id: { select: "$.id.x" } } })).toBe(false);
    expect(reads("$.a", form, { context: { id: { select: "$.id" } } })).toBe(true);
  });
});
