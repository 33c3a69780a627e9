// Counts over all rows of a vault. I/O.
import { rowKinds } from "../rows/row-names.ts";
import { isDestroyed } from "../rows/subject-row.ts";
import { stateAt, type TokenState } from "../rows/token-row.ts";
import { scanPages } from "../scan-rows.ts";
import type { VaultContext } from "../vault-context.ts";
import { readPage } from "./sweep-tokens.ts";

/** Rows of a vault at about one time. */
export interface VaultStats {
  /** Tokens by state; `lost` ones were never handed out. */
  readonly tokens: Readonly<Record<TokenState, number>>;
  /** Live tokens by the name of their format. */
  readonly liveByFormat: Readonly<Record<string, number>>;
  /** Live tokens whose value can be found again. */
  readonly deterministic: number;
  readonly subjects: { readonly live: number; readonly erased: number };
  /** Rows that are not as they were written. */
  readonly corrupt: number;
}

/** Reads every T and S row. */
export async function countRows(context: VaultContext): Promise<VaultStats> {
  const tokens = { live: 0, lost: 0, revoked: 0, expired: 0, erased: 0 };
  const byFormat = new Map<string, number>();
  let deterministic = 0;
  let corrupt = 0;
  for await (const page of scanPages(context.store, { prefix: rowKinds.token })) {
    const found = readPage(context, page);
    corrupt += page.length - found.length;
    for (const { row } of found) {
      const state = stateAt(row, context.now());
      tokens[state]++;
      if (state !== "live") continue;
      byFormat.set(row.format, (byFormat.get(row.format) ?? 0) + 1);
      if (row.index !== undefined) deterministic++;
    }
  }
  const subjects = { live: 0, erased: 0 };
  for await (const page of scanPages(context.store, { prefix: rowKinds.subject })) {
    for (const { item } of page) subjects[isDestroyed(item) ? "erased" : "live"]++;
  }
  return { tokens, liveByFormat: Object.fromEntries(byFormat), deterministic, subjects, corrupt };
}
