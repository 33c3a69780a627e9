// How much callers of a service may have: a rate, a budget for the day, and the size of a batch. Pure: the clock is given.
import { createRateLimiter, type RateStore } from "@fieldseal/core/access";
import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Limiter } from "../access/gate.ts";
import { checkWholeNumber } from "../whole-number.ts";

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

const limitNames: Readonly<Record<keyof TokenLimits, true>> = {
  burst: true,
  perSecond: true,
  perDay: true,
  maxBatchItems: true,
};
const ofLimits: Named = { what: "a token service's limits", names: limitNames, code: "CONFIG_INVALID" };
const secondsOfDay = 86_400;

/**
 * The limits that are given, and the defaults of the others.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for what is no limit, and where a full batch could never pass.
 */
export function settledLimits(given: Partial<TokenLimits> = {}): TokenLimits {
  refuseUnknownNames(given, ofLimits);
  const limits = { ...defaultTokenLimits, ...given };
  const { burst, perSecond, perDay, maxBatchItems } = limits;
  for (const [name, limit] of Object.entries({ burst, perDay, maxBatchItems })) checkWholeNumber(name, limit, 1);
  if (!(perSecond >= 0 && perSecond < Number.POSITIVE_INFINITY)) {
    throw new FieldsealError("CONFIG_INVALID", "perSecond is a number from 0 on");
  }
  if (maxBatchItems > burst || burst > perDay) {
    throw new FieldsealError("CONFIG_INVALID", "limits must rise: maxBatchItems, burst, perDay");
  }
  return limits;
}

/** The rate and the budget, each with a bucket for every principal, in `store` where one is given. */
export function limitersOf({ burst, perSecond, perDay }: TokenLimits, now: () => number, store?: RateStore): Limiter[] {
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
