import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../../../test/crypto/error-code.ts";
import { frame, framedLength, type PlaintextKind, plaintextKinds, unframe } from "./plaintext.ts";

const kinds = Object.keys(plaintextKinds) as PlaintextKind[];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

describe("plaintext framing", () => {
  it("numbers the kinds as the wire format does", () => {
    expect(plaintextKinds).toEqual({ json: 1, form: 2, xml: 3, text: 4, "json-in-string": 6 });
  });

  it("is kind, value, 80 and zeros up to a multiple of pad", () => {
    expect(hex(frame("json", bytes("aabbcc"), 0, 3, 8))).toBe("01aabbcc80000000");
    expect(hex(frame("text", bytes("aabbcc"), 0, 3, 5))).toBe("04aabbcc80");
    expect(hex(frame("form", bytes("aabbcc"), 1, 2, 1))).toBe("02bb80");
    expect(hex(frame("xml", bytes(""), 0, 0, 1))).toBe("0380");
  });

  it("gives back kind and value, at the shortest length that pad allows", () => {
    const anyPad = fc.integer({ min: 1, max: 4096 });
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.uint8Array({ maxLength: 300 }), anyPad, (kind, value, pad) => {
        const framed = frame(kind, value, 0, value.length, pad);
        expect(framed.length % pad).toBe(0);
        expect(framed.length - pad).toBeLessThan(value.length + 2);
        expect(framed).toHaveLength(framedLength(value.length, pad));
        const opened = unframe(framed);
        expect(opened.kind).toBe(kind);
        expect(hex(opened.value)).toBe(hex(value));
      }),
    );
  });

  it("gives values that end in 80 and zeros back whole", () => {
    for (const value of ["80", "8000", "800000", "00", "0000"]) {
      expect(hex(unframe(frame("text", bytes(value), 0, value.length / 2, 32)).value)).toBe(value);
    }
  });

  it.each([
    ["nothing", ""],
    ["a kind alone", "01"],
    ["no 80", "0161620000"],
    ["something behind the zeros", "0161800001"],
    ["zeros alone", "00000000"],
    ["80 alone, where the kind is missing", "80"],
    ["80 and zeros, where the kind is missing", "800000"],
    ["kind 0", "006180"],
    ["kind 5", "056180"],
    ["kind 255", "ff6180"],
  ])("refuses a frame of %s", (_, framed) => {
    expect(codeOf(() => unframe(bytes(framed)))).toBe("DECRYPTION_FAILED");
  });
});
