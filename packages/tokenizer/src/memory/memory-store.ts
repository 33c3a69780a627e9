// A vault's rows in memory, for tests and development: gone with the process. Pure.
import { keyBounds, pageOf, type VaultStore } from "../vault/store.ts";

/**
 * A store that holds its rows in memory.
 *
 * @example
 * ```ts
 * import { createMemoryStore } from "@fieldseal/tokenizer/memory";
 * const store = createMemoryStore();
 * await store.putIfAbsent("M#a", Uint8Array.of(1)); // true
 * ```
 */
export function createMemoryStore(): VaultStore {
  const rows = new Map<string, Uint8Array>();
  let sorted: string[] | undefined;
  const put = (key: string, item: Uint8Array): boolean => {
    if (rows.has(key)) return false;
    rows.set(key, new Uint8Array(item));
    sorted = undefined;
    return true;
  };
  const holds = (key: string, old: Uint8Array): boolean => {
    const row = rows.get(key);
    return row !== undefined && Buffer.compare(row, old) === 0;
  };
  return {
    get: async (key) => rows.get(key)?.slice(),
    getMany: async (keys) => keys.map((key) => rows.get(key)?.slice()),
    putIfAbsent: async (key, item) => put(key, item),
    putManyIfAbsent: async (entries) => entries.map(({ key, item }) => put(key, item)),
    async putIfEquals(key, item, old) {
      if (!holds(key, old)) return false;
      rows.set(key, new Uint8Array(item));
      return true;
    },
    async deleteIfEquals(key, old) {
      if (!holds(key, old)) return false;
      sorted = undefined;
      return rows.delete(key);
    },
    async scan(range, { limit, after }) {
      const { from, to } = keyBounds(range);
      sorted ??= [...rows.keys()].sort();
      const start = sorted.findIndex((key) => (after === undefined ? key >= from : key > after));
      const keys = start < 0 ? [] : sorted.slice(start, start + limit).filter((key) => key < to);
      const entries = keys.map((key) => ({ key, item: rows.get(key)!.slice() }));
      return pageOf(entries, limit);
    },
    async close() {
      rows.clear();
      sorted = undefined;
    },
  };
}
