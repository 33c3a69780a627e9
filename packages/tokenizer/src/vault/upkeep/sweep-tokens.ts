// Upkeep over all T rows: tombstones for what has expired, and what crashes left half done. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { attempt } from "../../attempt.ts";
import { type FoundToken, releaseValue, retireToken } from "../retire-token.ts";
import { parseIndexRow } from "../rows/index-row.ts";
import { rowKinds, tokenRowName } from "../rows/row-names.ts";
import { parseTokenRow, stateAt } from "../rows/token-row.ts";
import { scanPages } from "../scan-rows.ts";
import type { StoreEntry } from "../store.ts";
import { subjectsErased } from "../subject-keys.ts";
import type { VaultContext } from "../vault-context.ts";

/** What a sweep did, in rows. */
export interface SweepReport {
  /** Expired tokens turned into tombstones. */
  expired: number;
  /** Tokens of erased subjects turned into tombstones. */
  erased: number;
  /** Revocations and erasures finished that a crash had left half done. */
  finished: number;
  /** Rows that are not as they were written; they were left alone. */
  corrupt: number;
}

/** Turns expired tokens into tombstones, which stay: no token is ever handed out twice. */
export async function sweepTokens(context: VaultContext): Promise<SweepReport> {
  const report = { expired: 0, erased: 0, finished: 0, corrupt: 0 };
  for await (const page of scanPages(context.store, { prefix: rowKinds.token })) {
    const found = readPage(context, page);
    report.corrupt += page.length - found.length;
    const owned = found.filter(({ row }) => row.state === "live" && row.subject !== undefined);
    const gone = await subjectsErased(
      context,
      owned.map(({ row }) => row.subject!),
    );
    const erased = new Set(owned.filter((_, i) => gone[i]));
    for (const one of found) {
      const state = erased.has(one) ? "erased" : stateAt(one.row, context.now());
      if (one.row.state === "live" && (state === "expired" || state === "erased")) {
        if (await retireToken(context, one, state)) report[state]++;
      } else if (one.row.state !== "live" && one.row.index !== undefined) {
        await releaseValue(context, one);
        report.finished++;
      }
    }
  }
  await releaseValues(context, report);
  return report;
}

/** Deletes the H rows that name dead tokens: a call that was killed may have written one behind its token's end. */
async function releaseValues({ store, keys }: VaultContext, report: SweepReport): Promise<void> {
  for await (const page of scanPages(store, { prefix: rowKinds.index })) {
    const tokens = page.map(({ item }) => attempt(() => parseIndexRow(item)));
    const named = tokens.filter((token) => typeof token === "string");
    const rows = await store.getMany(named.map(tokenRowName));
    const dead = new Set(
      named.filter((token, i) => {
        const row = attempt(() => parseTokenRow(rows[i] ?? new Uint8Array(0), token, keys));
        if (row instanceof FieldsealError) report.corrupt++;
        return !(row instanceof FieldsealError) && row.state !== "live";
      }),
    );
    report.corrupt += tokens.length - named.length;
    for (const [i, { key, item }] of page.entries()) {
      const token = tokens[i]!;
      if (typeof token === "string" && dead.has(token) && (await store.deleteIfEquals(key, item))) report.finished++;
    }
  }
}

/** The T rows of a page that are as they were written. */
export function readPage({ keys }: VaultContext, page: readonly StoreEntry[]): FoundToken[] {
  return page.flatMap(({ key, item }) => {
    const token = key.slice(rowKinds.token.length);
    const row = attempt(() => parseTokenRow(item, token, keys));
    return row instanceof FieldsealError ? [] : [{ token, row, bytes: item }];
  });
}
