import { createSecretKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { copyOfDataKey, keyObjectOf } from "./key-object.ts";

const dataKey = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

describe("the KeyObject of a data key", () => {
  it("is one for all copies, whichever needs it first", () => {
    const original = dataKey(1);
    const [first, second] = [copyOfDataKey(original), copyOfDataKey(original)];
    expect(keyObjectOf(second)).toBe(keyObjectOf(first));
    expect(keyObjectOf(original)).toBe(keyObjectOf(first));
    expect(keyObjectOf(first).equals(createSecretKey(dataKey(1)))).toBe(true);
  });

  it("is made of the copy that needs it, so that an original which was zeroed does no harm", () => {
    const original = dataKey(2);
    const copy = copyOfDataKey(original);
    original.fill(0);
    expect(keyObjectOf(copy).equals(createSecretKey(dataKey(2)))).toBe(true);
  });

  it("is another for other bytes, the same in value or not", () => {
    const original = dataKey(3);
    expect(keyObjectOf(dataKey(3))).not.toBe(keyObjectOf(original));
    expect(keyObjectOf(copyOfDataKey(dataKey(4))).equals(keyObjectOf(original))).toBe(false);
  });
});
