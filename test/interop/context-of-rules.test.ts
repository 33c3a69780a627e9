// Rules that bind their values to some keys of the route's context: sealed by the edge, opened with and without the policy.
import { describe, expect, it } from "vitest";
import { createHostReader } from "../../packages/decrypt/src/hosts/host-reader.ts";
import { encryptBody, parsePolicy } from "../../packages/edge-encrypt/src/index.ts";
import { bytesOf, codeOf, decryptorOf, json, pci, pems, pii, textOf } from "./fixtures.ts";

const policy = parsePolicy({
  version: 1,
  id: "bound",
  keys: {
    "pii-1": { alg: "RSA-OAEP-256", publicKey: pii.publicKey },
    "pci-1": { alg: "RSA-OAEP-256", publicKey: pci.publicKey },
  },
  routes: [
    {
      path: "/**",
      context: { tenant: { header: "x-tenant" }, order: { header: "x-order" }, app: "shop" },
      fields: [
        { name: "card", select: "$.card", action: "encrypt", key: "pci-1" },
        { name: "ssn", select: "$.ssn", action: "encrypt", key: "pii-1", context: ["tenant"] },
        {
          name: "token",
          select: "$.token",
          action: "encrypt",
          key: "pii-1",
          format: "jwe",
          context: ["app", "tenant"],
        },
        { name: "note", select: "$.note", action: "encrypt", key: "pii-1", context: [] },
      ],
    },
  ],
});

const text = '{"card":4111111111111111,"ssn":"078-05-1120","token":"t","note":"n"}';
const context = { tenant: "acme", order: "7", app: "shop" };
const seal = async (body: string, given: Record<string, string>): Promise<string> =>
  textOf(await encryptBody({ bytes: bytesOf(body), mediaType: json, context: given }, policy));
const decryptor = decryptorOf();
const open = async (body: string, given: Record<string, string>): Promise<string> =>
  textOf(await decryptor.decryptBody({ bytes: bytesOf(body), mediaType: json, context: given, expect: policy }));
const sealed = await seal(text, context);
const envelopes = JSON.parse(sealed) as Record<"card" | "ssn" | "token" | "note", string>;

describe("a rule with a context of its own", () => {
  it("gives back every byte to a reader that has the policy and the whole context", async () => {
    expect(await open(sealed, context)).toBe(text);
  });

  it.each([
    ["card", ["tenant", "order", "app"]],
    ["ssn", ["tenant"]],
    ["token", ["tenant", "app"]],
    ["note", []],
  ] as const)("binds %s to %j, and to nothing else", async (field, keys) => {
    for (const key of ["tenant", "order", "app"] as const) {
      const other = open(JSON.stringify({ [field]: envelopes[field] }), { ...context, [key]: "other" });
      expect(await codeOf(other)).toBe((keys as readonly string[]).includes(key) ? "DECRYPTION_FAILED" : undefined);
    }
    const own = Object.fromEntries(keys.map((key) => [key, context[key]]));
    const value = String((JSON.parse(text) as Record<string, unknown>)[field]);
    expect(await decryptor.decryptField(envelopes[field], { field, context: own })).toBe(value);
    expect(await decryptor.decryptField(envelopes[field], { field, context, expect: policy })).toBe(value);
    const whole = decryptor.decryptField(envelopes[field], { field, context });
    expect(await codeOf(whole)).toBe(keys.length === 3 ? undefined : "DECRYPTION_FAILED");
  });

  it("opens in any text for a reader that has the policy", async () => {
    const line = `ssn=${envelopes.ssn} note=${envelopes.note}`;
    const place = { fields: ["ssn", "note"], context, expect: policy };
    expect(await decryptor.decryptText(line, place)).toBe("ssn=078-05-1120 note=n");
  });

  it("needs only its own keys to be there", async () => {
    const given = { tenant: "acme" };
    expect(await open(await seal('{"ssn":"1","note":2}', given), given)).toBe('{"ssn":"1","note":2}');
    expect(await open(await seal('{"note":2}', {}), {})).toBe('{"note":2}');
    expect(await codeOf(seal('{"ssn":"1","card":2}', given))).toBe("CONTEXT_MISSING");
    expect(await codeOf(seal('{"ssn":"1"}', {}))).toBe("CONTEXT_MISSING");
  });

  it("is known to hosts", async () => {
    const bound = { tenant: { claim: "tenant" }, order: { claim: "order" }, app: { value: "shop" } } as const;
    const rule = { principal: "role:support", context: bound, fields: { "*": "full" } } as const;
    const host = createHostReader({ keys: pems, access: { rules: [rule] }, expect: policy, context: bound });
    const caller = { principal: "role:support", claims: { tenant: "acme", order: "7" } };
    const [body] = await host.openBodies([{ bytes: bytesOf(sealed), mediaType: json }], caller);
    expect(body).toMatchObject({ bytes: expect.anything() });
    expect(textOf((body as { bytes: Uint8Array }).bytes)).toBe(text);
    expect(await host.openField(envelopes.ssn, "ssn", caller)).toBe("078-05-1120");
    expect(await host.openText(envelopes.note, caller)).toBe("n");
    await host.close();
  });
});
