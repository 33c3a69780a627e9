// Comparison of spans, byte by byte and without copies. Not for secrets: it stops at the first difference. Pure.

/** True where `a[aStart, aEnd)` and `b[start, end)` are the same bytes. */
export function sameBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (aEnd - aStart !== end - start) return false;
  for (let k = 0; start + k < end; k++) if (a[aStart + k] !== b[start + k]) return false;
  return true;
}
