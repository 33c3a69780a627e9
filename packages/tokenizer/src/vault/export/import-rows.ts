// Bringing an export in: into an empty store, or into one that shares its history. Repeating it changes nothing. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { attempt } from "../../attempt.ts";
import type { KeyRing } from "../keys.ts";
import { parseIndexRow } from "../rows/index-row.ts";
import { rowKinds, tokenRowName } from "../rows/row-names.ts";
import { isDestroyed } from "../rows/subject-row.ts";
import { parseTokenRow } from "../rows/token-row.ts";
import { type StoreEntry, splitKey, type VaultStore } from "../store.ts";
import { keysOfVault, readVaultKeys, type VaultContext } from "../vault-context.ts";
import { exportKey, invalidExport, openFrame, parseHeader, readFrames } from "./export-frames.ts";
import { sealSameValue, wrapSameKey } from "./resealed-rows.ts";

/** What an import did, in rows. */
export interface ImportReport {
  /** Rows written. */
  written: number;
  /** Rows that were there already, or that a newer state of the store outweighs. */
  kept: number;
}

type ImportContext = Pick<VaultContext, "store" | "ring">;
type Merge = (entry: StoreEntry, existing: Uint8Array) => Promise<boolean>;

/**
 * Writes the rows of an export. The end of a life outweighs life, wherever it stands: a revoked token or an erased
 * subject does not come back.
 */
export async function importRows(
  { store, ring }: ImportContext,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<ImportReport> {
  const report = { written: 0, kept: 0 };
  for await (const rows of openExport(ring, chunks)) {
    for (const group of byKind(rows)) {
      const written = await writeRows({ store, ring }, group);
      report.written += written;
      report.kept += group.length - written;
    }
  }
  return report;
}

async function* openExport(
  ring: KeyRing,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<StoreEntry[]> {
  const frames = readFrames(chunks);
  const first = await frames.next();
  if (first.done === true) throw invalidExport();
  const header = parseHeader(first.value);
  const key = exportKey(await ring.byVersion(header.version), header);
  let sequence = 0;
  let ended = false;
  try {
    for await (const frame of frames) {
      if (ended) throw invalidExport();
      const rows = openFrame(frame, { key, header, sequence: sequence++ });
      if (rows === undefined) ended = true;
      else yield rows;
    }
  } finally {
    key.fill(0);
  }
  if (!ended) throw invalidExport();
}

/** Runs of rows of one kind, in their order. */
function byKind(rows: readonly StoreEntry[]): StoreEntry[][] {
  const groups: StoreEntry[][] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    if (group?.[0]?.key.slice(0, 2) === row.key.slice(0, 2)) group.push(row);
    else groups.push([row]);
  }
  return groups;
}

async function writeRows(context: ImportContext, rows: StoreEntry[]): Promise<number> {
  const { store, ring } = context;
  const kind = rows[0]!.key.slice(0, 2);
  const merge = merges[kind];
  if (merge === undefined) throw invalidExport();
  // Else a vault would be begun that these keys never open.
  if (kind === rowKinds.vault) await Promise.all(rows.map(({ item }) => keysOfVault(item, ring)));
  const fit = kind === rowKinds.index || kind === rowKinds.member ? await ofLiveTokens(context, rows) : rows;
  const put = await store.putManyIfAbsent(fit);
  let written = put.filter(Boolean).length;
  const refused = fit.filter((_, i) => put[i] !== true);
  const existing = await store.getMany(refused.map(({ key }) => key));
  const decide = await merge(context);
  for (const [i, entry] of refused.entries()) {
    if (await settleRow(store, entry, { existing: existing[i], decide })) written++;
  }
  return written;
}

// Each round settles a row unless another process changes it in the same moment, which contradicts nothing.
const maxRounds = 16;

interface Settling {
  /** The row as it was read first. */
  readonly existing: Uint8Array | undefined;
  readonly decide: Merge;
}

/** True where the entry was written. */
async function settleRow(store: VaultStore, entry: StoreEntry, { existing, decide }: Settling): Promise<boolean> {
  const { key, item } = entry;
  let there = existing;
  for (let round = 0; round < maxRounds; round++) {
    if (there === undefined) {
      if (await store.putIfAbsent(key, item)) return true;
    } else {
      if (Buffer.compare(there, item) === 0 || !(await decide(entry, there))) return false;
      if (await store.putIfEquals(key, item, there)) return true;
    }
    there = await store.get(key);
  }
  throw new FieldsealError("VAULT_UNAVAILABLE", "others keep changing a row of the export", { retryable: true });
}

/**
 * H and U rows of tokens that live here: those of an erased person's would bring back what erasure took away. One that
 * cannot be read stays as it is, so that its value is refused here as it is there.
 */
async function ofLiveTokens({ store, ring }: ImportContext, rows: StoreEntry[]): Promise<StoreEntry[]> {
  const keys = await readVaultKeys(store, ring);
  const tokens = rows.map(({ key, item }) => splitKey(key).member ?? attempt(() => parseIndexRow(item)));
  const named = tokens.filter((token) => typeof token === "string");
  const items = await store.getMany(named.map(tokenRowName));
  const found = new Map(named.map((token, i) => [token, items[i]]));
  return rows.filter((_, i) => {
    const token = tokens[i]!;
    if (token instanceof FieldsealError) return true;
    const bytes = found.get(token);
    const row = bytes && attempt(() => parseTokenRow(bytes, token, keys));
    return row instanceof FieldsealError || row?.state === "live";
  });
}

// For a row that differs from the one in the store: true writes it, false keeps what is there, VAULT_IMPORT_CONFLICT neither.
// An end outweighs a life, and of two rows that a rekey has set apart the one that is there stays.
const merges: Readonly<Record<string, (context: ImportContext) => Promise<Merge>>> = {
  [rowKinds.vault]: async () => async () => {
    throw conflict();
  },
  [rowKinds.member]: async () => async () => false,
  [rowKinds.subject]:
    async ({ ring }) =>
    async ({ key, item }, existing) => {
      if (isDestroyed(item) || isDestroyed(existing)) return !isDestroyed(existing);
      const digest = new Uint8Array(Buffer.from(key.slice(rowKinds.subject.length), "base64url"));
      return !(await wrapSameKey([item, existing], digest, ring)) && neither();
    },
  [rowKinds.token]: async ({ store, ring }) => {
    const keys = await readVaultKeys(store, ring);
    return async ({ key, item }, existing) => {
      const token = key.slice(rowKinds.token.length);
      const rows = [parseTokenRow(item, token, keys), parseTokenRow(existing, token, keys)] as const;
      if (rows.some(({ state }) => state !== "live")) return rows[1].state === "live";
      return !(await sealSameValue(rows, token, { ring, keys })) && neither();
    };
  },
  [rowKinds.index]: async ({ store, ring }) => {
    const keys = await readVaultKeys(store, ring);
    const dead = async (row: Uint8Array): Promise<boolean> => {
      const token = parseIndexRow(row);
      const bytes = await store.get(tokenRowName(token));
      return bytes === undefined || parseTokenRow(bytes, token, keys).state !== "live";
    };
    return async ({ item }, existing) => !(await dead(item)) && ((await dead(existing)) || neither());
  },
};

function neither(): never {
  throw conflict();
}

function conflict(): FieldsealError {
  return new FieldsealError("VAULT_IMPORT_CONFLICT", "the vault holds a row that contradicts the export");
}
