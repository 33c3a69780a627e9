// What callers in JavaScript hand a decryptor in place of keys, sinks, clocks and callers, and of what it opens.
import { generateKeyPairSync } from "node:crypto";
import type { AuditSink } from "@fieldseal/core/audit";
import { describe, expect, it } from "vitest";
import { createServiceHandler, decryptPart } from "./hosts/http/index.ts";
import { createDecryptor, type DecryptorOptions, pemKeys } from "./index.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
const keys = pemKeys({ "pii-1": pem });
const config = expect.objectContaining({ code: "CONFIG_INVALID" }) as Error;
const body = { bytes: new TextEncoder().encode("{}"), mediaType: "application/json" };
const wrapped = "A".repeat(342);
const sealed = `fs1.r.pii-1.ssn.${wrapped}.${"A".repeat(80)}.fs`;

describe("a decryptor is not made with", () => {
  it.each<[string, unknown]>([
    ["no keys", {}],
    ["null for keys", { keys: null }],
    ["a PEM for keys", { keys: pem }],
    ["PEMs by kid for keys", { keys: { "pii-1": pem } }],
    ["a list for keys", { keys: [keys] }],
    ["a promise for keys", { keys: Promise.resolve(keys) }],
    ["null for a trail", { keys, audit: null }],
    ["a trail that takes no events", { keys, audit: {} }],
    ["a promise for a trail", { keys, audit: Promise.resolve({ accept: () => {} }) }],
    ["a clock that is no function", { keys, now: null }],
  ])("%s", (_, options) => {
    expect(() => createDecryptor(options as DecryptorOptions)).toThrowError(config);
  });

  it("a promise, without saying that it must be awaited", () => {
    const hinting = expect.objectContaining({ hint: "await it first" }) as Error;
    for (const options of [{ keys: Promise.resolve(keys) }, { keys, audit: Promise.resolve({}) }]) {
      expect(() => createDecryptor(options as object as DecryptorOptions)).toThrowError(hinting);
    }
  });
});

it("a service is not made with null for a trail, which would leave none", () => {
  const parts = [decryptPart({ keys, access: { rules: [] }, expect: {} })];
  const authenticate = async (): Promise<{ principal: string }> => ({ principal: "role:a" });
  expect(() => createServiceHandler({ parts, authenticate, audit: null as unknown as AuditSink })).toThrowError(config);
});

it("a clock that gives no Date is refused by name", async () => {
  const audit = { accept: () => {} };
  const decryptor = createDecryptor({ keys, audit, now: Date.now as never });
  await expect(decryptor.decryptField(sealed, { field: "ssn" })).rejects.toThrowError(config);
});

describe("nobody is told apart by", () => {
  const access = { rules: [{ principal: "role:a", fields: { "*": "full" as const } }] };
  it.each<[string, unknown]>([
    ["null", null],
    ["a name alone", "role:a"],
    ["a list", ["role:a"]],
    ["a principal that is no text", { principal: 7 }],
    ["null for a principal", { principal: null }],
    ["a purpose that is no text", { principal: "role:a", purpose: {} }],
    ["claims that are no object", { principal: "role:a", claims: "tenant" }],
    ["null for claims", { principal: "role:a", claims: null }],
  ])("%s", async (_, who) => {
    for (const options of [{ keys }, { keys, access }]) {
      const decryptor = createDecryptor(options);
      await expect(decryptor.decryptBody(body, who as never)).rejects.toThrowError(config);
      await expect(decryptor.decryptBodies([body], who as never)).rejects.toThrowError(config);
      await expect(decryptor.decryptText("", { fields: [] }, who as never)).rejects.toThrowError(config);
      await expect(decryptor.decryptField(sealed, { field: "ssn" }, who as never)).rejects.toThrowError(config);
    }
  });
});

describe("nothing is opened that is given as", () => {
  const decryptor = createDecryptor({ keys });
  it.each<[string, () => Promise<unknown>]>([
    ["null for bodies", () => decryptor.decryptBodies(null as never)],
    ["one body for several", () => decryptor.decryptBodies(body as never)],
    ["null for a column without a value", () => decryptor.decryptField(null as never, { field: "ssn" })],
    ["the bytes of an envelope", () => decryptor.decryptField(Buffer.from(sealed) as never, { field: "ssn" })],
    ["an envelope of no field", () => decryptor.decryptField(sealed, {} as never)],
    ["nothing for a text", () => decryptor.decryptText(undefined as never, { fields: ["ssn"] })],
    ["a text of no fields", () => decryptor.decryptText(sealed, {} as never)],
    [
      "a text of one name, of which every part would be one",
      () => decryptor.decryptText(sealed, { fields: "xssn" as never }),
    ],
    ["a text of names that are none", () => decryptor.decryptText(sealed, { fields: [null] as never })],
  ])("%s", async (_, open) => {
    await expect(open()).rejects.toThrowError(config);
  });
});

describe("private keys", () => {
  it.each<[string, unknown]>([
    ["that a variable has not", { "pii-1": undefined }],
    ["that are null", { "pii-1": null }],
    ["that are promised", { "pii-1": Promise.resolve(pem) }],
    ["that are no text", { "pii-1": { pem: 5 } }],
    ["without a kid", undefined],
  ])("%s are refused by name", (_, pems) => {
    const refused = expect.objectContaining({ code: "PRIVATE_KEY_INVALID" }) as Error;
    expect(() => pemKeys(pems as never)).toThrowError(refused);
  });

  it("may be indented, as in a template or in YAML, and end their lines as on Windows", () => {
    const [indented, windows] = [pem.replace(/^/gm, "    "), pem.replaceAll("\n", "\r\n")];
    for (const text of [indented, windows, `\ufeff${pem}`]) expect(pemKeys({ a: text }).find("a")).toBeDefined();
  });

  it.each([
    ["are spelled \\n", pem.replaceAll("\n", "\\n")],
    ["are gone", `${pem.replaceAll("\n", "")}\n`],
    ["are spaces", pem.replaceAll("\n", " ")],
  ])("whose line breaks %s are refused with what to do", (_, text) => {
    const hinting = expect.objectContaining({
      code: "PRIVATE_KEY_INVALID",
      hint: expect.stringContaining("line break"),
    });
    expect(() => pemKeys({ a: text })).toThrowError(hinting as Error);
  });
});
