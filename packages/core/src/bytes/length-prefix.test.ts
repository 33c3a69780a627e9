import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat } from "./concat.ts";
import { concatLengthPrefixed, lengthPrefixed, writeLengthPrefixed } from "./length-prefix.ts";

function readAll(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at);
    values.push(bytes.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return values;
}

describe("length-prefixed bytes", () => {
  it("carry their length in four bytes, big-endian", () => {
    expect(concatLengthPrefixed([Uint8Array.of(7)])).toEqual(Uint8Array.of(0, 0, 0, 1, 7));
    const long = concatLengthPrefixed([new Uint8Array(0x012345)]);
    expect(long.subarray(0, 4)).toEqual(Uint8Array.of(0, 1, 0x23, 0x45));
    expect(long).toHaveLength(lengthPrefixed(0x012345));
  });

  it("are told apart however they are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (values) => {
        expect(readAll(concatLengthPrefixed(values))).toEqual(values);
      }),
    );
    const cut = (...texts: string[]): Uint8Array =>
      concatLengthPrefixed(texts.map((text) => Uint8Array.from(text, (c) => c.charCodeAt(0))));
    expect(cut("ab", "c")).not.toEqual(cut("a", "bc"));
    expect(cut("", "abc")).not.toEqual(cut("abc"));
  });

  it("are written at an offset", () => {
    const out = new Uint8Array(8).fill(9);
    expect(writeLengthPrefixed(Uint8Array.of(5), out, 2)).toBe(7);
    expect(out).toEqual(Uint8Array.of(9, 9, 0, 0, 0, 1, 5, 9));
  });
});

describe("concat", () => {
  it("holds all parts in order", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 }), (parts) => {
        expect([...concat(parts)]).toEqual(parts.flatMap((part) => [...part]));
      }),
    );
  });
});
