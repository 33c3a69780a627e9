// All rows of a range, page by page. I/O.
import type { ScanRange, StoreEntry, VaultStore } from "./store.ts";

const pageLimit = 500;

/** Pages of the rows in `range`; rows written meanwhile may or may not be among them. */
export async function* scanPages(store: VaultStore, range: ScanRange): AsyncGenerator<readonly StoreEntry[]> {
  let after: string | undefined;
  do {
    const { entries, next } = await store.scan(range, { limit: pageLimit, ...(after === undefined ? {} : { after }) });
    if (entries.length > 0) yield entries;
    after = next;
  } while (after !== undefined);
}
