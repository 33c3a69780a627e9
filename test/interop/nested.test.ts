import { AlgorithmSuiteIdentifier, buildEncrypt, CommitmentPolicy, RawRsaKeyringNode } from "@aws-crypto/client-node";
import { beforeAll, describe, expect, it } from "vitest";
import { createDecryptor, type DirectPair, type FieldReport, pemKeys } from "../../packages/decrypt/src/index.ts";
import { bytesOf, form, json, pii, rsaPair, textOf } from "./fixtures.ts";
import { jweOf } from "./seal-jwe.ts";
import { sealUnder, wrapRsa } from "./seal-native.ts";

const pair: DirectPair = { prefix: "#E1#", suffix: "#1E#", fields: ["note"], kid: "pii-1" };
const cloudfront = { provider: "DEMO", keyName: "DEMOKEY", kid: "cf-1", field: "phone" };
const keys = pemKeys({ "pii-1": pii.privateKey, "cf-1": rsaPair(2048).privateKey });
const events: { readonly nested?: true }[] = [];
const audit = { accept: (all: readonly { readonly nested?: true }[]) => void events.push(...all) };
const decryptor = createDecryptor({ keys, direct: [pair], cloudfrontNative: [cloudfront], audit });

type Kind = "json" | "form" | "xml" | "text";
const at = { kid: "pii-1", field: "ssn" };
/** What became of a body whose one field holds `value`, spelled as `kind`. */
async function opened(kind: Kind, value: string, more: object = {}): Promise<{ report: FieldReport; text: string }> {
  const envelope = sealUnder(wrapRsa(pii.publicKey), value, { ...at, kind });
  const [body, mediaType] = {
    json: [`{"ssn":"${envelope}"}`, json],
    form: [`ssn=${envelope}`, form],
    xml: [`<p><ssn>${envelope}</ssn></p>`, "application/xml"],
    text: [`{"ssn":"${envelope}"}`, json],
  }[kind] as [string, string];
  const expected = kind === "xml" ? "$.p.ssn" : "$.ssn";
  const [result] = await decryptor.decryptBodies([
    { bytes: bytesOf(body), mediaType, expect: { ssn: expected }, ...more },
  ]);
  if ("error" in result!) throw result.error;
  return { report: result!.fields[0]!, text: textOf(result!.bytes) };
}

const inner = sealUnder(wrapRsa(pii.publicKey), '"secret"', at);
const escapedJson = (text: string): string =>
  Array.from(text, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
const escapedForm = (text: string): string => Array.from(text, (c) => `%${c.charCodeAt(0).toString(16)}`).join("");
const escapedXml = (text: string): string => Array.from(text, (c) => `&#${c.charCodeAt(0)};`).join("");

// By format of the policy: something that looks like one of its values, and something that only resembles it.
const formats: Record<string, { looks: string; resembles: string }> = {
  native: { looks: inner, resembles: `fs1.example.com/${"a".repeat(50)}` },
  "native, another version": { looks: inner.replace("fs1.", "fs27."), resembles: inner.replace("fs1.", "xfs1.") },
  direct: { looks: `#E1#${"A".repeat(344)}#1E#`, resembles: `#E1#${"A".repeat(344)}#E1#` },
  jwe: {
    looks: jweOf(wrapRsa(pii.publicKey), '"secret"', at),
    resembles: jweOf(wrapRsa(pii.publicKey), '"secret"', { ...at, kid: "stranger" }),
  },
};
beforeAll(async () => {
  const { encrypt } = buildEncrypt({ commitmentPolicy: CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT });
  const message = async (keyNamespace: string): Promise<string> => {
    const rsaKey = { publicKey: pii.publicKey };
    const keyring = new RawRsaKeyringNode({ keyNamespace, keyName: "DEMOKEY", rsaKey, oaepHash: "sha256" });
    const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA256;
    return (await encrypt(keyring, "secret", { suiteId, encryptionContext: {} })).result.toString("base64url");
  };
  formats["CloudFront native"] = { looks: await message("DEMO"), resembles: await message("STRANGER") };
});
const names = ["native", "native, another version", "direct", "jwe", "CloudFront native"];

// Where such text can stand in an opened value. Names of XML elements hold no `#`.
const places: readonly (readonly [string, Kind, (text: string) => string])[] = [
  ["a string", "json", (text) => JSON.stringify(text)],
  ["a string behind escapes", "json", (text) => `"${escapedJson(text)}"`],
  ["a string of an object", "json", (text) => `{"a":${JSON.stringify(text)}}`],
  ["a string of an object behind escapes", "json", (text) => `{"a":[1,{"b":"${escapedJson(text)}"}]}`],
  ["an element of an array behind one escape", "json", (text) => `["x","${escapedJson(text[0]!)}${text.slice(1)}"]`],
  ["a member name", "json", (text) => `{"a":[{${JSON.stringify(text)}:1}]}`],
  ["a member name behind escapes", "json", (text) => `{"${escapedJson(text)}":null}`],
  ["a form value", "form", (text) => encodeURIComponent(text)],
  ["a form value behind escapes", "form", (text) => escapedForm(text)],
  ["the content of an element", "xml", (text) => text],
  ["the content of an element behind references", "xml", (text) => escapedXml(text)],
  ["the content of an inner element behind references", "xml", (text) => `a<b><c/>${escapedXml(text)}</b>`],
  ["CDATA", "xml", (text) => `<b><![CDATA[${text}]]></b>`],
  ["an attribute behind references", "xml", (text) => `<b c="${escapedXml(text)}"/>`],
  ["text", "text", (text) => text],
];
const cases = names.flatMap((name) => places.map(([place, kind, spell]) => ({ name, place, kind, spell })));

describe("an opened value in which something looks sealed", () => {
  it.each(cases)("is marked, and written as it is: $name in $place", async ({ name, kind, spell }) => {
    const value = spell(formats[name]!.looks);
    events.length = 0;
    const { report, text } = await opened(kind, value);
    expect(report).toMatchObject({ outcome: "opened", nested: true });
    expect(events).toMatchObject([{ nested: true }]);
    expect(text).toContain(kind === "text" ? JSON.stringify(value) : value);
  });

  it.each(cases)("is not marked for what only resembles it: $name in $place", async ({ name, kind, spell }) => {
    events.length = 0;
    const { report } = await opened(kind, spell(formats[name]!.resembles));
    expect(report).toMatchObject({ outcome: "opened", nested: false });
    expect(events[0]!.nested).toBeUndefined();
  });

  it("is marked for the name of an XML element, and for an attribute's own value", async () => {
    expect((await opened("xml", `<${inner}/>`)).report.nested).toBe(true);
    const envelope = sealUnder(wrapRsa(pii.publicKey), `]]>${escapedXml(inner)}`, { ...at, kind: "xml" });
    const body = { bytes: bytesOf(`<p ssn="${envelope}"/>`), mediaType: "application/xml" };
    const [result] = await decryptor.decryptBodies([{ ...body, expect: { ssn: "$.p['@ssn']" } }]);
    expect(result).toMatchObject({ fields: [{ outcome: "opened", nested: true }] });
  });

  it("is marked where only a mask of it is shown", async () => {
    const access = { rules: [{ principal: "*", fields: { "*": { mask: 4 } } }] };
    const masking = createDecryptor({ keys, access });
    const envelope = sealUnder(wrapRsa(pii.publicKey), `{"a":"${escapedJson(inner)}"}`, at);
    const body = { bytes: bytesOf(`{"ssn":"${envelope}"}`), mediaType: json };
    const [result] = await masking.decryptBodies([body], { principal: "role:x" });
    expect(result).toMatchObject({ fields: [{ outcome: "masked", nested: true }] });
  });

  it("is told in time that grows with its length, whatever it is made of", async () => {
    const size = 200_000;
    const filled = (unit: string): string => unit.repeat(Math.floor(size / unit.length));
    const hostile = [
      `"${filled("\\u0066s1.")}"`,
      `"${filled("eyJ.")}"`,
      `"${filled("#E1#")}"`,
      `[${filled(`"${"fs1.a.b.c".padEnd(50, "-")}",`)}0]`,
      `"${filled("AYABe")}"`,
      `${"[".repeat(200)}"${inner}"${"]".repeat(200)}`,
    ];
    for (const value of hostile) {
      const start = process.cpuUsage();
      await opened("json", value);
      const { user, system } = process.cpuUsage(start);
      expect((user + system) / 1000).toBeLessThan(1500);
    }
  });
});
