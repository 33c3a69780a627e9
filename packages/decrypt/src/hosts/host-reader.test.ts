import { encryptBody, parsePolicy } from "@fieldseal/edge-encrypt";
import { describe, expect, it } from "vitest";
import { keys, privateKeys } from "../../../../test/fixtures/sealing-policy.ts";
import { pemKeys } from "../keys/pem.ts";
import { createHostReader } from "./host-reader.ts";

const seal = { action: "encrypt", key: "pii-1" } as const;
const route = {
  path: "/**",
  fields: [{ ...seal, name: "ssn", select: "$.ssn" }],
  query: [{ ...seal, name: "email", select: "$.email" }],
  headers: [{ ...seal, name: "phone", header: "x-phone" }],
  cookies: [{ ...seal, name: "sid", cookie: "sid" }],
};
const policyOf = (fields: object[]) => parsePolicy({ version: 1, id: "p", keys, routes: [{ ...route, fields }] });
const reader = createHostReader({
  keys: pemKeys({ "pii-1": privateKeys.get("pii-1")!.export({ format: "pem", type: "pkcs8" }) as string }),
  access: { rules: [{ principal: "a", fields: { "*": "full" } }] },
  expect: policyOf(route.fields),
});
const caller = { principal: "a" };
const envelopeOf = async (name: string): Promise<string> => {
  const request = { bytes: Buffer.from('{"x":"value"}'), mediaType: "application/json", method: "POST", path: "/" };
  const sealed = await encryptBody(request, policyOf([{ ...seal, name, select: "$.x" }]));
  return (JSON.parse(Buffer.from(sealed).toString()) as { x: string }).x;
};

describe("a host whose places are a policy's", () => {
  it.each(["ssn", "email", "phone", "sid"])("opens a field by itself, wherever requests have it: %s", async (name) => {
    expect(await reader.openField(await envelopeOf(name), name, caller)).toBe("value");
    expect(await reader.openText(`x=${await envelopeOf(name)}`, caller)).toBe("x=value");
  });

  it("opens no field of another name, and those of headers nowhere in bodies", async () => {
    const code = (name: string) => expect.objectContaining({ code: name });
    await expect(reader.openField(await envelopeOf("other"), "other", caller)).rejects.toEqual(
      code("ENVELOPE_MISPLACED"),
    );
    const bytes = Buffer.from(JSON.stringify({ ssn: await envelopeOf("phone") }));
    const [result] = await reader.openBodies([{ bytes, mediaType: "application/json" }], caller);
    expect(result).toEqual({ error: code("ENVELOPE_MISPLACED") });
  });
});
