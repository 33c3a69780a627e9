// Removing values with all that surrounds them: elements, attributes, parts, a whole text. Pure.
import type { Match } from "./match.ts";
import { type Edit, replacement } from "./splice.ts";

const nothing = new Uint8Array(0);

/** The edits that remove `matches` (in order); an attribute goes with its element. */
export function removeWhole(matches: readonly Match[]): Edit[] {
  const edits: Edit[] = [];
  for (const { outerStart, end, outerEnd = end } of matches.toSorted((a, b) => a.outerStart - b.outerStart)) {
    const last = edits.at(-1);
    if (last === undefined || outerStart >= last.end) edits.push(replacement(outerStart, outerEnd, nothing));
  }
  return edits;
}
