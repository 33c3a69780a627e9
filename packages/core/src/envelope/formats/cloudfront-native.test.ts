import { isUtf8 } from "node:buffer";
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { KdfPrimitives, OpenPrimitives } from "../primitives.ts";
import { readCloudFrontNative } from "./cloudfront-native.ts";

// Messages that the official libraries no longer write: not framed (AWS Encryption SDK specification, message body).
const primitives: OpenPrimitives & KdfPrimitives = {
  isUtf8,
  sha256: () => expect.unreachable("no digest here"),
  hkdfSha256: (secret, salt, info, length) => new Uint8Array(hkdfSync("sha256", secret, salt, info, length)),
  openAesGcm: (key, iv, aad, sealed) => {
    const decipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(aad).setAuthTag(sealed.subarray(-16));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
    } catch {
      return null;
    }
  },
};
const keys = [{ provider: "P", keyName: "K", kid: "cf-1", field: "phone" }];
const secret = randomBytes(32);
const uint = (value: number, bytes: number): Buffer => {
  const out = Buffer.alloc(bytes);
  out.writeUIntBE(value, Math.max(0, bytes - 6), Math.min(bytes, 6));
  return out;
};

interface Shape {
  readonly frameLength?: number;
  readonly contentType?: number;
  readonly reserved?: number;
  readonly length?: number;
}
function unframed(value: string, { frameLength = 0, contentType = 1, reserved = 0, length }: Shape = {}): string {
  const id = randomBytes(16);
  const text = (part: string): Buffer => Buffer.concat([uint(part.length, 2), Buffer.from(part)]);
  const header = Buffer.concat([
    Buffer.from("01800178", "hex"),
    id,
    uint(0, 2),
    uint(1, 2),
    text("P"),
    text("K"),
    uint(256, 2),
    randomBytes(256),
    uint(contentType, 1),
    uint(reserved, 4),
    uint(12, 1),
    uint(frameLength, 4),
  ]);
  const key = primitives.hkdfSha256(secret, new Uint8Array(0), Buffer.concat([Buffer.from([1, 0x78]), id]), 32);
  const seal = (plaintext: string, iv: Buffer, aad: Buffer): Buffer[] => {
    const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(aad);
    return [cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
  };
  const size = uint(length ?? value.length, 8);
  const aad = Buffer.concat([id, Buffer.from("AWSKMSEncryptionClient Single Block"), uint(1, 4), size]);
  const [zero, iv] = [Buffer.alloc(12), randomBytes(12)];
  return Buffer.concat([header, zero, ...seal("", zero, header), iv, size, ...seal(value, iv, aad)]).toString("base64");
}
const read = (base64: string): ReturnType<typeof readCloudFrontNative> =>
  readCloudFrontNative(new TextEncoder().encode(base64), keys);

describe("a message that is not framed", () => {
  it.each(["206 555 0100", ""])("opens: %j", (value) => {
    const sealed = read(unframed(value))!;
    expect(sealed).toMatchObject({ kid: "cf-1", fields: ["phone"], binding: "none", holds: "foreign-key" });
    expect(new TextDecoder().decode(sealed.open(secret, new Uint8Array(2), primitives).value)).toBe(value);
  });

  it("does not open with a secret of another length or content", () => {
    const sealed = read(unframed("x"))!;
    for (const other of [secret.subarray(1), Buffer.concat([secret, Buffer.of(0)]), new Uint8Array(32)]) {
      const open = (): unknown => sealed.open(other, new Uint8Array(2), primitives);
      expect(open).toThrowError(expect.objectContaining({ code: "DECRYPTION_FAILED" }));
    }
  });

  it.each([
    ["a frame length", { frameLength: 16 }],
    ["another content type", { contentType: 3 }],
    ["reserved bytes that are not zero", { reserved: 1 }],
    ["a length beyond the message", { length: 2 ** 31 }],
    ["a length of more than 32 bits", { length: 2 ** 32 + 3 }],
    ["a length short of the message", { length: 0 }],
  ])("is malformed with %s", (_, shape) => {
    expect(() => read(unframed("abc", shape))).toThrowError(expect.objectContaining({ code: "ENVELOPE_MALFORMED" }));
  });
});

describe("what is no message", () => {
  it.each([
    ["text", "AYABe is how this sentence begins"],
    ["base64 of another suite", Buffer.concat([Buffer.from("01800478", "hex"), randomBytes(300)]).toString("base64")],
    ["base64 that is not canonical", "AYABeA==="],
  ])("is left alone: %s", (_, text) => {
    expect(read(text)).toBeNull();
  });
});
