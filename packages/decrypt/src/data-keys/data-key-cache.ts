// Unwrapped data keys in memory: bounded in number, age and uses. One that goes is zeroed at once: calls have copies.
import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { checkLimits } from "../limits.ts";
import { copyOfDataKey } from "./key-object.ts";

export interface CacheOptions {
  /** Most data keys; default 1,000. */
  readonly maxEntries?: number;
  /** Milliseconds on the wall clock that a data key is kept; default 300,000. */
  readonly maxAge?: number;
  /** Records that one data key is used for; default 10,000. */
  readonly maxUses?: number;
}

const optionNames: Readonly<Record<keyof CacheOptions, true>> = { maxEntries: true, maxAge: true, maxUses: true };
const ofCache: Named = { what: "the options of a cache", names: optionNames, code: "CONFIG_INVALID" };

export interface DataKeyCache {
  /** A copy of the data key for so many records; null where it is not held. */
  take(id: string, records?: number): Uint8Array | null;
  /** True where `take` would give one. */
  has(id: string): boolean;
  /** Keeps a copy of `bytes`, which so many records use already. */
  keep(id: string, bytes: Uint8Array, records?: number): void;
  /** Forgets everything. */
  clear(): void;
}

interface Entry {
  readonly bytes: Uint8Array;
  readonly until: number;
  uses: number;
}

/** A cache by `dataKeyId`; `now` is the wall clock in milliseconds. @throws {FieldsealError} as `checkLimits`, `refuseUnknownNames` */
export function createDataKeyCache(options: CacheOptions, now: () => number): DataKeyCache {
  refuseUnknownNames(options, ofCache);
  const { maxEntries = 1000, maxAge = 300_000, maxUses = 10_000 } = options;
  checkLimits({ maxEntries, maxAge, maxUses });
  const entries = new Map<string, Entry>();
  let sweeper: NodeJS.Timeout | null = null;
  const evict = (id: string): void => {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    entry.bytes.fill(0);
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
    take: (id, records = 1) => {
      const entry = find(id);
      if (entry === null) return null;
      entries.delete(id);
      entries.set(id, entry);
      const copy = copyOfDataKey(entry.bytes);
      entry.uses += records;
      if (entry.uses >= maxUses) evict(id);
      return copy;
    },
    has: (id) => find(id) !== null,
    keep: (id, bytes, records = 1) => {
      evict(id);
      if (records >= maxUses) return;
      if (entries.size >= maxEntries) evict(entries.keys().next().value!);
      entries.set(id, { bytes: Uint8Array.from(bytes), until: now() + maxAge, uses: records });
      sweepLater();
    },
    clear: () => {
      for (const id of [...entries.keys()]) evict(id);
      if (sweeper !== null) clearTimeout(sweeper);
      sweeper = null;
    },
  };
}
