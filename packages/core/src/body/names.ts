// Names that repeat where there are no arrays (forms, multipart, query strings): base names and their order. Pure.
import type { MatchState } from "./match.ts";

/** Takes the decoded name `bytes[start, end)`. */
export type TakesName<T> = (bytes: Uint8Array, start: number, end: number) => T;

const openBracket = 0x5b;

/**
 * Walks the values of a body in order: each call takes the name of the next one, brackets included, and gives its state.
 * A name counts as what is before its first bracket, as servers that build arrays from brackets see it.
 * `eachName` visits all names of the body; it is asked only where a selector counts from the end.
 */
export function createNameWalk(root: MatchState, eachName: (visit: TakesName<void>) => void): TakesName<MatchState> {
  const totals = new Map<string, number>();
  if (root.countsLengths) {
    eachName((bytes, start, end) => {
      count(totals, keyOf(bytes, start, baseEnd(bytes, start, end)));
    });
  }
  const seen = new Map<string, number>();
  return (bytes, start, end) => {
    const stop = baseEnd(bytes, start, end);
    const named = root.member(bytes, start, stop);
    if (!named.takesIndex) return named;
    const key = keyOf(bytes, start, stop);
    return named.among(count(seen, key), totals.get(key) ?? 0);
  };
}

function baseEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start + 1;
  while (i < end && bytes[i] !== openBracket) i++;
  return Math.min(i, end);
}

/** Counts a name; returns how often it has been counted before. */
function count(counts: Map<string, number>, key: string): number {
  const before = counts.get(key) ?? 0;
  counts.set(key, before + 1);
  return before;
}

const decoder = new TextDecoder("latin1");
/** Another text for other bytes: names that are no UTF-8 must not be taken for one another. */
const keyOf: TakesName<string> = (bytes, start, end) => decoder.decode(bytes.subarray(start, end));
