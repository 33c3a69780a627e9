// T rows of new tokens: draw, seal, put where no row is. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { attempt } from "../../attempt.ts";
import type { RandomDraw } from "../random-draw.ts";
import { memberRowName, tokenRowName } from "../rows/row-names.ts";
import { sealContent } from "../rows/token-content.ts";
import { encodeTokenRow, type TokenRow } from "../rows/token-row.ts";
import type { SubjectKeys } from "../subject-keys.ts";
import { callFormat, isTokenText, isTooLong, type TokenScope } from "../token-options.ts";
import type { VaultContext } from "../vault-context.ts";
import type { TokenJob } from "./token-job.ts";

export interface Placing {
  readonly scope: TokenScope;
  /** Keyed digest of the tenant. */
  readonly tenant: Uint8Array;
  readonly subjects: SubjectKeys;
  readonly draw: RandomDraw;
  /** Draws for one value before the space counts as exhausted. */
  readonly maxDraws: number;
}

/** Gives each job a token that no row had before; TOKEN_SPACE_EXHAUSTED for those whose every draw was taken. */
export async function placeTokens(context: VaultContext, jobs: readonly TokenJob[], placing: Placing): Promise<void> {
  const { version, keys } = await context.ring.current();
  let open = jobs;
  for (let draws = 0; draws < placing.maxDraws && open.length > 0; draws++) {
    for (const job of open) {
      const placed = attempt(() => buildRow(context, job, { ...placing, version, valueKey: keys.value }));
      if (placed instanceof FieldsealError) job.outcome = placed;
      else job.placed = placed;
    }
    const drawn = open.filter((job) => job.placed !== undefined);
    // First the row by which the subject's erasure finds the token: a crash must not leave one that it misses.
    const members = drawn.flatMap(({ subject, placed }) =>
      subject === undefined ? [] : [{ key: memberRowName(subject, placed!.token), item: memberItem }],
    );
    if (members.length > 0) await context.store.putManyIfAbsent(members);
    const entries = drawn.map(({ placed }) => ({ key: tokenRowName(placed!.token), item: placed!.bytes }));
    const put = entries.length === 0 ? [] : await context.store.putManyIfAbsent(entries);
    for (const [i, job] of drawn.entries()) if (put[i] !== true) job.placed = undefined;
    open = open.filter((job) => job.placed === undefined && job.outcome === undefined);
  }
  for (const job of open) {
    job.outcome = new FieldsealError("TOKEN_SPACE_EXHAUSTED", "every token drawn for the value was in use");
  }
}

/** The item of a U row, whose key says everything. */
const memberItem: Uint8Array = Uint8Array.of(1);

function buildRow(
  context: VaultContext,
  job: TokenJob,
  { scope, tenant, subjects, draw, version, valueKey }: Placing & { version: string; valueKey: Uint8Array },
): TokenJob["placed"] {
  const token = callFormat(() => scope.format.draw(job.value, draw.below));
  if (isTooLong(token)) throw new FieldsealError("VALUE_TOO_LONG", "a token of the value's length is none of a vault");
  if (!isTokenText(token)) throw new FieldsealError("VAULT_FORMAT_INVALID", "the format drew what cannot be a token");
  // A token that happens to be the value would stand in clear wherever tokens go: not placed, drawn again.
  if (token === job.value) return undefined;
  const { ttl, metadata } = job.options;
  const createdAt = context.now();
  const place = { format: scope.format.name, tenant, subject: job.subject, keyVersion: version };
  const base = job.subject === undefined ? valueKey : subjects.get(job.subject);
  const row: TokenRow = {
    ...place,
    ...sealContent({ value: job.value, metadata }, { ...place, token }, { base, draw }),
    state: "live",
    index: job.index,
    createdAt,
    expiresAt: ttl === undefined ? undefined : createdAt + ttl,
  };
  return { token, row, bytes: encodeTokenRow(row, token, context.keys) };
}
