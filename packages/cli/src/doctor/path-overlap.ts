// A path that both a behavior's pattern of CloudFront and a route's path pattern match: the product of two automata, walked
// breadth first. Pure; as many steps as the lengths of both patterns, multiplied.
import type { PathPattern } from "@fieldseal/core/policy";

/** One state of an automaton: where a character leads, and where one goes without any. */
interface State {
  readonly takes?: (char: string) => boolean;
  readonly next?: number;
  readonly loops?: boolean;
  /** States that are reached without a character. */
  readonly also?: readonly number[];
}

/** The shortest path that both match; null where there is none. */
export function sharedPath(pattern: string, route: PathPattern): string | null {
  const ours = statesOfRoute(route);
  const theirs = statesOfPattern(pattern);
  const alphabet = [...new Set([..."/x", ...pattern, ...route.text])].filter((char) => !"*?{}".includes(char));
  const seen = new Set<string>();
  let front: { readonly at: readonly [number, number]; readonly path: string }[] = [{ at: [0, 0], path: "" }];
  while (front.length > 0) {
    const further: typeof front = [];
    for (const { at, path } of front) {
      for (const a of withoutCharacter(theirs, at[0])) {
        for (const b of withoutCharacter(ours, at[1])) {
          if (seen.has(`${a} ${b}`)) continue;
          seen.add(`${a} ${b}`);
          if (a === theirs.length && b === ours.length) return path;
          for (const char of alphabet) {
            for (const i of after(theirs[a], a, char)) {
              for (const j of after(ours[b], b, char)) further.push({ at: [i, j], path: path + char });
            }
          }
        }
      }
    }
    front = further;
  }
  return null;
}

const anything = (): boolean => true;
const notSlash = (char: string): boolean => char !== "/";

/** CloudFront's patterns: `*` for any characters, `?` for one, the leading slash optional, case-sensitive. */
function statesOfPattern(pattern: string): State[] {
  return [...withLeadingSlash(pattern)].map((char, index) => {
    if (char === "*") return { takes: anything, loops: true, also: [index + 1] };
    return { takes: char === "?" ? anything : (other: string) => other === char, next: index + 1 };
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
    const slash = { takes: (char: string) => char === "/", next: start + 1 };
    if (segment.kind === "literal") {
      states.push(slash);
      for (const char of segment.text) states.push({ takes: (other) => other === char, next: states.length + 1 });
      continue;
    }
    // A slash, one character, then more of them; `**` begins again, or takes nothing.
    const isAny = segment.kind === "any";
    states.push(isAny ? { ...slash, also: [start + 3] } : slash, { takes: notSlash, next: start + 2 });
    states.push({ takes: notSlash, loops: true, also: isAny ? [start, start + 3] : [start + 3] });
  }
  return states;
}

function withoutCharacter(states: readonly State[], from: number): Set<number> {
  const reached = new Set([from]);
  for (const at of reached) for (const other of states[at]?.also ?? []) reached.add(other);
  return reached;
}

function after(state: State | undefined, at: number, char: string): number[] {
  if (state?.takes?.(char) !== true) return [];
  return state.loops === true ? [at] : [state.next ?? at];
}
