import { createCipheriv, createHash, createPrivateKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concat, lengthPrefixed, writeLengthPrefixed } from "../../packages/core/src/bytes/index.ts";
import {
  asDataKey,
  encodeContext,
  envelopeLength,
  openEnvelope,
  parseEnvelope,
} from "../../packages/core/src/envelope/index.ts";
import { opening, unwrapRsaOaep256 } from "../crypto/node-primitives.ts";
import { filesBelow, readText } from "./workspace.ts";

const page = readText("docs/wire-format.md");
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A fenced block of the worked example, its line breaks taken out. */
function block(name: string): string {
  const text = new RegExp(`^\`\`\`text ${name}\\n(.*?)^\`\`\`$`, "ms").exec(page)?.[1];
  if (text === undefined) throw new Error(`the page has no block "${name}"`);
  return text.replaceAll("\n", "");
}

const bytesOf = (name: string): Uint8Array => Uint8Array.from(Buffer.from(block(name), "hex"));

describe("the worked example of docs/wire-format.md", () => {
  const vector = JSON.parse(readText("vectors/native/worked-example.json")) as {
    readonly privateKeyPem: string;
    readonly envelope: string;
  };
  const context = encodeContext({ tenant: "acme", app: "shop" });
  const header = ascii(block("header"));
  const aad = new Uint8Array(lengthPrefixed(header.length) + context.length);
  aad.set(context, writeLengthPrefixed(header, aad, 0));

  it("frames its value", () => {
    const padded = concat([Uint8Array.of(1), ascii(block("value")), Uint8Array.of(0x80), new Uint8Array(17)]);
    expect(block("plaintext")).toBe(hexOf(padded));
  });

  it("wraps its data key with the key of the vector", () => {
    expect(hexOf(unwrapRsaOaep256(createPrivateKey(vector.privateKeyPem), bytesOf("wrapped"))!)).toBe(
      block("data-key"),
    );
  });

  it("has the canonical context, header and additional data", () => {
    expect(block("context")).toBe(hexOf(context));
    expect(block("header")).toBe(`fs1.r.pii-1.ssn.${Buffer.from(bytesOf("wrapped")).toString("base64url")}.`);
    expect(block("aad-sha256")).toBe(createHash("sha256").update(aad).digest("hex"));
    expect(page).toContain(`(${header.length}, \`${hexOf(aad.subarray(0, 4))}\`)`);
  });

  it("seals its plaintext to the envelope of the vector", () => {
    const cipher = createCipheriv("aes-256-gcm", bytesOf("data-key"), bytesOf("iv")).setAAD(aad);
    const ciphertext = Buffer.concat([cipher.update(bytesOf("plaintext")), cipher.final()]);
    const sealed = Buffer.concat([bytesOf("iv"), ciphertext, cipher.getAuthTag()]);
    expect(block("sealed")).toBe(hexOf(sealed));
    expect(block("envelope")).toBe(`${block("header")}${sealed.toString("base64url")}.fs`);
    expect(block("envelope")).toBe(vector.envelope);
  });

  it("opens to its value", () => {
    const envelope = parseEnvelope(ascii(block("envelope")));
    const dataKey = unwrapRsaOaep256(createPrivateKey(vector.privateKeyPem), envelope.wrapped);
    const { kind, value } = openEnvelope(envelope, asDataKey(dataKey!, opening), context, opening);
    expect([kind, Buffer.from(value).toString()]).toEqual(["json", block("value")]);
  });
});

describe("docs/wire-format.md", () => {
  const numbers = Array.from(page.matchAll(/^\*\*WF-([0-9]+)\*\* /gm), ([, number]) => Number(number));

  it("numbers its requirements once each, in ascending order", () => {
    expect(numbers.length).toBeGreaterThan(45);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it("refers to no requirement that it does not have, here or elsewhere", () => {
    const cited = filesBelow(".")
      .filter((file) => /\.(?:md|ts|json)$/.test(file) && !file.startsWith("vendor/"))
      .flatMap((file) => readText(file).match(/\bWF-[0-9]+/g) ?? []);
    expect(cited.length).toBeGreaterThan(numbers.length);
    expect([...new Set(cited)].filter((name) => !numbers.includes(Number(name.slice(3))))).toEqual([]);
  });

  it("gives the lengths that the code computes", () => {
    const rows = Array.from(page.matchAll(/^\| (RSA-\d+|DHKEM-P256) \| (\d+) \| (\d+) \|$/gm));
    expect(rows).toHaveLength(4);
    for (const [, key, wrappedLength, length] of rows) {
      const alg = key === "DHKEM-P256" ? "DHKEM-P256" : "RSA-OAEP-256";
      const shape = { alg, kid: "pii-1", field: "ssn", wrappedLength: Number(wrappedLength), pad: 32 } as const;
      expect(envelopeLength(shape, 11), key).toBe(Number(length));
    }
  });
});
