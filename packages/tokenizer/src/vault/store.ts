// What the vault asks of a store: rows under text keys, and puts that are conditional on one row. I/O behind it.

/** Parts of a key: `GROUP` or `GROUP U+001F MEMBER`. Neither part holds a control character; a key has at most 700 bytes. */
export const memberSeparator = "\u001f";

/** One row: opaque bytes under a key. */
export interface StoreEntry {
  readonly key: string;
  readonly item: Uint8Array;
}

/** A part of a scan, in no promised order. */
export interface StorePage {
  readonly entries: readonly StoreEntry[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

/** Which rows to scan: those whose key begins with `prefix` (two characters, as in `T#`), or the members of one group. */
export type ScanRange = { readonly prefix: string } | { readonly group: string };

/**
 * A durable map with conditional puts. Nothing more is asked: no transaction, no second index.
 * A method that resolves has written durably; one that rejects may or may not have written.
 */
export interface VaultStore {
  /** The row under `key`, as the last resolved put left it. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The rows under `keys`, in their order. */
  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /** Writes the row unless there is one; true if it was written. */
  putIfAbsent(key: string, item: Uint8Array): Promise<boolean>;
  /** `putIfAbsent` for each entry by itself, in their order; of equal keys the first counts. */
  putManyIfAbsent(entries: readonly StoreEntry[]): Promise<boolean[]>;
  /** Replaces the row if it holds exactly the bytes `old`; true if it did. */
  putIfEquals(key: string, item: Uint8Array, old: Uint8Array): Promise<boolean>;
  /** Deletes the row if it holds exactly the bytes `old`; true if it did. */
  deleteIfEquals(key: string, old: Uint8Array): Promise<boolean>;
  /** One page of at most `limit` rows (fewer are no sign of the end), from `after`, a previous page's `next`. */
  scan(range: ScanRange, options: { readonly limit: number; readonly after?: string }): Promise<StorePage>;
  /** Removes what replaced and deleted rows left in the store's own files, where it can. */
  purge?(): Promise<void>;
  close(): Promise<void>;
}

/** The group and the member of a key; a key without separator is a group alone. */
export function splitKey(key: string): { group: string; member: string | undefined } {
  const at = key.indexOf(memberSeparator);
  return at < 0 ? { group: key, member: undefined } : { group: key.slice(0, at), member: key.slice(at + 1) };
}

/** A page of at most `limit` rows in the order of their keys. */
export function pageOf(entries: readonly StoreEntry[], limit: number): StorePage {
  return { entries, ...(entries.length === limit ? { next: entries.at(-1)!.key } : {}) };
}

/** Keys of a range in code-unit order: `from` inclusive, `to` exclusive. For stores that keep their keys sorted. */
export function keyBounds(range: ScanRange): { from: string; to: string } {
  const from = "prefix" in range ? range.prefix : range.group + memberSeparator;
  const last = from.length - 1;
  return { from, to: from.slice(0, last) + String.fromCharCode(from.charCodeAt(last) + 1) };
}
