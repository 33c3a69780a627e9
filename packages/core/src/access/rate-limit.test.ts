import { describe, expect, it } from "vitest";
import { createMemoryRateStore, createRateLimiter, type RateAlert, type RateLimiterOptions } from "./rate-limit.ts";

let time = 0;
const limiterOf = (options: Partial<RateLimiterOptions> = {}) => {
  time = 0;
  return createRateLimiter({ burst: 10, perSecond: 2, ...options }, () => time);
};

describe("the rate of a principal", () => {
  it("is a burst, and what comes back with time, never more than the burst", async () => {
    const { allow } = limiterOf();
    expect([await allow("a", 10), await allow("a", 1)]).toEqual([true, false]);
    time = 500;
    expect([await allow("a", 2), await allow("a", 1), await allow("a", 1)]).toEqual([false, true, false]);
    time = 1_000_000;
    expect([await allow("a", 11), await allow("a", 10), await allow("a", 1)]).toEqual([false, true, false]);
  });

  it("is the principal's own", async () => {
    const { allow } = limiterOf();
    expect([await allow("a", 10), await allow("b", 10), await allow("a", 1)]).toEqual([true, true, false]);
  });

  it("is all or nothing: what is refused costs nothing", async () => {
    const { allow } = limiterOf();
    expect([await allow("a", 6), await allow("a", 6), await allow("a", 4)]).toEqual([true, false, true]);
  });

  it("can be given back, and is never more than the burst for that", async () => {
    const { allow, giveBack } = limiterOf();
    await allow("a", 6);
    await giveBack("a", 5);
    expect([await allow("a", 10), await allow("a", 9)]).toEqual([false, true]);
    await giveBack("a", 30);
    await giveBack("new", 30);
    expect([await allow("a", 11), await allow("a", 10), await allow("a", 1)]).toEqual([false, true, false]);
    expect([await allow("new", 11), await allow("new", 10), await allow("new", 1)]).toEqual([false, true, false]);
  });

  it("does not come back when the clock goes back", async () => {
    const { allow } = limiterOf();
    time = 10_000;
    await allow("a", 10);
    time = 0;
    expect(await allow("a", 1)).toBe(false);
    time = 10_000;
    expect(await allow("a", 1)).toBe(false);
  });

  it("is told of at every refusal, and only then", async () => {
    const alerts: RateAlert[] = [];
    const { allow } = limiterOf({ onAlert: (alert) => alerts.push(alert) });
    await allow("a", 10);
    time = 100;
    await allow("a", 5);
    expect(alerts).toEqual([{ principal: "a", cost: 5, time: 100 }]);
  });

  it("is kept by a shared store where one is given", async () => {
    const store = createMemoryRateStore();
    const [first, second] = [limiterOf({ store }), limiterOf({ store })];
    expect([await first.allow("a", 10), await second.allow("a", 1)]).toEqual([true, false]);
  });

  it("is kept for many principals in bounded memory: full buckets go first", async () => {
    const { allow } = limiterOf({ perSecond: 0.001 });
    await allow("spent", 10);
    for (let i = 0; i < 100_001; i++) await allow(`p${i}`, 0);
    expect(await allow("spent", 1)).toBe(false);
  });

  it("is kept for the last of more principals than fit, none of whose buckets is full", async () => {
    const { allow } = limiterOf({ perSecond: 0.001 });
    for (let i = 0; i < 100_000; i++) await allow(`p${i}`, 1);
    for (let i = 0; i < 5000; i++) await allow(`q${i}`, 1);
    expect([await allow("q4999", 10), await allow("p99999", 10), await allow("p0", 10)]).toEqual([false, false, true]);
  });
});
