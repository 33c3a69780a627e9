// Unwrapped data keys in memory: bounded in number, age and uses. One that goes is zeroed at once, or where it is lent,
// when the last of the calls that have it ends. It is lent itself, not as a copy: what the platform makes of it is made once.

export interface CacheOptions {
  /** Most data keys; default 1,000. */
  readonly maxEntries?: number;
  /** Milliseconds on the wall clock that a data key is kept; default 300,000. */
  readonly maxAge?: number;
  /** Records that one data key is used for; default 10,000. */
  readonly maxUses?: number;
}

/** A secret for the time of one call; read only. */
export interface Lent {
  readonly bytes: Uint8Array;
  /** Gives it back, once; it must not be read after. */
  release(): void;
}

export interface DataKeyCache {
  /** The data key; null where it is not held. Counts as a use. */
  take(id: string): Lent | null;
  /** True where `take` would give one. */
  has(id: string): boolean;
  /** Keeps a copy of `bytes`. */
  keep(id: string, bytes: Uint8Array): void;
  /** Forgets everything, and zeroes it at once, lent or not. */
  clear(): void;
}

interface Entry {
  readonly bytes: Uint8Array;
  readonly until: number;
  uses: number;
  lent: number;
  /** True: zeroed with the last return. */
  gone: boolean;
}

/** A cache by `dataKeyId`; `now` is the wall clock in milliseconds. */
export function createDataKeyCache(options: CacheOptions, now: () => number): DataKeyCache {
  const { maxEntries = 1000, maxAge = 300_000, maxUses = 10_000 } = options;
  const entries = new Map<string, Entry>();
  /** Gone, but lent. */
  const leaving = new Set<Entry>();
  let sweeper: NodeJS.Timeout | null = null;
  const zeroUnused = (entry: Entry): void => {
    if (!entry.gone) return;
    if (entry.lent > 0) {
      leaving.add(entry);
    } else {
      entry.bytes.fill(0);
      leaving.delete(entry);
    }
  };
  const evict = (id: string): void => {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    entry.gone = true;
    zeroUnused(entry);
  };
  const find = (id: string): Entry | null => {
    const entry = entries.get(id);
    if (entry === undefined) return null;
    if (now() < entry.until) return entry;
    evict(id);
    return null;
  };
  const sweep = (): void => {
    sweeper = null;
    for (const id of [...entries.keys()]) find(id);
    sweepLater();
  };
  // Nobody may ask again: age alone must make a key go. The timer keeps no process alive.
  const sweepLater = (): void => {
    if (sweeper === null && entries.size > 0) sweeper = setTimeout(sweep, Math.min(maxAge, 2 ** 31 - 1)).unref();
  };
  return {
    take: (id) => {
      const entry = find(id);
      if (entry === null) return null;
      entries.delete(id);
      entries.set(id, entry);
      entry.lent++;
      if (++entry.uses >= maxUses) evict(id);
      return {
        bytes: entry.bytes,
        release: () => {
          entry.lent--;
          zeroUnused(entry);
        },
      };
    },
    has: (id) => find(id) !== null,
    keep: (id, bytes) => {
      evict(id);
      // The use that brought it here is its first.
      if (maxUses <= 1) return;
      if (entries.size >= maxEntries) evict(entries.keys().next().value!);
      entries.set(id, { bytes: Uint8Array.from(bytes), until: now() + maxAge, uses: 1, lent: 0, gone: false });
      sweepLater();
    },
    clear: () => {
      for (const id of [...entries.keys()]) evict(id);
      for (const { bytes } of leaving) bytes.fill(0);
      leaving.clear();
      if (sweeper !== null) clearTimeout(sweeper);
      sweeper = null;
    },
  };
}
