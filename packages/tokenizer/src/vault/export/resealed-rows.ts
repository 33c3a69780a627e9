// Whether two live rows differ only in the key version that they are sealed under: a rekey came between. I/O: the key ring.
import { timingSafeEqual } from "node:crypto";
import type { DerivedKeys, KeyRing } from "../keys.ts";
import { openSubjectKey } from "../rows/subject-row.ts";
import { openValue } from "../rows/token-content.ts";
import { encodeTokenRow, type TokenRow, tombstone } from "../rows/token-row.ts";

/** True where both S rows of a subject wrap the same key. */
export async function wrapSameKey(
  [a, b]: readonly [Uint8Array, Uint8Array],
  digest: Uint8Array,
  ring: KeyRing,
): Promise<boolean> {
  const keys = [await openSubjectKey(a, digest, ring), await openSubjectKey(b, digest, ring)] as const;
  const same = timingSafeEqual(...keys);
  for (const key of keys) key.fill(0);
  return same;
}

/** True where both T rows of a token say the same and seal the same value. Rows of subjects are never sealed again. */
export async function sealSameValue(
  [a, b]: readonly [TokenRow, TokenRow],
  token: string,
  { ring, keys }: { readonly ring: KeyRing; readonly keys: DerivedKeys },
): Promise<boolean> {
  if (a.subject !== undefined || b.subject !== undefined) return false;
  const [first, second] = [a, b].map((row) => encodeTokenRow(tombstone(row, "lost"), token, keys));
  if (Buffer.compare(first!, second!) !== 0) return false;
  const opened = async (row: TokenRow): Promise<string> =>
    openValue(row, token, (await ring.byVersion(row.keyVersion)).value);
  return (await opened(a)) === (await opened(b));
}
