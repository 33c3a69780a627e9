import { generateKeyPairSync } from "node:crypto";
import { encryptBodySync, parsePolicy } from "@fieldseal/edge-encrypt";
import { describe, expect, it } from "vitest";
import { compilePolicy } from "./compile-policy.ts";
import { restorePolicy } from "./restore-policy.ts";

const publicKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "pem", type: "spki" });
const document = {
  version: 1,
  id: "p",
  keys: { k: { alg: "RSA-OAEP-256", publicKey: publicKey.toString() } },
  routes: [
    {
      methods: ["POST"],
      path: "/{a}/**",
      context: { c: { select: "$.id" } },
      fields: [
        { name: "f", select: "$.x[1:]", action: "encrypt", key: "k", required: true },
        { name: "g", select: "$.y", action: "encrypt", key: "k", context: ["c"] },
      ],
    },
  ],
};

describe("compilePolicy", () => {
  it("comes back as the policy that it was, keys shared between rules", () => {
    const policy = parsePolicy(document);
    const restored = restorePolicy(JSON.parse(compilePolicy(policy)));
    expect(restored).toStrictEqual(policy);
    const keys = restored.routes[0]!.fields.map(({ action }) => action.kind === "encrypt" && action.key);
    expect(keys).toEqual([restored.keys.get("k"), restored.keys.get("k")]);
    expect(keys[0]).toBe(restored.keys.get("k"));
  });

  it("comes back as a policy that seals and refuses alike", () => {
    const restored = restorePolicy(JSON.parse(compilePolicy(parsePolicy(document))));
    const seal = (text: string): string => {
      const bytes = new TextEncoder().encode(text);
      return Buffer.from(encryptBodySync({ bytes, mediaType: "application/json", path: "/v" }, restored)).toString();
    };
    expect(seal('{"id":7,"x":[0,1],"y":2}')).toMatch(/^\{"id":7,"x":\[0,"fs1\.r\.k\.f\.[^"]*"\],"y":"fs1\.r\.k\.g\./);
    expect(() => seal('{"id":7,"x":[0]}')).toThrow(expect.objectContaining({ code: "FIELD_REQUIRED_MISSING" }));
  });

  it("refuses a policy with parts that it would lose", () => {
    const policy = parsePolicy(document);
    for (const part of [() => 1, new Date(), /x/, new Map(), { $: "set", of: [] }]) {
      const extended = { ...policy, part } as typeof policy;
      expect(() => compilePolicy(extended)).toThrow(expect.objectContaining({ code: "INTERNAL_ERROR" }));
    }
  });

  it("refuses filters, which the bundle leaves out", () => {
    const [route] = document.routes;
    const fields = [{ name: "f", select: "$.x[?(@.a == 1)].b", action: "encrypt", key: "k" }];
    const filters = { compile: () => () => [] };
    const policy = parsePolicy({ ...document, routes: [{ ...route, fields }] }, { filters });
    expect(() => compilePolicy(policy)).toThrow(expect.objectContaining({ code: "INTERNAL_ERROR" }));
  });
});
