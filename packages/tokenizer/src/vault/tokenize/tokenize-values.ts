// From values to tokens, one or many: two conditional one-item puts for each (docs/vault.md, Tokenizing). I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { attempt } from "../../attempt.ts";
import { createRandomDraw, type RandomDraw } from "../random-draw.ts";
import { retireToken } from "../retire-token.ts";
import { encodeIndexRow } from "../rows/index-row.ts";
import { indexDigest, indexRowName, subjectDigest, tenantDigest } from "../rows/row-names.ts";
import { readSubjectKeys, subjectsErased } from "../subject-keys.ts";
import { checkValueOptions, normalizeValue, type TokenScope, type VaultItem } from "../token-options.ts";
import type { VaultContext } from "../vault-context.ts";
import { claimValues, findClaimed, settleCreated } from "./claim-value.ts";
import { placeTokens } from "./place-token.ts";
import type { SettledToken, TokenJob } from "./token-job.ts";

export interface TokenizeRequest {
  readonly scope: TokenScope;
  readonly deterministic: boolean;
  readonly maxDraws: number;
}

// Each round settles a value unless another process revokes or replaces its token in the same moment.
const maxRounds = 16;

/** A settled token or a coded error for each item, in their order; rejects only where the store or a key source fails. */
export async function tokenizeValues(
  context: VaultContext,
  items: readonly VaultItem[],
  request: TokenizeRequest,
): Promise<(SettledToken | FieldsealError)[]> {
  const jobs = items.map((item) => attempt(() => createJob(context, item, request)));
  const unique = uniqueJobs(jobs.filter((job): job is TokenJob => !(job instanceof FieldsealError)));
  const draw = createRandomDraw(context.random);
  try {
    await settleJobs(context, [...new Set(unique.values())], { ...request, draw });
  } finally {
    draw.close();
  }
  const handedOut = new Set<TokenJob>();
  return jobs.map((job) => {
    if (job instanceof FieldsealError) return job;
    const first = unique.get(job)!;
    const outcome = first.outcome!;
    if (outcome instanceof FieldsealError || !handedOut.has(first)) {
      handedOut.add(first);
      return outcome;
    }
    return { ...outcome, created: false };
  });
}

function createJob({ keys }: VaultContext, item: VaultItem, { scope, deterministic }: TokenizeRequest): TokenJob {
  checkValueOptions(item);
  const { format, tenant } = scope;
  const value = normalizeValue(format, item.value);
  return {
    value,
    options: item,
    subject: item.subject === undefined ? undefined : subjectDigest(keys, tenant, item.subject),
    index: deterministic ? indexDigest(keys, { format: format.name, tenant, value }) : undefined,
    claim: undefined,
    unsettled: false,
    placed: undefined,
    outcome: undefined,
  };
}

/**
 * For each job the first one of the same deterministic value and subject: within a batch, too, a value gets one token.
 * What another subject's job meets is that one's own affair: both ask the store, and the later one is refused there.
 */
function uniqueJobs(jobs: readonly TokenJob[]): Map<TokenJob, TokenJob> {
  const firsts = new Map<string, TokenJob>();
  return new Map(
    jobs.map((job) => {
      if (job.index === undefined) return [job, job];
      // Digests have one length.
      const name = Buffer.concat([job.index, job.subject ?? new Uint8Array(0)]).toString("latin1");
      const first = firsts.get(name) ?? job;
      firsts.set(name, first);
      return [job, first];
    }),
  );
}

async function settleJobs(
  context: VaultContext,
  jobs: readonly TokenJob[],
  { scope, maxDraws, draw }: TokenizeRequest & { draw: RandomDraw },
): Promise<void> {
  const digests = jobs.flatMap(({ subject }) => (subject === undefined ? [] : [subject]));
  const subjects = await readSubjectKeys(context, digests, draw);
  const placing = { scope, tenant: tenantDigest(context.keys, scope.tenant), subjects, draw, maxDraws };
  try {
    for (const job of jobs) {
      if (job.subject === undefined) continue;
      const key = attempt(() => subjects.get(job.subject!));
      if (key instanceof FieldsealError) job.outcome = key;
    }
    for (let round = 0; round < maxRounds; round++) {
      const open = jobs.filter((job) => job.outcome === undefined);
      if (open.length === 0) break;
      const indexed = open.filter((job) => job.index !== undefined);
      if (indexed.length > 0) await findClaimed(context, indexed);
      const ready = open.filter((job) => job.outcome === undefined && !job.unsettled);
      await placeTokens(context, ready, placing);
      const placed = ready.filter((job) => job.placed !== undefined);
      for (const job of placed) if (job.index === undefined) settleCreated(job);
      const claiming = placed.filter((job) => job.index !== undefined);
      if (claiming.length > 0) await claimValues(context, claiming);
    }
  } finally {
    subjects.close();
  }
  for (const job of jobs) {
    job.outcome ??= new FieldsealError("VAULT_UNAVAILABLE", "others keep changing the value's token", {
      retryable: true,
    });
  }
  await withdrawErased(context, jobs);
}

/**
 * A subject may have been erased since its key was read. Its key is gone, so the new row can never be opened; but the
 * erasure may have passed before this call's rows were there, so this call takes them away itself.
 */
async function withdrawErased(context: VaultContext, jobs: readonly TokenJob[]): Promise<void> {
  const created = jobs.filter(({ subject, placed, outcome }) => {
    return subject !== undefined && placed !== undefined && !(outcome instanceof FieldsealError);
  });
  if (created.length === 0) return;
  const erased = await subjectsErased(
    context,
    created.map((job) => job.subject!),
  );
  for (const [i, job] of created.entries()) {
    if (erased[i] !== true) continue;
    const { token } = job.placed!;
    await retireToken(context, job.placed!, "erased");
    // The erasure may have buried the token before this call's H row was there; the tombstone then no longer knows of it.
    if (job.index !== undefined) await context.store.deleteIfEquals(indexRowName(job.index), encodeIndexRow(token));
    job.outcome = new FieldsealError("SUBJECT_ERASED", "the subject was erased");
  }
}
