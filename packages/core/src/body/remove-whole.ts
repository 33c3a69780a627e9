// Removing values with all that surrounds them: elements, attributes, parts, a whole text. Pure.
import type { Match } from "./match.ts";
import { type Edit, replacement } from "./splice.ts";

const nothing = new Uint8Array(0);

/** The edits that remove `matches`, none inside another. */
export function removeWhole(matches: readonly Match[]): Edit[] {
  return matches.map(({ outerStart, end, outerEnd = end }) => replacement(outerStart, outerEnd, nothing));
}
