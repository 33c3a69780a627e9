import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base64urlLength, decodeBase64url, encodeBase64url, writeBase64url } from "./base64url.ts";

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** What the platform thinks of a text: its bytes where it is their only spelling, else null. */
function canonical(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? new Uint8Array(bytes) : null;
}

describe("base64url", () => {
  it("writes what the platform writes, for every string of one and two bytes", () => {
    expect(encodeBase64url(new Uint8Array())).toBe("");
    for (let word = 0; word < 0x10000; word++) {
      const two = Uint8Array.of(word >> 8, word & 255);
      expect(encodeBase64url(two)).toBe(Buffer.from(two).toString("base64url"));
      if (word < 256) expect(encodeBase64url(two.subarray(1))).toBe(Buffer.of(word).toString("base64url"));
    }
  });

  it("writes and reads any bytes as the platform does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = encodeBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64url"));
        expect(text).toHaveLength(base64urlLength(bytes.length));
        expect(decodeBase64url(ascii(text))).toEqual(bytes);
      }),
    );
  });

  it("writes into the middle of other bytes and touches nothing else", () => {
    const out = new Uint8Array(12).fill(0x2a);
    expect(writeBase64url(Uint8Array.of(1, 2, 3, 4), out, 3)).toBe(9);
    expect(Buffer.from(out).toString("latin1")).toBe("***AQIDBA***");
  });

  it("reads a part of other bytes", () => {
    expect(decodeBase64url(ascii("***AQIDBA***"), 3, 9)).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  it("accepts exactly the canonical spellings, for every text of up to three characters of the alphabet", () => {
    const texts = ["", ...alphabet];
    for (const a of alphabet) for (const b of alphabet) texts.push(a + b);
    for (const text of texts) expect([text, decodeBase64url(ascii(text))]).toEqual([text, canonical(text)]);
    for (const a of alphabet) {
      for (const b of alphabet) {
        let accepted = 0;
        for (const c of alphabet) if (decodeBase64url(ascii(a + b + c)) !== null) accepted++;
        // The last character carries four bits and two that must be zero.
        expect(accepted).toBe(16);
      }
    }
  });

  it("refuses every byte outside the alphabet, at every position", () => {
    for (const length of [2, 3, 4, 6, 7, 8]) {
      for (let at = 0; at < length; at++) {
        for (let byte = 0; byte < 256; byte++) {
          const text = new Uint8Array(length).fill(0x41);
          text[at] = byte;
          if (!alphabet.includes(String.fromCharCode(byte))) expect(decodeBase64url(text)).toBeNull();
        }
      }
    }
  });

  it.each(["A", "AAAAA", "AA==", "AAA=", "AA\n", " AA", "AB", "AAB", "+/+/", "AAAA AAAA"])("refuses %j", (text) => {
    expect(decodeBase64url(ascii(text))).toBeNull();
  });

  it("re-encodes whatever it decodes to the same text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ABQgw-_+/= 09z"), maxLength: 12 }), (text) => {
        const bytes = decodeBase64url(ascii(text));
        expect(bytes).toEqual(canonical(text));
        if (bytes !== null) expect(encodeBase64url(bytes)).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });
});
