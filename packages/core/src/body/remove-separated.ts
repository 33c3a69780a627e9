// Removing items of a separated list: JSON members, form pairs. Each run of them goes with one separator. Pure.
import type { Match } from "./match.ts";
import { type Edit, removal } from "./splice.ts";
import { whiteSpace } from "./white-space.ts";

/** The edits that remove `matches` (in order, none inside another), surroundings included. */
export function removeSeparated(body: Uint8Array, matches: readonly Match[], separator: number): Edit[] {
  const edits: Edit[] = [];
  for (let first = 0; first < matches.length; first++) {
    let last = first;
    while (last + 1 < matches.length && isNeighbour(body, matches[last]!, matches[last + 1]!, separator)) last++;
    edits.push(removeRun(body, matches[first]!.outerStart, matches[last]!.end, separator));
    first = last;
  }
  return edits;
}

/** The separator behind a run goes with it; where the run is the last, the one before it. */
function removeRun(body: Uint8Array, start: number, end: number, separator: number): Edit {
  const behind = pastSpace(body, end, 1);
  if (body[behind] === separator) return removal(start, behind + 1);
  const before = pastSpace(body, start - 1, -1);
  return removal(body[before] === separator ? before : start, end);
}

function isNeighbour(body: Uint8Array, match: Match, next: Match, separator: number): boolean {
  const between = pastSpace(body, match.end, 1);
  return body[between] === separator && pastSpace(body, between + 1, 1) === next.outerStart;
}

function pastSpace(body: Uint8Array, from: number, step: 1 | -1): number {
  let at = from;
  while (whiteSpace[body[at]!] === 1) at += step;
  return at;
}
