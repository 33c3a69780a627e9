// Taking pieces out of a list that a separator joins, as cookies out of their header. Pure.
import { type Edit, removal } from "@fieldseal/core/body";
import type { Span } from "@fieldseal/core/envelope";

const space = 0x20;

/**
 * The edits that remove `pieces` (in order, each from one separator to the next), each with one separator: the one in
 * front of it, or at the beginning of the list the one behind it and the space that follows.
 */
export function removePieces(list: Uint8Array, pieces: readonly Span[]): Edit[] {
  const runs: { start: number; end: number }[] = [];
  for (const { start, end } of pieces) {
    const last = runs.at(-1);
    if (last !== undefined && last.end + 1 === start) last.end = end;
    else runs.push({ start, end });
  }
  return runs.map(({ start, end }) => {
    if (start > 0) return removal(start - 1, end);
    let after = Math.min(end + 1, list.length);
    while (list[after] === space) after++;
    return removal(0, after);
  });
}
