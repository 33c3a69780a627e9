import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesEqual } from "./concat.ts";
import { utf8Bytes, utf8Text, writeAscii } from "./utf8.ts";

describe("UTF-8", () => {
  it("gives well-formed text back, a leading byte order mark included", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(utf8Text(utf8Bytes(text))).toBe(text);
      }),
    );
    expect(utf8Text(utf8Bytes("\ufeffa"))).toBe("\ufeffa");
  });

  it.each([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]])(
    "refuses malformed bytes %j",
    (...bytes) => {
      expect(() => utf8Text(Uint8Array.from(bytes))).toThrow(TypeError);
    },
  );

  it("writes ASCII at an offset", () => {
    const out = new Uint8Array(6).fill(0x2e);
    expect(writeAscii("fs1", out, 1)).toBe(4);
    expect(Buffer.from(out).toString()).toBe(".fs1..");
  });

  it("compares bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
        expect(bytesEqual(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(bytesEqual(a, a.slice())).toBe(true);
      }),
    );
  });
});
