import { createSecretKey, type KeyObject } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createDataKeyCache } from "./data-key-cache.ts";
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

  it("is not held once the cache has let go of its bytes and the calls have ended", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const cache = createDataKeyCache({}, Date.now);
    cache.keep("a", dataKey(5));
    const used = (): WeakRef<KeyObject> => {
      const copy = cache.take("a")!;
      const ref = new WeakRef(keyObjectOf(copy));
      copy.fill(0);
      return ref;
    };
    const ref = used();
    // A weak reference holds until the end of the turn that made or read it.
    await new Promise(setImmediate);
    collect();
    expect(ref.deref()).toBeDefined();
    await new Promise(setImmediate);
    cache.clear();
    collect();
    expect(ref.deref()).toBeUndefined();
  });
});
