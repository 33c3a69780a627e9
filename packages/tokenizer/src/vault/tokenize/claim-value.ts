// Deterministic values: one H row names the one live token of a value (design of the two puts: docs/vault.md). I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { attempt } from "../../attempt.ts";
import { buryToken, type FoundToken } from "../retire-token.ts";
import { encodeIndexRow, parseIndexRow } from "../rows/index-row.ts";
import { corrupt } from "../rows/row-bytes.ts";
import { indexRowName, sameDigest, tokenRowName } from "../rows/row-names.ts";
import { parseTokenRow, stateAt } from "../rows/token-row.ts";
import { subjectsErased } from "../subject-keys.ts";
import type { VaultContext } from "../vault-context.ts";
import type { TokenJob } from "./token-job.ts";

/** Reads what the H rows of `jobs` name, and settles the jobs whose value has a live token. */
export async function findClaimed(context: VaultContext, jobs: readonly TokenJob[]): Promise<void> {
  const claims = await context.store.getMany(jobs.map((job) => indexRowName(job.index!)));
  const named = jobs.flatMap((job, i) => {
    job.claim = claims[i];
    job.unsettled = false;
    if (claims[i] === undefined) return [];
    const token = attempt(() => parseIndexRow(claims[i]!));
    if (typeof token === "string") return [{ job, token }];
    job.outcome = token;
    return [];
  });
  if (named.length === 0) return;
  const rows = await context.store.getMany(named.map(({ token }) => tokenRowName(token)));
  for (const [i, { job, token }] of named.entries()) {
    try {
      await settleClaimed(context, job, readNamed(context, job, { token, bytes: rows[i] }));
    } catch (error) {
      if (!(error instanceof FieldsealError) || error.code !== "VAULT_CORRUPT") throw error;
      job.outcome = error;
    }
  }
}

/** Writes the H rows of jobs whose tokens are placed: not-exists, or conditional on the dead token that is named. */
export async function claimValues(context: VaultContext, jobs: readonly TokenJob[]): Promise<void> {
  const fresh = jobs.filter((job) => job.claim === undefined);
  const entries = fresh.map((job) => ({ key: indexRowName(job.index!), item: encodeIndexRow(job.placed!.token) }));
  const put = entries.length === 0 ? [] : await context.store.putManyIfAbsent(entries);
  const won = new Set(fresh.filter((_, i) => put[i]));
  for (const job of jobs) {
    if (job.claim === undefined) continue;
    const item = encodeIndexRow(job.placed!.token);
    if (await context.store.putIfEquals(indexRowName(job.index!), item, job.claim)) won.add(job);
  }
  for (const job of won) settleCreated(job);
  const lost = jobs.filter((job) => !won.has(job));
  if (lost.length > 0) await giveWay(context, lost);
}

/** A job's token stands. */
export function settleCreated(job: TokenJob): void {
  job.outcome = { token: job.placed!.token, row: job.placed!.row, created: true };
}

/**
 * A put that was refused may yet have been written: drivers send again after a lost answer, and the second attempt
 * meets the first. So the loser looks whether the row names its own token before it buries it; others may have read it.
 */
async function giveWay(context: VaultContext, jobs: readonly TokenJob[]): Promise<void> {
  const claims = await context.store.getMany(jobs.map((job) => indexRowName(job.index!)));
  for (const [i, job] of jobs.entries()) {
    const claim = claims[i];
    const placed = job.placed!;
    if (claim !== undefined && Buffer.compare(claim, encodeIndexRow(placed.token)) === 0) {
      settleCreated(job);
      continue;
    }
    await buryToken(context, { ...placed, row: { ...placed.row, index: undefined } }, "lost");
    job.placed = undefined;
  }
}

function readNamed(
  { keys }: VaultContext,
  job: TokenJob,
  { token, bytes }: { token: string; bytes: Uint8Array | undefined },
): FoundToken {
  // T rows are written before the H row that names them, and never deleted.
  if (bytes === undefined) throw corrupt();
  const row = parseTokenRow(bytes, token, keys);
  const released = row.state !== "live" && row.index === undefined;
  if (!released && !sameDigest(row.index, job.index)) throw corrupt();
  return { token, row, bytes };
}

async function settleClaimed(context: VaultContext, job: TokenJob, found: FoundToken): Promise<void> {
  const { row, token } = found;
  let state = stateAt(row, context.now());
  const own = sameDigest(row.subject, job.subject);
  if (state === "live" && !own && row.subject !== undefined) {
    const [erased] = await subjectsErased(context, [row.subject]);
    if (erased === true) state = "erased";
  }
  if (state === "live") {
    job.outcome = own
      ? { token, row, created: false }
      : new FieldsealError("TOKEN_OTHER_SUBJECT", "the value's token belongs to another subject, or to none");
    return;
  }
  // Buried before it is replaced, so that a process whose clock is behind cannot hand it out beside the new one.
  if (row.state === "live" && (await buryToken(context, found, state)) === undefined) job.unsettled = true;
}
