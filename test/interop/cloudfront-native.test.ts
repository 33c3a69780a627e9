import { AlgorithmSuiteIdentifier, buildEncrypt, CommitmentPolicy, RawRsaKeyringNode } from "@aws-crypto/client-node";
import { describe, expect, it } from "vitest";
import { createDecryptor, type Decryptor, pemKeys } from "../../packages/decrypt/src/index.ts";
import { bytesOf, codeOf, form, json, pii, rsaPair, textOf } from "./fixtures.ts";
import { sealUnder, wrapRsa } from "./seal-native.ts";

// CloudFront's messages as the AWS Encryption SDK for JavaScript makes them: suite 0178, one RSA-OAEP-SHA256 key.
const { encrypt } = buildEncrypt({ commitmentPolicy: CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT });
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA256;
const names = { keyNamespace: "DEMO", keyName: "DEMOKEY" };

interface Made {
  readonly frameLength?: number;
  readonly provider?: string;
  readonly encryptionContext?: Record<string, string>;
  readonly keyrings?: number;
}
async function message(value: string, made: Made = {}): Promise<Buffer> {
  const { frameLength = 4096, provider = names.keyNamespace, encryptionContext = {}, keyrings = 1 } = made;
  const rings = Array.from({ length: keyrings }, () => {
    const rsaKey = { publicKey: pii.publicKey };
    return new RawRsaKeyringNode({ ...names, keyNamespace: provider, rsaKey, oaepHash: "sha256" });
  });
  const [first, ...others] = rings;
  const keyring = others.length === 0 ? first! : new (await multiKeyring())({ generator: first!, children: others });
  const { result } = await encrypt(keyring, value, { suiteId, frameLength, encryptionContext });
  return result;
}
const multiKeyring = async (): Promise<typeof import("@aws-crypto/client-node").MultiKeyringNode> =>
  (await import("@aws-crypto/client-node")).MultiKeyringNode;

const ours = { provider: "DEMO", keyName: "DEMOKEY", kid: "cf-1", field: "phone" };
const keys = pemKeys({ "cf-1": pii.privateKey, "pii-1": pii.privateKey });
const decryptor = createDecryptor({ keys, cloudfrontNative: [ours] });
const open = async (text: string, by: Decryptor = decryptor): Promise<string> => {
  const body = { bytes: bytesOf(JSON.stringify({ phone: text })), mediaType: json, expect: { phone: "$.phone" } };
  return (JSON.parse(textOf(await by.decryptBody(body))) as { phone: string }).phone;
};
const phone = "+1 206 555 0100 ü";

describe("messages of the official AWS Encryption SDK", () => {
  it.each([
    ["one frame", phone, 4096],
    ["many frames", "x".repeat(1000), 7],
    ["a last frame that is empty", "x".repeat(64), 32],
    ["nothing", "", 4096],
    ["frames of CloudFront's length", phone, 262_144],
  ])("open: %s", async (_, value, frameLength) => {
    expect(await open((await message(value, { frameLength })).toString("base64"))).toBe(value);
  });

  it("open in either alphabet, without padding, and with spaces in the place of plus signs", async () => {
    for (let seen = 0, tries = 0; seen < 3 && tries < 50; tries++) {
      const bytes = await message(`${phone}${"x".repeat(tries % 3)}`);
      const base64 = bytes.toString("base64");
      if (!base64.includes("+") || !base64.includes("/") || !base64.endsWith("=")) continue;
      seen++;
      const spellings = [base64, base64.replace(/=+$/, ""), bytes.toString("base64url"), base64.replaceAll("+", " ")];
      for (const spelling of spellings) expect(await open(spelling)).toMatch(/^\+1 206/);
    }
    expect.hasAssertions();
  });

  it("open in a form, and are escaped for it", async () => {
    const base64 = (await message(phone)).toString("base64");
    const body = { bytes: bytesOf(`a=1&phone=${base64}`), mediaType: form, expect: { phone: "$.phone" } };
    expect(new URLSearchParams(textOf(await decryptor.decryptBody(body))).get("phone")).toBe(phone);
  });

  it("are told as bound to nothing, of the field that their key stands for", async () => {
    const base64 = (await message(phone)).toString("base64");
    const body = { bytes: bytesOf(JSON.stringify({ phone: base64 })), mediaType: json };
    const [result] = await decryptor.decryptBodies([body]);
    const report = { field: "phone", kid: "cf-1", format: "cloudfront-native", binding: "none", outcome: "opened" };
    expect(result).toMatchObject({ fields: [report] });
    const elsewhere = { ...body, expect: { phone: "$.fax" } };
    expect(await codeOf(decryptor.decryptBody(elsewhere))).toBe("ENVELOPE_MISPLACED");
  });

  it("are text to a reader that was not told to open them, and from other providers", async () => {
    const base64 = (await message(phone)).toString("base64");
    expect(await open(base64, createDecryptor({ keys }))).toBe(base64);
    const theirs = (await message(phone, { provider: "OTHER" })).toString("base64");
    expect(await open(theirs)).toBe(theirs);
  });

  it("do not open with any one bit flipped", async () => {
    const good = await message(phone, { frameLength: 16 });
    for (let at = 4; at < good.length; at += 3) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1 << (at % 8);
      const opened = await open(bad.toString("base64")).catch((error: { code: string }) => error.code);
      const isText = opened === bad.toString("base64");
      expect(isText || ["DECRYPTION_FAILED", "ENVELOPE_MALFORMED"].includes(opened), `byte ${at}: ${opened}`).toBe(
        true,
      );
    }
  });

  it("do not open when they are cut or go on", async () => {
    const good = await message(phone, { frameLength: 16 });
    for (const length of [100, 300, good.length - 16, good.length - 1]) {
      expect(await codeOf(open(good.subarray(0, length).toString("base64")))).toBe("ENVELOPE_MALFORMED");
    }
    expect(await codeOf(open(Buffer.concat([good, Buffer.from([0])]).toString("base64")))).toBe("ENVELOPE_MALFORMED");
  });

  it("are malformed where a frame is missing, stands twice or in another's place", async () => {
    const frame = 4 + 12 + 16 + 16;
    const value = "x".repeat(40);
    const good = await message(value, { frameLength: 16 });
    // Two whole frames, and a last one of eight bytes with its own mark and length.
    const first = good.length - (4 + 4 + 12 + 4 + 8 + 16) - 2 * frame;
    const [second, third] = [first + frame, first + 2 * frame];
    const cut = (from: number, to?: number): Buffer => good.subarray(from, to);
    const moved = [
      [cut(0, first), cut(second)],
      [cut(0, second), cut(first)],
      [cut(0, first), cut(second, third), cut(first, second), cut(third)],
    ];
    expect(await open(good.toString("base64"))).toBe(value);
    for (const parts of moved) {
      expect(await codeOf(open(Buffer.concat(parts).toString("base64")))).toBe("ENVELOPE_MALFORMED");
    }
  });

  it("are refused with an encryption context, or with several encrypted data keys", async () => {
    const withContext = await message(phone, { encryptionContext: { a: "b" } });
    const withTwo = await message(phone, { keyrings: 2 });
    for (const bytes of [withContext, withTwo]) {
      expect(await codeOf(open(bytes.toString("base64")))).toBe("ENVELOPE_MALFORMED");
    }
  });
});

describe("the key of CloudFront's messages", () => {
  it("serves nothing else", async () => {
    const envelope = sealUnder(wrapRsa(pii.publicKey), '"x"', { kid: "cf-1", field: "phone" });
    expect(await codeOf(decryptor.decryptField(envelope, { field: "phone" }))).toBe("KEY_UNKNOWN");
    const direct = [{ prefix: "#E1#", suffix: "#1E#", fields: ["note"], kid: "cf-1" }];
    const make = (): unknown => createDecryptor({ keys, cloudfrontNative: [ours], direct });
    expect(make).toThrowError(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("is the one that wrapped the message", async () => {
    const other = createDecryptor({ keys: pemKeys({ "cf-1": rsaPair(2048).privateKey }), cloudfrontNative: [ours] });
    expect(await codeOf(open((await message(phone)).toString("base64"), other))).toBe("DECRYPTION_FAILED");
  });
});
