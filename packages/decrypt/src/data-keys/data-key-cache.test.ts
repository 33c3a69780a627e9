import { afterEach, describe, expect, it, vi } from "vitest";
import { type CacheOptions, createDataKeyCache, type DataKeyCache } from "./data-key-cache.ts";

let time = 0;
const cacheOf = (options: CacheOptions = {}): DataKeyCache => {
  time = 0;
  return createDataKeyCache(options, () => time);
};
const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

/** Runs `act` and returns every array that it copied or kept, as `Uint8Array.from` made them. */
function arraysMadeBy(act: () => void): Uint8Array[] {
  const made: Uint8Array[] = [];
  const from = Uint8Array.from.bind(Uint8Array);
  const spy = vi.spyOn(Uint8Array, "from").mockImplementation(((source: Iterable<number>) => {
    const array = from(source);
    made.push(array);
    return array;
  }) as typeof Uint8Array.from);
  act();
  spy.mockRestore();
  return made;
}

afterEach(() => vi.useRealTimers());

describe("the cache of data keys", () => {
  it("keeps a copy, and gives copies: what a call does to its own is nothing to the others", () => {
    const cache = cacheOf();
    const own = key(1);
    cache.keep("a", own);
    own.fill(0);
    cache.take("a")!.fill(0);
    expect(cache.take("a")).toEqual(key(1));
  });

  it("zeroes its own at once where a call still has a copy", () => {
    const cache = cacheOf();
    const [kept] = arraysMadeBy(() => cache.keep("a", key(1)));
    const taken = cache.take("a");
    time = Number.MAX_SAFE_INTEGER;
    expect(cache.take("a")).toBeNull();
    expect([kept, taken]).toEqual([key(0), key(1)]);
  });

  it("lets the key go that was used least recently, when it is full", () => {
    const cache = cacheOf({ maxEntries: 2 });
    cache.keep("a", key(1));
    cache.keep("b", key(2));
    cache.take("a");
    cache.keep("c", key(3));
    expect(["a", "b", "c"].map((id) => cache.has(id))).toEqual([true, false, true]);
  });

  it("lets keys go at their age, by the wall clock, whether they are used or not", () => {
    const cache = cacheOf({ maxAge: 1000 });
    cache.keep("a", key(1));
    time = 999;
    expect(cache.take("a")).not.toBeNull();
    time = 1000;
    expect(cache.has("a")).toBe(false);
    expect(cache.take("a")).toBeNull();
  });

  it("lets keys go after so many uses, the first of which brought them", () => {
    const cache = cacheOf({ maxUses: 3 });
    cache.keep("a", key(1));
    expect([cache.take("a"), cache.take("a"), cache.take("a")].map((one) => one !== null)).toEqual([true, true, false]);
    const never = cacheOf({ maxUses: 1 });
    never.keep("a", key(1));
    expect(never.has("a")).toBe(false);
  });

  it.each([
    ["number", { maxEntries: 1 }, (cache: DataKeyCache): void => cache.keep("b", key(2))],
    ["uses", { maxUses: 2 }, (cache: DataKeyCache): void => void cache.take("a")],
    ["replacement", {}, (cache: DataKeyCache): void => cache.keep("a", key(2))],
    ["close", {}, (cache: DataKeyCache): void => cache.clear()],
    [
      "age",
      { maxAge: 10 },
      (cache: DataKeyCache): void => {
        time = 10;
        cache.has("a");
      },
    ],
  ])("zeroes a key that goes: %s", (_, options, evict) => {
    const cache = cacheOf(options);
    const [kept] = arraysMadeBy(() => cache.keep("a", key(1)));
    expect(kept).toEqual(key(1));
    evict(cache);
    expect(kept).toEqual(key(0));
  });

  it("zeroes keys at their age even if nobody asks again", () => {
    vi.useFakeTimers();
    const cache = cacheOf({ maxAge: 50 });
    const [kept] = arraysMadeBy(() => cache.keep("a", key(1)));
    time = 50;
    vi.advanceTimersByTime(50);
    expect(kept).toEqual(key(0));
  });
});
