// Concrete requests and values that stand for what a pattern or a selector means, so that two policies can be compared by
// what they do instead of by how they are written. Pure.
import type { PathPattern, Query, Segment, Selector } from "@fieldseal/core/policy";

/** A step into a document: a member, or an element of an array of `length` elements. */
export type DocumentStep = { readonly name: string } | { readonly index: number; readonly length: number };

const stranger = "x";
const maxWitnesses = 64;

/**
 * Paths that stand for a set of patterns: some of each pattern, and one that lies in each two of them, since the first
 * route that matches decides.
 */
export function pathWitnesses(patterns: readonly PathPattern[]): string[] {
  const segments = patterns.map((pattern) => pattern.segments);
  const own = segments.flatMap((pattern) => [fill(pattern, 0), fill(pattern, 1), fill(pattern, 2)]);
  const shared = segments.flatMap((a, index) => {
    return segments.slice(index + 1).flatMap((b) => {
      const common = intersect(a, b);
      return common === null ? [] : [common];
    });
  });
  return [...new Set([...own, ...shared].map((parts) => `/${parts.join("/")}`))];
}

type PathSegment = PathPattern["segments"][number];

function fill(segments: readonly PathSegment[], repeat: number): string[] {
  return segments.flatMap((segment) => {
    if (segment.kind === "any") return new Array<string>(repeat).fill(stranger);
    return [segment.kind === "literal" ? segment.text : stranger];
  });
}

/** The shortest path that both patterns match; null where there is none. */
function intersect(a: readonly PathSegment[], b: readonly PathSegment[]): string[] | null {
  const known = new Map<number, string[] | null>();
  const from = (i: number, j: number): string[] | null => {
    const key = i * (b.length + 1) + j;
    const found = known.get(key);
    if (found !== undefined) return found;
    const answer = step(i, j);
    known.set(key, answer);
    return answer;
  };
  const step = (i: number, j: number): string[] | null => {
    const [one, other] = [a[i], b[j]];
    if (one === undefined && other === undefined) return [];
    if (one?.kind === "any" || other?.kind === "any") {
      // `**` takes nothing, or one segment of the other side.
      const nothing = one?.kind === "any" ? from(i + 1, j) : from(i, j + 1);
      if (nothing !== null) return nothing;
      const taken = one?.kind === "any" ? other : one;
      if (taken === undefined || taken.kind === "any") return null;
      const rest = one?.kind === "any" ? from(i, j + 1) : from(i + 1, j);
      return rest && [textOf(taken), ...rest];
    }
    if (one === undefined || other === undefined) return null;
    if (one.kind === "literal" && other.kind === "literal" && one.text !== other.text) return null;
    const rest = from(i + 1, j + 1);
    return rest && [one.kind === "literal" ? one.text : textOf(other), ...rest];
  };
  return from(0, 0);
}

function textOf(segment: PathSegment): string {
  return segment.kind === "literal" ? segment.text : stranger;
}

/** Ways into documents that a selector takes: some for each of its steps, at most 64. */
export function valueWitnesses({ segments }: Query): DocumentStep[][] {
  return segments.reduce<DocumentStep[][]>(
    (ways, segment) =>
      ways.flatMap((way) => stepsOf(segment).map((steps) => [...way, ...steps])).slice(0, maxWitnesses),
    [[]],
  );
}

function stepsOf({ selectors, descendant }: Segment): DocumentStep[][] {
  const here = selectors.flatMap(choicesOf).map((step) => [step]);
  if (!descendant) return here;
  const deeper: DocumentStep[] = [{ name: stranger }, { index: 0, length: 1 }];
  return [...here, ...deeper.flatMap((above) => here.map((steps) => [above, ...steps]))];
}

function choicesOf(selector: Selector): DocumentStep[] {
  switch (selector.kind) {
    case "name":
      return [{ name: selector.name }];
    case "index":
      return [element(selector.index)];
    case "slice":
      return [element(selector.start ?? 0)];
    case "wildcard":
      return [{ name: stranger }, { index: 0, length: 1 }, { index: 1, length: 3 }];
  }
}

function element(index: number): DocumentStep {
  return index >= 0 ? { index, length: index + 1 } : { index: 0, length: -index };
}
