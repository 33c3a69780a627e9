import { describe, expect, it } from "vitest";
import { createRandomDraw, type RandomBytes } from "./random-draw.ts";

/** Gives `bytes` first, then zeros, and keeps what it gave. */
function scripted(bytes: readonly number[]): { random: RandomBytes; given: Uint8Array[] } {
  const given: Uint8Array[] = [];
  const random: RandomBytes = (size) => {
    const block = new Uint8Array(size);
    if (given.length === 0) block.set(bytes);
    given.push(block);
    return block;
  };
  return { random, given };
}

describe("a random draw", () => {
  it("draws again what lies in the incomplete last run of n, so that all numbers are equally likely", () => {
    // 256 = 25 * 10 + 6: 250 to 255 would make 0 to 5 likelier.
    const draw = createRandomDraw(scripted([255, 250, 249, 10]).random);
    expect([draw.below(10), draw.below(10)]).toEqual([9, 0]);
  });

  it("takes as many bytes as the range needs, up to 2^48", () => {
    const draw = createRandomDraw(scripted([1, 0, 1, 255, 255, 255, 255, 255, 255]).random);
    expect(draw.below(65_536)).toBe(256);
    expect(draw.below(1)).toBe(0);
    expect(draw.below(2 ** 48)).toBe(2 ** 48 - 1);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 48 + 1])("refuses a range of %d", (n) => {
    const draw = createRandomDraw(scripted([]).random);
    expect(() => draw.below(n)).toThrow(expect.objectContaining({ code: "VAULT_FORMAT_INVALID" }) as Error);
  });

  it("never gives a byte twice, and asks for more when a block is used up", () => {
    const { random, given } = scripted([]);
    const draw = createRandomDraw(random);
    const total = Array.from({ length: 100 }, () => draw.bytes(32).length).reduce((a, b) => a + b);
    expect(total).toBe(3200);
    expect(given.reduce((sum, block) => sum + block.length, 0)).toBeGreaterThanOrEqual(3200);
    expect(draw.bytes(5000)).toHaveLength(5000);
  });
});
