import { generateKeyPairSync } from "node:crypto";
import { createDecryptor, pemKeys } from "@fieldseal/decrypt";
import { encryptBodySync, parsePolicy } from "@fieldseal/edge-encrypt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openText } from "./open-text.ts";

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const policy = parsePolicy({
  version: 1,
  id: "p",
  keys: { k: { alg: "RSA-OAEP-256", publicKey: pair.publicKey.export({ format: "pem", type: "spki" }).toString() } },
  routes: [{ path: "/", fields: [{ name: "f", select: "$", action: "encrypt", key: "k" }] }],
});
const keys = pemKeys({ k: pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString() });
const decryptor = createDecryptor({ keys });
const anywhere = { fields: null, context: {} };

const sealed = (value: string): Buffer => {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return Buffer.from(encryptBodySync({ bytes, mediaType: "application/json" }, policy)).subarray(1, -1);
};

describe("openText", () => {
  it("opens every envelope in any bytes and changes no other byte", async () => {
    // A byte that may touch an envelope on either side.
    const apart = Buffer.from([0xff]);
    const bytes = fc.uint8Array({ maxLength: 40 }).map((some) => Buffer.concat([apart, some, apart]));
    const pieces = fc.array(fc.tuple(bytes, fc.string({ unit: "binary", maxLength: 20 })), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.uint8Array({ maxLength: 20 }), async (list, tail) => {
        const end = Buffer.concat([apart, tail]);
        const input = Buffer.concat([...list.flatMap(([before, value]) => [before, sealed(value)]), end]);
        const expected = Buffer.concat([...list.flatMap(([before, value]) => [before, Buffer.from(value)]), end]);
        const opened = await openText(input, anywhere, decryptor, {});
        expect(Buffer.from(opened).equals(expected)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses fields other than those given, with the offset in the whole text", async () => {
    const input = Buffer.concat([Buffer.from("12345 "), sealed("x")]);
    const opening = openText(input, { fields: new Set(["g"]), context: {} }, decryptor, {});
    await expect(opening).rejects.toMatchObject({ code: "ENVELOPE_MISPLACED", field: "f", offset: 6 });
  });
});
