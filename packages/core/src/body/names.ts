// Names that repeat where there are no arrays (forms, multipart, query strings): base names and their order. Pure.
import { byteTable, sameBytes } from "../bytes/index.ts";
import type { MatchState } from "./match.ts";
import { createNameKeys } from "./name-keys.ts";

/** Takes the decoded name `bytes[start, end)`. */
export type TakesName<T> = (bytes: Uint8Array, start: number, end: number) => T;

const openBracket = 0x5b;
// Where some server parts a name into keys, cuts it (NUL, PHP), or reads on behind it (`?` before the first pair, `!` of
// Spring's defaults, a byte order mark).
const bounds: Uint8Array = byteTable(..."\0!\"#'.?[]\xef\xbb\xbf");

interface Counter {
  total: number;
  seen: number;
}

/** The states of values by their names, brackets included. */
export interface NameWalk {
  /** The state of the next value of the body. */
  readonly next: TakesName<MatchState>;
  /** The state of a name, whichever of its values is meant. */
  readonly named: TakesName<MatchState>;
}

/**
 * Walks the values of `body` in order. A name counts as what is before its first bracket, as servers that build arrays
 * from brackets see it; where no selector is for that, as the keys in it, one below the other, and then as a whole.
 * `eachName` visits all names of the body; it is asked only where a selector counts from the end.
 */
export function createNameWalk(
  root: MatchState,
  body: Uint8Array,
  eachName: (visit: TakesName<void>) => void,
): NameWalk {
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
  /** What counts as the name of the last state ends here. */
  let stop = 0;
  const takenApart = (bytes: Uint8Array, start: number, end: number, known: MatchState | null): MatchState => {
    let state = root;
    let from = start;
    for (stop = start; stop <= end && state.live; stop++) {
      if (stop < end && bounds[bytes[stop]!] === 0) continue;
      if (stop > from) {
        state = state.member(bytes, from, stop);
        if (isMeant(state) && state !== known) return state;
      }
      from = stop + 1;
    }
    stop = end;
    return root.member(bytes, start, end);
  };
  const named: TakesName<MatchState> = (bytes, start, end) => {
    stop = boundFrom(bytes, start, end);
    if (stop === end) return root.member(bytes, start, end);
    stop = baseEnd(bytes, start, end);
    const base = root.member(bytes, start, stop);
    return isMeant(base) ? base : takenApart(bytes, start, end, null);
  };
  if (root.countsLengths) {
    eachName((bytes, start, end) => {
      if (named(bytes, start, end).needsLength) counterOf(bytes, start, stop).total++;
    });
  }
  const next: TakesName<MatchState> = (bytes, start, end) => {
    const state = named(bytes, start, end);
    if (!state.takesIndex) return state;
    const counter = counterOf(bytes, start, stop);
    const placed = state.among(counter.seen++, counter.total);
    if (placed.notedKinds !== 0 || boundFrom(bytes, start, end) === end) return placed;
    // Rules are for other positions of the name: what another reading leads others to is taken, wherever it counts.
    const { selects } = state.among(-1, 0);
    const other = takenApart(bytes, start, end, state).among(-1, 0);
    return [...other.selects, ...other.variants].every((rule) => selects.includes(rule)) ? placed : other;
  };
  return { next, named };
}

const isMeant = ({ notedKinds, takesIndex }: MatchState): boolean => notedKinds !== 0 || takesIndex;

function boundFrom(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && bounds[bytes[i]!] === 0) i++;
  return i;
}

function baseEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start + 1;
  while (i < end && bytes[i] !== openBracket) i++;
  return Math.min(i, end);
}
