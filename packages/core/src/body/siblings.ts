// Which of its parent's children of one name an element is: the position that `[0]` and `[-1]` speak of. Pure.
import { looseText, sameBytes } from "../bytes/index.ts";
import type { MatchState } from "./match.ts";

/** The names that have occurred among the children of one element. */
export interface SiblingGroups {
  byName: Map<string, Group> | null;
  /** The group that grew last: siblings of one name mostly stand together. */
  last: Group | null;
}

interface Group {
  /** Span of the name where it first occurs. */
  readonly start: number;
  readonly end: number;
  /** Among all groups of the document, in the order in which their first members occur. */
  readonly ordinal: number;
  size: number;
}

export interface SiblingIndex {
  /** Counts a child by its name `bytes[start, end)`, where that matters, and gives its state by name and position. */
  place(named: MatchState, siblings: SiblingGroups, bytes: Uint8Array, start: number, end: number): MatchState;
  /** The parent of these groups has ended. */
  leave(groups: SiblingGroups): void;
}

export function noGroups(): SiblingGroups {
  return { byName: null, last: null };
}

/** `counts` are group sizes from a counting pass, which wrote them to `countInto`. */
export function createSiblingIndex(counts?: readonly number[], countInto?: number[]): SiblingIndex {
  const countsAll = counts !== undefined || countInto !== undefined;
  let groups = 0;

  function groupOf(siblings: SiblingGroups, bytes: Uint8Array, start: number, end: number): Group {
    const { last } = siblings;
    if (last !== null && sameBytes(bytes, last.start, last.end, bytes, start, end)) return last;
    const name = looseText(bytes, start, end);
    siblings.byName ??= new Map();
    const known = siblings.byName.get(name);
    if (known !== undefined) return known;
    const group = { start, end, ordinal: groups++, size: 0 };
    siblings.byName.set(name, group);
    return group;
  }

  return {
    place: (named, siblings, bytes, start, end) => {
      if (!countsAll && !named.takesIndex) return named;
      const group = groupOf(siblings, bytes, start, end);
      siblings.last = group;
      const index = group.size++;
      return named.takesIndex ? named.among(index, counts?.[group.ordinal] ?? 0) : named;
    },
    leave: ({ byName }) => {
      if (countInto === undefined || byName === null) return;
      for (const { ordinal, size } of byName.values()) countInto[ordinal] = size;
    },
  };
}
