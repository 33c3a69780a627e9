// Names that repeat where there are no arrays (forms, multipart, query strings): base names and their order. Pure.
import { sameBytes } from "../bytes/index.ts";
import type { MatchState } from "./match.ts";
import { createNameKeys } from "./name-keys.ts";

/** Takes the decoded name `bytes[start, end)`. */
export type TakesName<T> = (bytes: Uint8Array, start: number, end: number) => T;

const openBracket = 0x5b;

interface Counter {
  total: number;
  seen: number;
}

/**
 * Walks the values of `body` in order: each call takes the name of the next one, brackets included, and gives its state.
 * A name counts as what is before its first bracket, as servers that build arrays from brackets see it.
 * `eachName` visits all names of the body; it is asked only where a selector counts from the end.
 */
export function createNameWalk(
  root: MatchState,
  body: Uint8Array,
  eachName: (visit: TakesName<void>) => void,
): TakesName<MatchState> {
  const keyOf = createNameKeys(body);
  const counters = new Map<string, Counter>();
  // Values of one name mostly stand together.
  let last = { start: 0, end: -1, counter: { total: 0, seen: 0 } };
  const counterOf = (bytes: Uint8Array, start: number, end: number): Counter => {
    if (bytes === body && sameBytes(body, last.start, last.end, body, start, end)) return last.counter;
    const key = keyOf(bytes, start, end);
    const counter = counters.get(key) ?? { total: 0, seen: 0 };
    if (counter.total === 0 && counter.seen === 0) counters.set(key, counter);
    if (bytes === body) last = { start, end, counter };
    return counter;
  };
  if (root.countsLengths) {
    eachName((bytes, start, end) => {
      const stop = baseEnd(bytes, start, end);
      if (root.member(bytes, start, stop).needsLength) counterOf(bytes, start, stop).total++;
    });
  }
  return (bytes, start, end) => {
    const stop = baseEnd(bytes, start, end);
    const named = root.member(bytes, start, stop);
    if (!named.takesIndex) return named;
    const counter = counterOf(bytes, start, stop);
    return named.among(counter.seen++, counter.total);
  };
}

function baseEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start + 1;
  while (i < end && bytes[i] !== openBracket) i++;
  return Math.min(i, end);
}
