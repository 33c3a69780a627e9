// Removing values with all that surrounds them: elements, attributes, parts, a whole text. Pure.
import type { Match } from "./match.ts";
import { type Edit, removal } from "./splice.ts";

/** The edits that remove `matches`, none inside another. */
export function removeWhole(matches: readonly Match[]): Edit[] {
  return matches.map(({ outerStart, end, outerEnd = end }) => removal(outerStart, outerEnd));
}
