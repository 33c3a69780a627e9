// How many fields a principal may open: one token bucket for each, in this process or in a store that several share.
// Pure: the clock is given.
import { FieldsealError } from "../errors/index.ts";

/** The bucket of each principal. */
export interface Rate {
  /** Most fields at once. */
  readonly burst: number;
  /** Fields a second that come back. */
  readonly perSecond: number;
}

/**
 * Where buckets are kept. In a store that several processes share, looking and taking must be one step: a conditional
 * update, a script, or one statement of SQL; two calls for the last token must not both get it.
 *
 * @example
 * ```ts
 * import type { RateStore } from "@fieldseal/core/access";
 * // CREATE TABLE rate (principal text PRIMARY KEY, tokens double precision, at double precision)
 * declare const database: { rowsChangedBy(sql: string, values: readonly unknown[]): Promise<number> };
 * // PostgreSQL. SQLite has `min` and `max` for `least` and `greatest`.
 * const [cost, burst, perSecond, now] = ["$2", "$3", "$4", "$5"].map((one) => `${one}::double precision`);
 * const refilled = `least(${burst}, rate.tokens + greatest(0, ${now} - rate.at) / 1000 * ${perSecond})`;
 * const sql = `INSERT INTO rate SELECT $1, ${burst} - ${cost}, ${now} WHERE ${cost} <= ${burst}
 *   ON CONFLICT (principal) DO UPDATE SET tokens = ${refilled} - ${cost}, at = greatest(rate.at, ${now})
 *   WHERE ${cost} <= ${refilled}`;
 * const store: RateStore = {
 *   take: async (principal, cost, { burst, perSecond }, now) =>
 *     (await database.rowsChangedBy(sql, [principal, cost, burst, perSecond, now])) === 1,
 * };
 * ```
 */
export interface RateStore {
  /**
   * Takes `cost` tokens from the bucket of `principal`, all or none, at `now` (milliseconds since 1970; a shared store
   * may have a clock of its own). A principal that is new has a full bucket. A `cost` below zero gives tokens back; never
   * more than `burst` are there to be taken.
   *
   * @returns whether there were as many.
   * @throws {FieldsealError} `RATE_STORE_UNAVAILABLE`, where it knows whether that may pass; anything else counts as if
   * it may.
   */
  take(principal: string, cost: number, rate: Rate, now: number): Promise<boolean> | boolean;
}

/** Told of every refusal: opening fields in numbers must be monitored. Never told a value. */
export interface RateAlert {
  readonly principal: string;
  /** Fields that were asked for. */
  readonly cost: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

export interface RateLimiterOptions extends Rate {
  /** Default: this process's memory, so that each process allows the rate anew. */
  readonly store?: RateStore;
  readonly onAlert?: (alert: RateAlert) => void;
}

export interface RateLimiter {
  /** Most fields at once: more of them are never allowed. */
  readonly burst: number;
  /**
   * True where the principal may open `cost` more fields now.
   *
   * @throws {FieldsealError} `RATE_STORE_UNAVAILABLE` (retryable unless the store knows better) where it fails.
   */
  allow(principal: string, cost: number): Promise<boolean>;
  /** Gives back what `allow` took for a call that something else refused. @throws as `allow` */
  giveBack(principal: string, cost: number): Promise<void>;
}

/** Limits principals by `options`; `now` is the clock, in milliseconds since 1970. */
export function createRateLimiter(options: RateLimiterOptions, now: () => number): RateLimiter {
  const { burst, perSecond, store = createMemoryRateStore(), onAlert } = options;
  return {
    burst,
    async allow(principal, cost) {
      const time = now();
      const allowed = await takeFrom(store, principal, cost, { burst, perSecond }, time);
      if (!allowed) onAlert?.({ principal, cost, time });
      return allowed;
    },
    giveBack: async (principal, cost) => {
      await takeFrom(store, principal, -cost, { burst, perSecond }, now());
    },
  };
}

async function takeFrom(store: RateStore, ...taken: Parameters<RateStore["take"]>): Promise<boolean> {
  try {
    return await store.take(...taken);
  } catch (cause) {
    if (cause instanceof FieldsealError && cause.code === "RATE_STORE_UNAVAILABLE") throw cause;
    const message = "the store of rates did not answer; nothing is opened";
    throw new FieldsealError("RATE_STORE_UNAVAILABLE", message, { retryable: true, cause });
  }
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

const maxBuckets = 100_000;
// All of them, at each call of one more principal, would take milliseconds.
const maxLooked = 1000;

/** Buckets in this process's memory; of those used least recently, the ones that are full again are forgotten first. */
export function createMemoryRateStore(): RateStore {
  const buckets = new Map<string, Bucket>();
  return {
    take(principal, cost, { burst, perSecond }, now) {
      const bucket = buckets.get(principal) ?? { tokens: burst, at: now };
      const tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
      const allowed = cost <= tokens;
      buckets.delete(principal);
      buckets.set(principal, { tokens: allowed ? tokens - cost : tokens, at: Math.max(bucket.at, now) });
      if (buckets.size > maxBuckets) forgetFull(buckets, { burst, perSecond }, now);
      return allowed;
    },
  };
}

/** Of the buckets that were used least recently, forgets those that are full by now; where none is, the first. */
function forgetFull(buckets: Map<string, Bucket>, { burst, perSecond }: Rate, now: number): void {
  const [oldest] = buckets.keys();
  let looked = 0;
  for (const [principal, { tokens, at }] of buckets) {
    if (looked++ === maxLooked) break;
    if (tokens + ((now - at) / 1000) * perSecond >= burst) buckets.delete(principal);
  }
  if (buckets.size > maxBuckets) buckets.delete(oldest!);
}
