// The ways from a state of the matcher to those below it, by the names of members. Pure.
import { looseText, sameBytes, utf8Bytes } from "../bytes/index.ts";
import { foldName, foldsTo, separatorBytes } from "./name-folding.ts";

/** The way to the state below a member: of the very name `exact`, or (null) of one that folds to `folded`. */
export interface NameLink<State> {
  readonly name: string | null;
  readonly exact: Uint8Array | null;
  readonly folded: string;
  next: State | null;
}

/** Stands for the way below a name that some link's name is only the beginning of. */
export const furtherLink: NameLink<never> = { name: null, exact: null, folded: "", next: null };

/** Stands for the first byte of an empty name. */
export const noByte = 256;
const protoName = utf8Bytes("__proto__");
const underscore = 0x5f;
const dot = 0x2e;
const openBracket = 0x5b;

/** A link for each of `names`, and behind them one for each text that some of them fold to by `foldedNames`. */
export function linksTo<State>(
  names: readonly string[],
  foldedNames: ReadonlyMap<string, string>,
): readonly NameLink<State>[] {
  const exact = names.map((name) => ({
    name,
    exact: utf8Bytes(name),
    folded: foldedNames.get(name) ?? "",
    next: null,
  }));
  const targets = new Set(exact.map((link) => link.folded));
  targets.delete("");
  return [...exact, ...Array.from(targets, (folded) => ({ name: null, exact: null, folded, next: null }))];
}

/** The link of the name `bytes[start, end)`; null for a name that leads nowhere. */
export function linkOf<State>(
  links: readonly NameLink<State>[],
  bytes: Uint8Array,
  start: number,
  end: number,
): NameLink<State> | null {
  // Folding is dear and the same for all links; of ASCII names `foldsTo` tells all.
  let folded: string | null = null;
  let goesOn = bytes[start] === underscore;
  for (let k = 0; k < links.length; k++) {
    const link = links[k]!;
    if (link.exact !== null) {
      if (sameBytes(link.exact, 0, link.exact.length, bytes, start, end)) return link;
      continue;
    }
    const folds = foldsTo(link.folded, bytes, start, end);
    if (folds === "no") continue;
    if (folds === "perhaps") folded ??= foldName(looseText(bytes, start, end));
    if (folds === "yes" || folded === link.folded) return link;
    goesOn = true;
  }
  if (!goesOn) return null;
  return isProto(bytes, start, end) || pathMarkFrom(bytes, start, end) < end ? furtherLink : null;
}

/** True for `__proto__`. */
export function isProto(bytes: Uint8Array, start: number, end: number): boolean {
  return sameBytes(protoName, 0, protoName.length, bytes, start, end);
}

/** Offset of the first `.` or `[` of a name, `end` where it has none. */
export function pathMarkFrom(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== dot && bytes[at] !== openBracket) at++;
  return at;
}

/** For each first byte of a name, and `noByte` for the empty one, 1 where `linkOf` may find something. */
export function firstBytesOf(links: readonly NameLink<unknown>[]): Uint8Array {
  const table = new Uint8Array(noByte + 1);
  table[underscore] = 1;
  for (const link of links) {
    if (link.exact !== null) {
      table[link.exact[0] ?? noByte] = 1;
      continue;
    }
    table.fill(1, 0x80, noByte);
    for (const separator of separatorBytes) table[separator] = 1;
    // A letter with a mark may be spelled as two characters.
    const first = link.folded < "\x80" ? link.folded[0]! : link.folded.normalize("NFD")[0]!;
    for (const spelling of [first, first.toUpperCase()]) table[utf8Bytes(spelling)[0]!] = 1;
  }
  return table;
}
