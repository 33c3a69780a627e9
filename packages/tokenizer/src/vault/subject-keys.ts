// Subjects' keys for one call of the vault: read for each call and zeroed after it, so that erasure works at once. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { settle } from "../attempt.ts";
import type { RandomDraw } from "./random-draw.ts";
import { corrupt } from "./rows/row-bytes.ts";
import { subjectRowName } from "./rows/row-names.ts";
import { createSubjectKeys, isDestroyed, openSubjectKey } from "./rows/subject-row.ts";
import type { VaultContext } from "./vault-context.ts";

export interface SubjectKeys {
  /** The key of a subject; throws SUBJECT_ERASED where it was destroyed, or what is wrong with its row. */
  get(digest: Uint8Array): Uint8Array;
  /** Overwrites the keys. */
  close(): void;
}

/** Reads the keys of subjects that exist; with `draw`, creates those that do not. */
export async function readSubjectKeys(
  context: VaultContext,
  digests: readonly Uint8Array[],
  draw?: RandomDraw,
): Promise<SubjectKeys> {
  const byName = new Map(digests.map((digest) => [subjectRowName(digest), digest]));
  const rows = await readRows(context, [...byName.keys()]);
  if (draw !== undefined) {
    const missing = [...byName].filter(([name]) => !rows.has(name));
    await createSubjectKeys(
      missing.map(([, digest]) => digest),
      { ...context, draw },
    );
    // Read again: another process may have been first.
    for (const [name, row] of await readRows(
      context,
      missing.map(([name]) => name),
    )) {
      rows.set(name, row);
    }
  }
  const keys = new Map<string, Uint8Array | FieldsealError>();
  for (const [name, row] of rows) {
    // Whoever writes to the store plants a row that is none: it fails its own subject, not the others of the batch.
    if (!isDestroyed(row)) keys.set(name, await settle(openSubjectKey(row, byName.get(name)!, context.ring)));
  }
  return {
    get(digest) {
      const name = subjectRowName(digest);
      const key = keys.get(name);
      if (key instanceof FieldsealError) throw key;
      if (key !== undefined) return key;
      if (!rows.has(name)) throw corrupt();
      throw new FieldsealError("SUBJECT_ERASED", "the subject was erased");
    },
    close() {
      for (const key of keys.values()) if (!(key instanceof FieldsealError)) key.fill(0);
    },
  };
}

/** For each digest, whether the subject's key was destroyed. */
export async function subjectsErased(context: VaultContext, digests: readonly Uint8Array[]): Promise<boolean[]> {
  const names = digests.map(subjectRowName);
  const rows = await readRows(context, [...new Set(names)]);
  return names.map((name) => {
    const row = rows.get(name);
    return row !== undefined && isDestroyed(row);
  });
}

async function readRows(context: VaultContext, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  if (names.length === 0) return new Map();
  const items = await context.store.getMany(names);
  return new Map(names.flatMap((name, i) => (items[i] === undefined ? [] : [[name, items[i]] as const])));
}
