// A circuit breaker: after so many failures in a row nothing is asked for a while; then one call tries, and its end
// decides for the others. Pure; the clock is given.
import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import type { CircuitState } from "../keys/provider.ts";
import { checkLimits } from "../limits.ts";

export interface BreakerOptions {
  /** Failures in a row, retries included in each, that open the circuit; default 5. */
  readonly maxFailures?: number;
  /** Milliseconds for which it then stays open; default 10,000. */
  readonly openFor?: number;
}

const optionNames: Readonly<Record<keyof BreakerOptions, true>> = { maxFailures: true, openFor: true };
const ofBreaker: Named = { what: "the options of a breaker", names: optionNames, code: "CONFIG_INVALID" };

/** What a call came to; `unknown` where it was given up before it could tell. */
export type CallOutcome = "answered" | "failed" | "unknown";

export interface CircuitBreaker {
  readonly state: CircuitState;
  /** Milliseconds until a call may try again; 0 where one may, or tries now. */
  readonly retryAfter: number;
  /** Lets a call through, which must then tell its outcome, once; null where it may not go. */
  enter(): ((outcome: CallOutcome) => void) | null;
}

/** The breaker that never opens. */
export const alwaysClosed: CircuitBreaker = { state: "closed", retryAfter: 0, enter: () => () => {} };

/**
 * Creates a closed circuit; `now` is a clock in milliseconds that never goes back.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` unless both options are positive and finite, or for others.
 */
export function createCircuitBreaker(options: BreakerOptions, now: () => number): CircuitBreaker {
  refuseUnknownNames(options, ofBreaker);
  const { maxFailures = 5, openFor = 10_000 } = options;
  checkLimits({ maxFailures, openFor });
  let failures = 0;
  /** Null: closed. */
  let openUntil: number | null = null;
  let isTrying = false;
  /** How often the circuit has opened: calls from before say nothing of the time after. */
  let openings = 0;

  const open = (): void => {
    openUntil = now() + openFor;
    openings++;
  };
  const enterClosed = (): ((outcome: CallOutcome) => void) => {
    const since = openings;
    return (outcome) => {
      if (since !== openings || outcome === "unknown") return;
      failures = outcome === "failed" ? failures + 1 : 0;
      if (failures >= maxFailures) open();
    };
  };
  const enterAsTrial = (): ((outcome: CallOutcome) => void) => {
    isTrying = true;
    return (outcome) => {
      isTrying = false;
      if (outcome === "failed") open();
      if (outcome !== "answered") return;
      openUntil = null;
      failures = 0;
    };
  };
  const wait = (): number => (openUntil === null ? 0 : Math.max(0, openUntil - now()));
  return {
    get state() {
      if (openUntil === null) return "closed";
      return wait() > 0 ? "open" : "half-open";
    },
    get retryAfter() {
      return wait();
    },
    enter: () => {
      if (openUntil === null) return enterClosed();
      return isTrying || wait() > 0 ? null : enterAsTrial();
    },
  };
}
