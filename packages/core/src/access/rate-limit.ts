// How many fields a principal may open: one token bucket for each, in this process or in a store that several share.
// Pure: the clock is given.

/** The bucket of each principal. */
export interface Rate {
  /** Most fields at once. */
  readonly burst: number;
  /** Fields a second that come back. */
  readonly perSecond: number;
}

/** Where buckets are kept. One that several processes share must take and put back in one step. */
export interface RateStore {
  /**
   * Takes `cost` tokens from the bucket of `principal`, all or none, at `now` (milliseconds since 1970).
   *
   * @returns whether there were as many.
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
  /** Default: this process's memory. */
  readonly store?: RateStore;
  readonly onAlert?: (alert: RateAlert) => void;
}

export interface RateLimiter {
  /** True where the principal may open `cost` more fields now. */
  allow(principal: string, cost: number): Promise<boolean>;
}

/** Limits principals by `options`; `now` is the clock, in milliseconds since 1970. */
export function createRateLimiter(options: RateLimiterOptions, now: () => number): RateLimiter {
  const { burst, perSecond, store = createMemoryRateStore(), onAlert } = options;
  return {
    async allow(principal, cost) {
      const time = now();
      const allowed = await store.take(principal, cost, { burst, perSecond }, time);
      if (!allowed) onAlert?.({ principal, cost, time });
      return allowed;
    },
  };
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

const maxBuckets = 100_000;

/** Buckets in this process's memory; those that are full again are forgotten first. */
export function createMemoryRateStore(): RateStore {
  const buckets = new Map<string, Bucket>();
  return {
    take(principal, cost, { burst, perSecond }, now) {
      const bucket = buckets.get(principal) ?? { tokens: burst, at: now };
      const tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
      const allowed = cost <= tokens;
      buckets.delete(principal);
      buckets.set(principal, { tokens: allowed ? tokens - cost : tokens, at: now });
      if (buckets.size > maxBuckets) forgetFullest(buckets, { burst, perSecond }, now);
      return allowed;
    },
  };
}

/** Forgets what says nothing: buckets that are full by now; where none is, the one that was used least recently. */
function forgetFullest(buckets: Map<string, Bucket>, { burst, perSecond }: Rate, now: number): void {
  const [oldest] = buckets.keys();
  for (const [principal, { tokens, at }] of buckets) {
    if (tokens + ((now - at) / 1000) * perSecond >= burst) buckets.delete(principal);
  }
  if (buckets.size > maxBuckets) buckets.delete(oldest!);
}
