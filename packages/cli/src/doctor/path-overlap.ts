// A path that both a behavior's pattern of CloudFront and a route's path pattern match: the product of two automata, walked
// breadth first. Pure; as many steps as the lengths of both patterns, multiplied.
import type { PathPattern } from "@fieldseal/core/policy";

/** One state of an automaton: which character it takes and where that leads, and where one goes without any. */
interface State {
  /** The one character that it takes; else any, or any but a slash. */
  readonly char?: string;
  readonly notSlash?: boolean;
  readonly next: number;
  /** States that are reached without a character. */
  readonly also?: readonly number[];
}

/** The shortest path that both match; null where there is none. */
export function sharedPath(pattern: string, route: PathPattern): string | null {
  const theirs = statesOfPattern(pattern);
  const ours = statesOfRoute(route);
  const seen = new Set<number>();
  let front = [{ i: 0, j: 0, path: "" }];
  while (front.length > 0) {
    const further: typeof front = [];
    for (const { i, j, path } of front) {
      for (const a of withoutCharacter(theirs, i)) {
        for (const b of withoutCharacter(ours, j)) {
          const pair = a * (ours.length + 1) + b;
          if (seen.has(pair)) continue;
          seen.add(pair);
          const [one, other] = [theirs[a], ours[b]];
          if (one === undefined && other === undefined) return path;
          if (one === undefined || other === undefined) continue;
          // Where neither wants a certain character, only slashes differ from others.
          for (const char of [one.char ?? other.char ?? ["/", "x"]].flat()) {
            if (takes(one, char) && takes(other, char)) further.push({ i: one.next, j: other.next, path: path + char });
          }
        }
      }
    }
    front = further;
  }
  return null;
}

function takes({ char: wanted, notSlash }: State, char: string): boolean {
  return wanted === undefined ? !(notSlash === true && char === "/") : wanted === char;
}

/** CloudFront's patterns: `*` for any characters, `?` for one, the leading slash optional, case-sensitive. */
function statesOfPattern(pattern: string): State[] {
  return [...withLeadingSlash(pattern)].map((char, index) => {
    if (char === "*") return { next: index, also: [index + 1] };
    return { ...(char === "?" ? {} : { char }), next: index + 1 };
  });
}

/** A pattern as CloudFront reads it: with the slash that every path begins with. */
export function withLeadingSlash(pattern: string): string {
  return pattern.startsWith("/") || pattern.startsWith("*") ? pattern : `/${pattern}`;
}

function statesOfRoute({ segments }: PathPattern): State[] {
  const states: State[] = [];
  for (const segment of segments) {
    const start = states.length;
    const slash = { char: "/", next: start + 1 };
    if (segment.kind === "literal") {
      states.push(slash);
      for (const char of segment.text) states.push({ char, next: states.length + 1 });
      continue;
    }
    // A slash, one character, then more of them; `**` begins again, or takes nothing.
    const isAny = segment.kind === "any";
    states.push(isAny ? { ...slash, also: [start + 3] } : slash, { notSlash: true, next: start + 2 });
    states.push({ notSlash: true, next: start + 2, also: isAny ? [start, start + 3] : [start + 3] });
  }
  return states;
}

function withoutCharacter(states: readonly State[], from: number): Set<number> {
  const reached = new Set([from]);
  for (const at of reached) for (const other of states[at]?.also ?? []) reached.add(other);
  return reached;
}
