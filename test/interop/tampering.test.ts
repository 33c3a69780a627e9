import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { codeOf, decryptorOf, sealed } from "./fixtures.ts";

const decryptor = decryptorOf();
const context = { tenant: "acme" };
const value = "123-45-6789";
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

let envelope: string;
let ofOtherField: string;
let ofOtherRequest: string;
beforeAll(async () => {
  const envelopes = async (text: string): Promise<string[]> =>
    Object.values(JSON.parse(await sealed(text, { context })) as Record<string, string>);
  [envelope, ofOtherField] = (await envelopes(`{"ssn":"${value}","email":"a@b.c"}`)) as [string, string];
  [ofOtherRequest] = (await envelopes(`{"ssn":"${value}"}`)) as [string];
});

const open = (text: string, field = "ssn", given: Record<string, string> = context): Promise<string> =>
  decryptor.decryptField(text, { field, context: given });
const withSegment = (text: string, index: number, segment: string): string =>
  text.split(".").with(index, segment).join(".");

describe("an envelope", () => {
  it("opens as what was sealed", async () => {
    expect(await open(envelope)).toBe(value);
  });

  it("does not open with another field in its header, even one of the same request", async () => {
    const renamed = withSegment(envelope, 3, "email");
    expect(await codeOf(open(renamed, "email"))).toBe("DECRYPTION_FAILED");
    expect(await codeOf(open(withSegment(ofOtherField, 3, "ssn")))).toBe("DECRYPTION_FAILED");
  });

  it("does not open with another kid in its header", async () => {
    expect(await codeOf(open(withSegment(envelope, 2, "pii-2")))).toBe("KEY_UNKNOWN");
    expect(await codeOf(open(withSegment(envelope, 2, "pci-1")))).toBe("ENVELOPE_MALFORMED");
  });

  it("does not open under another algorithm or version", async () => {
    expect(await codeOf(open(withSegment(envelope, 1, "e")))).toBe("ENVELOPE_MALFORMED");
    expect(await codeOf(open(withSegment(envelope, 0, "fs2")))).toBe("ENVELOPE_VERSION_UNSUPPORTED");
  });

  it("does not open with the wrapped key or the sealed part of another request", async () => {
    for (const index of [4, 5]) {
      const mixed = withSegment(envelope, index, ofOtherRequest.split(".")[index]!);
      expect(await codeOf(open(mixed))).toBe("DECRYPTION_FAILED");
    }
  });

  it("does not open under another context", async () => {
    const others = [{}, { tenant: "other" }, { tenants: "acme" }, { tenant: "acme", app: "shop" }, { tenant: "acme " }];
    for (const other of others) expect(await codeOf(open(envelope, "ssn", other))).toBe("DECRYPTION_FAILED");
  });

  it("does not open with any one bit of what it encodes flipped, nor with any character replaced", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 0, max: 63 }), async (where, to) => {
        const at = where % envelope.length;
        const changed = envelope.slice(0, at) + alphabet[to] + envelope.slice(at + 1);
        if (changed === envelope) return;
        expect(await codeOf(open(changed)), `at ${at}`).toBeTypeOf("string");
      }),
      { numRuns: 300 },
    );
  });

  it("does not open when cut, extended or spelled in another base64", async () => {
    const last = alphabet.indexOf(envelope.at(-4)!);
    const others = [envelope.slice(0, -1), `${envelope}A`, `${envelope}=`, ` ${envelope}`, envelope.toUpperCase()];
    for (const other of others) expect(await codeOf(open(other))).toBe("ENVELOPE_MALFORMED");
    const twin = `${envelope.slice(0, -4)}${alphabet[last ^ 1]}.fs`;
    expect(await codeOf(open(twin))).toBeTypeOf("string");
  });
});
