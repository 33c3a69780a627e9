import { describe, expect, it } from "vitest";
import { codeOf } from "../../../../test/crypto/error-code.ts";
import { opening, sealing } from "../../../../test/crypto/node-primitives.ts";
import { asDataKey, drawDataKey } from "./data-key.ts";

const notUtf8 = new Uint8Array(32).fill(0xff);
const ascii = new Uint8Array(32).fill(0x61);
const multibyte = new TextEncoder().encode("é".repeat(16));

describe("data keys", () => {
  it.each([
    ["ASCII", ascii],
    ["two-byte characters", multibyte],
    ["zeros", new Uint8Array(32)],
  ])("are drawn again while the random bytes are UTF-8: %s", (_, first) => {
    const draws = [multibyte, notUtf8];
    const bytes = Uint8Array.from(first);
    const key = drawDataKey(bytes, { isUtf8: sealing.isUtf8, randomFill: (into) => into.set(draws.shift()!) });
    expect(draws).toEqual([]);
    expect(key).toEqual(notUtf8);
  });

  it("are the random bytes themselves where those are no UTF-8", () => {
    const randomFill = (): never => expect.unreachable("drawn again");
    const bytes = Uint8Array.from(notUtf8);
    expect(drawDataKey(bytes, { isUtf8: sealing.isUtf8, randomFill })).toBe(bytes);
  });

  it("are accepted by the reader whenever the sealing side draws them", () => {
    for (let round = 0; round < 1000; round++) {
      const bytes = new Uint8Array(32);
      sealing.randomFill(bytes);
      expect(codeOf(() => asDataKey(drawDataKey(bytes, sealing), opening))).toBeUndefined();
    }
  });

  it.each([
    ["UTF-8 of 32 bytes", ascii],
    ["UTF-8 of 32 bytes in two-byte characters", multibyte],
    ["31 bytes", notUtf8.subarray(1)],
    ["33 bytes", new Uint8Array(33).fill(0xff)],
    ["nothing", new Uint8Array(0)],
  ])("are refused by the reader where the unwrapped bytes are %s", (_, bytes) => {
    expect(codeOf(() => asDataKey(bytes, opening))).toBe("DECRYPTION_FAILED");
  });
});
