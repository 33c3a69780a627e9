// Erasing a person: the subject's key is destroyed first, which ends all of it at once; then the rows are cleared. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { attempt } from "../../attempt.ts";
import { retireToken } from "../retire-token.ts";
import { memberGroup, sameDigest, subjectDigest, subjectRowName, tokenRowName } from "../rows/row-names.ts";
import { destroyedSubjectRow, isDestroyed } from "../rows/subject-row.ts";
import { parseTokenRow } from "../rows/token-row.ts";
import { scanPages } from "../scan-rows.ts";
import { splitKey } from "../store.ts";
import type { VaultContext } from "../vault-context.ts";

/**
 * Destroys the subject's key, then turns its tokens into tombstones and deletes their H rows; the number of tokens
 * whose life this ended. May be repeated, and goes on where a crash stopped it. A row that is not as it was written is
 * told once all others are done: nobody may keep a subject's traces by spoiling one of them.
 */
export async function eraseSubject(context: VaultContext, tenant: string, subject: string): Promise<number> {
  const { store, keys } = context;
  const digest = subjectDigest(keys, tenant, subject);
  await destroyKey(context, subjectRowName(digest));
  let erased = 0;
  let spoiled: FieldsealError | null = null;
  for await (const page of scanPages(store, { group: memberGroup(digest) })) {
    const tokens = page.map(({ key }) => splitKey(key).member!);
    const rows = await store.getMany(tokens.map(tokenRowName));
    for (const [i, { key, item }] of page.entries()) {
      const token = tokens[i]!;
      const bytes = rows[i];
      const row = bytes && attempt(() => parseTokenRow(bytes, token, keys));
      if (row instanceof FieldsealError) {
        spoiled = row;
        continue;
      }
      // A token that was drawn and not placed has no T row, or one that is another's: it was taken.
      if (row !== undefined && sameDigest(row.subject, digest)) {
        if (await retireToken(context, { token, row, bytes: bytes! }, "erased")) erased++;
      }
      await store.deleteIfEquals(key, item);
    }
  }
  await store.purge?.();
  if (spoiled !== null) throw spoiled;
  return erased;
}

async function destroyKey({ store }: VaultContext, name: string): Promise<void> {
  for (;;) {
    const row = await store.get(name);
    if (row === undefined) {
      // A subject that was never seen is closed as well: a call that is on its way must not begin it now.
      if (await store.putIfAbsent(name, destroyedSubjectRow)) return;
    } else if (isDestroyed(row) || (await store.putIfEquals(name, destroyedSubjectRow, row))) return;
  }
}
