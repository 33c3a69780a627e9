// Which of its parent's children of one name an element is: the position that `[0]` and `[-1]` speak of. Pure.
import { sameBytes } from "../bytes/index.ts";
import type { MatchState } from "./match.ts";
import { createNameKeys } from "./name-keys.ts";

/** The names among the children of one element whose positions matter; null before the first. */
export type SiblingGroups = Group[] | null;

/** Children of one name. */
interface Group {
  /** Span of the name where it first occurs. */
  readonly start: number;
  readonly end: number;
  size: number;
  /** How many there are in the end, where that is known and matters. */
  readonly length: number;
  /** Its place in the counts, in a counting pass. */
  readonly ordinal: number;
}

/** The sizes of groups that some selector counts from the end, by the offset of their first names, ascending. */
export interface SiblingCounts {
  readonly starts: number[];
  readonly sizes: number[];
}

export interface SiblingIndex {
  /** Counts a child by its name `bytes[start, end)`, where that matters, and gives its state by name and position. */
  place(named: MatchState, parent: { groups: SiblingGroups }, start: number, end: number): MatchState;
}

// Up to this many names of one parent are compared one by one; beyond, they are hashed.
const maxCompared = 8;

/**
 * Counts siblings in `bytes`. `counts` come from a counting pass; `countInto` makes this one: its states are those of
 * elements at any position.
 */
export function createSiblingIndex(bytes: Uint8Array, counts?: SiblingCounts, countInto?: SiblingCounts): SiblingIndex {
  const keyOf = createNameKeys(bytes);
  const hashed = new WeakMap<Group[], Map<string, Group>>();
  let next = 0;

  function groupOf(
    groups: Group[],
    { start, end }: { readonly start: number; readonly end: number },
  ): Group | undefined {
    for (let i = Math.min(groups.length, maxCompared) - 1; i >= 0; i--) {
      const group = groups[i]!;
      if (sameBytes(bytes, group.start, group.end, bytes, start, end)) return group;
    }
    return groups.length < maxCompared ? undefined : hashed.get(groups)?.get(keyOf(bytes, start, end));
  }

  function newGroup(groups: Group[], named: MatchState, start: number, end: number): Group {
    let length = 0;
    if (named.needsLength && counts !== undefined) {
      while (counts.starts[next]! < start) next++;
      length = counts.sizes[next]!;
    }
    const ordinal = countInto === undefined ? 0 : countInto.starts.push(start) - 1;
    const group = { start, end, size: 0, length, ordinal };
    if (groups.push(group) > maxCompared) {
      if (!hashed.has(groups)) hashed.set(groups, new Map());
      hashed.get(groups)!.set(keyOf(bytes, start, end), group);
    }
    return group;
  }

  return {
    place: (named, parent, start, end) => {
      if (!named.takesIndex) return named;
      if (countInto !== undefined && !named.needsLength) return named.among(-1, 0);
      parent.groups ??= [];
      const { groups } = parent;
      const group = groupOf(groups, { start, end }) ?? newGroup(groups, named, start, end);
      const index = group.size++;
      if (countInto === undefined) return named.among(index, group.length);
      countInto.sizes[group.ordinal] = group.size;
      return named.among(-1, 0);
    },
  };
}
