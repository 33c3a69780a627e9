// How much callers of a service may have: a rate, a budget for the day, and the size of a batch. Pure: the clock is given.
import { createRateLimiter, type RateStore } from "@fieldseal/core/access";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Limiter } from "../access/gate.ts";

export interface TokenLimits {
  /** Values and tokens that a principal may have at once; default 2,000. */
  readonly burst: number;
  /** How many of them come back each second; default 200. */
  readonly perSecond: number;
  /** Values and tokens of a principal in a day; they come back evenly over the day. Default 1,000,000. */
  readonly perDay: number;
  /** Items of one batch; default 1,000. */
  readonly maxBatchItems: number;
}

export const defaultTokenLimits: TokenLimits = { burst: 2000, perSecond: 200, perDay: 1_000_000, maxBatchItems: 1000 };

const secondsOfDay = 86_400;

/**
 * The rate and the budget, each with a bucket for every principal, in `store` where one is given.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` where a full batch could never pass.
 */
export function limitersOf(
  { burst, perSecond, perDay, maxBatchItems }: TokenLimits,
  now: () => number,
  store?: RateStore,
): Limiter[] {
  if (maxBatchItems > burst || burst > perDay) {
    throw new FieldsealError("CONFIG_INVALID", "limits must rise: maxBatchItems, burst, perDay");
  }
  return [
    createRateLimiter({ burst, perSecond, ...named(store, "tokens") }, now),
    createRateLimiter({ burst: perDay, perSecond: perDay / secondsOfDay, ...named(store, "tokens a day") }, now),
  ];
}

/** A principal has a bucket for each limiter of a store. */
function named(store: RateStore | undefined, name: string): { readonly store?: RateStore } {
  if (store === undefined) return {};
  return { store: { take: (principal, ...taken) => store.take(`${name}: ${principal}`, ...taken) } };
}
