import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { FieldsealError } from "../errors/index.ts";
import { fingerprintOf } from "./key-ring.ts";
import { readPublicKey } from "./public-key.ts";

const rsa = (modulusLength: number, publicExponent = 65537): { pem: string; der: Buffer; privatePem: string } => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength, publicExponent });
  const der = publicKey.export({ format: "der", type: "spki" });
  const pem = publicKey.export({ format: "pem", type: "spki" }) as string;
  return { pem, der, privatePem: privateKey.export({ format: "pem", type: "pkcs8" }) as string };
};
const ec = (namedCurve: string): Buffer =>
  generateKeyPairSync("ec", { namedCurve }).publicKey.export({ format: "der", type: "spki" });

const good = rsa(2048);

function codeOf(text: string, alg: "RSA-OAEP-256" | "DHKEM-P256" = "RSA-OAEP-256"): string {
  try {
    readPublicKey(text, alg);
    return "accepted";
  } catch (error) {
    if (error instanceof FieldsealError) return error.code;
    throw error;
  }
}

describe("public keys", () => {
  it("are read from PEM, PEM with CRLF, and base64 of the DER", () => {
    for (const text of [good.pem, good.pem.replaceAll("\n", "\r\n"), ` ${good.pem} `, good.der.toString("base64")]) {
      const { spki, wrappedLength } = readPublicKey(text, "RSA-OAEP-256");
      expect(Buffer.from(spki).equals(good.der)).toBe(true);
      expect(wrappedLength).toBe(256);
    }
  });

  it.each([
    ["a private key", good.privatePem, "private key"],
    ["line breaks that are spelled", good.pem.replaceAll("\n", "\\n"), "line breaks"],
    ["the name of a file", "keys/pii-1.public.pem", "BEGIN PUBLIC KEY"],
  ])("are refused with what to do for %s", (_, text, hint) => {
    const refused = { code: "PUBLIC_KEY_INVALID", hint: expect.stringContaining(hint) as string };
    expect(() => readPublicKey(text, "RSA-OAEP-256")).toThrowError(expect.objectContaining(refused) as Error);
  });

  it("have the length of the modulus: 3072 bits", () => {
    expect(readPublicKey(rsa(3072).pem, "RSA-OAEP-256").wrappedLength).toBe(384);
  });

  it("on P-256 are read for DHKEM-P256, other curves and other algorithms are not", () => {
    expect(readPublicKey(ec("prime256v1").toString("base64"), "DHKEM-P256").wrappedLength).toBe(33);
    for (const curve of ["secp384r1", "secp256k1", "secp521r1"]) {
      expect(codeOf(ec(curve).toString("base64"), "DHKEM-P256")).toBe("PUBLIC_KEY_INVALID");
    }
    expect(codeOf(good.pem, "DHKEM-P256")).toBe("PUBLIC_KEY_INVALID");
    expect(codeOf(ec("prime256v1").toString("base64"))).toBe("PUBLIC_KEY_INVALID");
  });

  it("are refused as weak below 2048 bits, between the usual lengths, and with another exponent", () => {
    for (const weak of [rsa(1024), rsa(2056), rsa(2048, 3), rsa(2048, 17)]) {
      expect(codeOf(weak.pem)).toBe("PUBLIC_KEY_WEAK");
    }
  });

  it.each([
    ["a private key in PEM", good.privatePem],
    ["a private key in DER", Buffer.from(good.privatePem.replace(/-----.*-----|\n/g, ""), "base64").toString("base64")],
    ["a PKCS#1 public key", createPublicKey(good.pem).export({ format: "pem", type: "pkcs1" }) as string],
    ["an Ed25519 key", generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" }) as string],
    [
      "an RSASSA-PSS key",
      generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).publicKey.export({
        format: "pem",
        type: "spki",
      }) as string,
    ],
    ["nothing", ""],
    ["text", "hello"],
    ["base64url", good.der.toString("base64").replaceAll("+", "-").replaceAll("/", "_").padEnd(600, "-")],
    ["two keys", good.pem + good.pem],
    ["a key and a private key", good.pem + good.privatePem],
    ["trailing bytes", Buffer.concat([good.der, Buffer.of(0)]).toString("base64")],
    ["unclosed armour", good.pem.replace("-----END PUBLIC KEY-----", "")],
  ])("refuse %s", (_, text) => {
    expect(codeOf(text)).toBe("PUBLIC_KEY_INVALID");
  });

  it("are refused cut off anywhere, and never accepted with any one byte of their structure changed to another tag", () => {
    for (let end = 0; end < good.der.length; end++) {
      expect(codeOf(good.der.subarray(0, end).toString("base64"))).toBe("PUBLIC_KEY_INVALID");
    }
    for (const at of [0, 1, 2, 4, 5, 6, 12, 17, 19, 23, 24, 28]) {
      for (const byte of [0x00, 0x01, 0x31, 0x7f, 0x80, 0x84, 0xff]) {
        const changed = Buffer.from(good.der);
        if (changed[at] === byte) continue;
        changed[at] = byte;
        expect([at, byte, codeOf(changed.toString("base64"))]).not.toContain("accepted");
      }
    }
  });

  it("are refused with a negative modulus", () => {
    const at = good.der.indexOf(Buffer.of(0x02, 0x82, 0x01, 0x01, 0x00));
    const negative = Buffer.concat([Buffer.of(0x02, 0x82, 0x01, 0x00), good.der.subarray(at + 5)]);
    const wrap = (tag: number, content: Buffer): Buffer => {
      const { length } = content;
      return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 255), content]);
    };
    const algorithm = good.der.subarray(4, 19);
    const spki = (key: Buffer): string =>
      wrap(0x30, Buffer.concat([algorithm, wrap(0x03, Buffer.concat([Buffer.of(0), wrap(0x30, key)]))])).toString(
        "base64",
      );
    expect(codeOf(spki(good.der.subarray(at)))).toBe("accepted");
    expect(codeOf(spki(negative))).toBe("PUBLIC_KEY_INVALID");
  });

  it("never name themselves in the error", () => {
    for (const text of [good.privatePem, good.pem + good.pem]) {
      try {
        readPublicKey(text, "RSA-OAEP-256");
      } catch (error) {
        const said = `${(error as Error).message} ${JSON.stringify(error)}`;
        expect(said).not.toContain(text.slice(40, 60));
      }
    }
    expect.assertions(2);
  });

  it("are pinned by the SHA-256 of the SubjectPublicKeyInfo", () => {
    const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
    const expected = `sha256:${createHash("sha256").update(good.der).digest("hex")}`;
    expect(fingerprintOf(good.der, { sha256, isUtf8: () => true })).toBe(expected);
  });
});
