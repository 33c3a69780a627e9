// Path patterns of routes: `*` one segment, `**` any number, `{name}` a named segment. Pure, at most quadratic in the
// number of segments, which a URL limits.
import { foldPath } from "./path-folding.ts";

export interface PathPattern {
  readonly text: string;
  readonly segments: readonly PathSegment[];
  /** The pattern for folded paths: its literal segments folded as paths are. */
  readonly folded: readonly PathSegment[];
}

export type PathSegment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "one"; readonly name: string | null }
  | { readonly kind: "any" };

/** Parses a pattern; null where its syntax is wrong. */
export function parsePathPattern(text: string): PathPattern | null {
  if (!text.startsWith("/")) return null;
  const segments: PathSegment[] = [];
  const names = new Set<string>();
  for (const part of text.slice(1).split("/")) {
    const name = /^\{([A-Za-z_][A-Za-z0-9_-]*)\}$/.exec(part)?.[1];
    if (part === "**") segments.push({ kind: "any" });
    else if (part === "*") segments.push({ kind: "one", name: null });
    else if (name !== undefined) {
      if (names.has(name)) return null;
      names.add(name);
      segments.push({ kind: "one", name });
    } else if (/[*{}?#\s]/.test(part)) return null;
    else segments.push({ kind: "literal", text: part });
  }
  return { text, segments, folded: segments.flatMap(foldSegment) };
}

function foldSegment(segment: PathSegment): PathSegment[] {
  if (segment.kind !== "literal") return [segment];
  return foldPath(segment.text).segments.map((text) => ({ kind: "literal", text }));
}

/** The segments of a path as spelled. */
export function pathSegments(path: string): string[] {
  return path.slice(1).split("/");
}

export const noParams: ReadonlyMap<string, string> = new Map();

/** The named segments of a path, given in segments, where it matches; null where it does not. */
export function matchSegments(
  segments: readonly PathSegment[],
  parts: readonly string[],
): ReadonlyMap<string, string> | null {
  const taken: number[] = [];
  let segment = 0;
  let part = 0;
  let retrySegment = -1;
  let retryPart = 0;
  for (;;) {
    const wanted = segments[segment];
    if (wanted === undefined && part === parts.length) break;
    if (wanted?.kind === "any") {
      retrySegment = segment;
      retryPart = part;
      segment++;
    } else if (wanted !== undefined && part < parts.length && fits(wanted, parts[part]!)) {
      taken[segment] = part;
      segment++;
      part++;
    } else if (retrySegment >= 0 && retryPart < parts.length) {
      retryPart++;
      segment = retrySegment + 1;
      part = retryPart;
    } else return null;
  }
  if (!segments.some(isNamed)) return noParams;
  const named = new Map<string, string>();
  segments.forEach((wanted, index) => {
    if (isNamed(wanted)) named.set(wanted.name, parts[taken[index]!]!);
  });
  return named;
}

function isNamed(segment: PathSegment): segment is PathSegment & { readonly kind: "one"; readonly name: string } {
  return segment.kind === "one" && segment.name !== null;
}

function fits(segment: PathSegment, part: string): boolean {
  if (segment.kind === "literal") return segment.text === part;
  return segment.kind === "one" && part !== "";
}
