import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alwaysClosed, type CallOutcome, type CircuitBreaker, createCircuitBreaker } from "./circuit-breaker.ts";

let time = 0;
const breakerOf = (maxFailures = 3, openFor = 1000): CircuitBreaker => {
  time = 0;
  return createCircuitBreaker({ maxFailures, openFor }, () => time);
};
const call = (breaker: CircuitBreaker, ...outcomes: readonly CallOutcome[]): void => {
  for (const outcome of outcomes) breaker.enter()!(outcome);
};

describe("a circuit breaker", () => {
  it("opens after so many failures in a row, and lets nothing through until its time is over", () => {
    const breaker = breakerOf();
    call(breaker, "failed", "failed");
    expect([breaker.state, breaker.retryAfter]).toEqual(["closed", 0]);
    call(breaker, "failed");
    expect([breaker.state, breaker.retryAfter, breaker.enter()]).toEqual(["open", 1000, null]);
    time = 999;
    expect([breaker.state, breaker.retryAfter, breaker.enter()]).toEqual(["open", 1, null]);
    time = 1000;
    expect([breaker.state, breaker.retryAfter]).toEqual(["half-open", 0]);
  });

  it("begins to count anew with every answer, and does not count calls that were given up", () => {
    const breaker = breakerOf();
    call(breaker, "failed", "failed", "answered", "failed", "unknown", "failed");
    expect(breaker.state).toBe("closed");
    call(breaker, "failed");
    expect(breaker.state).toBe("open");
  });

  it("lets one call try when the time is over, whose answer closes it for all", () => {
    const breaker = breakerOf();
    call(breaker, "failed", "failed", "failed");
    time = 1000;
    const tell = breaker.enter()!;
    expect([breaker.state, breaker.enter(), breaker.enter()]).toEqual(["half-open", null, null]);
    tell("answered");
    expect(breaker.state).toBe("closed");
    call(breaker, "failed", "failed");
    expect(breaker.state).toBe("closed");
  });

  it("stays open for the whole time again where that call fails", () => {
    const breaker = breakerOf();
    call(breaker, "failed", "failed", "failed");
    time = 1500;
    call(breaker, "failed");
    expect([breaker.state, breaker.retryAfter, breaker.enter()]).toEqual(["open", 1000, null]);
  });

  it("lets the next one try where that call was given up", () => {
    const breaker = breakerOf();
    call(breaker, "failed", "failed", "failed");
    time = 1000;
    call(breaker, "unknown", "answered");
    expect(breaker.state).toBe("closed");
  });

  it.each(["failed", "answered"] as const)(
    "hears nothing of calls from before it opened that end later: %s",
    (late) => {
      const breaker = breakerOf();
      const [before, after] = [breaker.enter()!, breaker.enter()!];
      call(breaker, "failed", "failed", "failed");
      time = 500;
      before(late);
      expect([breaker.state, breaker.retryAfter]).toEqual(["open", 500]);
      time = 1000;
      call(breaker, "answered");
      after(late);
      call(breaker, "failed", "failed");
      expect(breaker.state).toBe("closed");
    },
  );

  it("has never two calls that try at a time, and none before its time, in whatever order calls begin and end", () => {
    const step = fc.oneof(
      fc.constant("begin" as const),
      fc.constantFrom<CallOutcome>("answered", "failed", "unknown"),
      fc.integer({ min: 1, max: 700 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const breaker = breakerOf(2, 1000);
        const closed: ((outcome: CallOutcome) => void)[] = [];
        let trial: ((outcome: CallOutcome) => void) | null = null;
        for (const one of steps) {
          if (typeof one === "number") time += one;
          else if (one === "begin") {
            const { state } = breaker;
            const tell = breaker.enter();
            expect(tell === null).toBe(state === "open" || (state === "half-open" && trial !== null));
            if (tell !== null && state === "closed") closed.push(tell);
            else if (tell !== null) trial = tell;
          } else if (trial !== null) {
            trial(one);
            trial = null;
            expect(breaker.state).toBe({ answered: "closed", failed: "open", unknown: "half-open" }[one]);
          } else closed.shift()?.(one);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([{ maxFailures: 0 }, { openFor: 0 }, { openFor: Number.POSITIVE_INFINITY }, { maxFailures: Number.NaN }])(
    "is refused without finite limits: %j",
    (options) => {
      const make = (): unknown => createCircuitBreaker(options, () => 0);
      expect(make).toThrowError(expect.objectContaining({ code: "CONFIG_INVALID" }));
    },
  );

  it("can be one that never opens", () => {
    call(alwaysClosed, ...Array.from({ length: 100 }, () => "failed" as const));
    expect(alwaysClosed.state).toBe("closed");
  });
});
