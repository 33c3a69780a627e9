// All selectors of a route as one automaton over the path: states are sets of positions, built when first reached.
// RFC 9535 section 2.5 (child and descendant segments). Pure.
import { type Arrival, everyKind, type MatchState, type Mismatch, ValueKind } from "../body/index.ts";
import { countsFromTheEnd, selectsElement } from "./array-selection.ts";
import { foldName } from "./name-folding.ts";
import {
  firstBytesOf,
  furtherLink,
  isProto,
  linkOf,
  linksTo,
  type NameLink,
  noByte,
  pathMarkFrom,
} from "./name-link.ts";
import type { Query, Segment, Selector } from "./selector.ts";

/** One selector to match. */
export interface MatcherRule {
  readonly query: Query;
  /** Report where the selector's prefixes arrive, so that a missing value can be told. */
  readonly traced: boolean;
  /** The selector goes on in the JSON of strings that it comes to. */
  readonly within?: boolean;
}

export interface MatcherOptions {
  readonly rules: readonly MatcherRule[];
  /** What a member name that differs only in case or separators does: `refuse` reports it, `select` selects it. */
  readonly onNameVariant: "refuse" | "select" | "ignore";
  /** Report values of a kind that a selector standing there cannot go on from. */
  readonly checkShapes: boolean;
}

/** `step` steps of `rule` have been made. */
interface Position {
  readonly rule: number;
  readonly step: number;
  /** Some name on the way was only a variant. */
  readonly loose: boolean;
  /** Reached above, and still looking further down: its next segment is a descendant one. */
  readonly carried: boolean;
}

// The body decides which states are reached. Beyond this many, further ones are built at each use and not kept.
const maxKeptStates = 4096;
// Sets of index and slice selectors that select the same elements: the same, for each state.
const maxKeptHits = 64;
const none: readonly never[] = [];
const anyPosition = "*";

/** Builds the automaton of a set of rules; returns the state at the root of a body. */
export function createMatcher(options: MatcherOptions): MatchState {
  const foldedNames = new Map<string, string>();
  if (options.onNameVariant !== "ignore") {
    for (const name of options.rules.flatMap(({ query }) => query.segments.flatMap(namesOf))) {
      foldedNames.set(name, foldName(name));
    }
  }
  const countsLengths = options.rules.some(({ query }) =>
    query.segments.some((s) => s.selectors.some(countsFromTheEnd)),
  );
  const shared = { ...options, foldedNames, countsLengths };
  const inText = options.rules.some(({ within }) => within === true)
    ? { ...shared, inText: null, kept: new Map<string, State>() }
    : null;
  const automaton: Automaton = { ...shared, inText, kept: new Map() };
  const start = options.rules.map((_, rule) => ({ rule, step: 0, loose: false, carried: false }));
  return stateOf(automaton, start);
}

/** What all states of one automaton share. */
interface Automaton extends MatcherOptions {
  readonly kept: Map<string, State>;
  /** What names of selectors fold to; empty where variants of them do nothing. */
  readonly foldedNames: ReadonlyMap<string, string>;
  readonly countsLengths: boolean;
  /** The automaton of values in the JSON of strings; null there, and where no rule looks there. */
  readonly inText: Automaton | null;
}

// One class for all policies: a class for each would make the scanner's calls megamorphic, at half the speed.
class State implements MatchState {
  readonly live: boolean;
  readonly notedKinds: number;
  readonly takesIndex: boolean;
  readonly needsLength: boolean;
  readonly countsLengths: boolean;
  readonly readsText: boolean;
  readonly selects: readonly number[];
  readonly variants: readonly number[];
  readonly mismatches: readonly Mismatch[];
  readonly arrivals: readonly Arrival[];
  readonly kept: boolean;
  private readonly automaton: Automaton;
  private readonly positions: readonly Position[];
  private readonly open: readonly Position[];
  private readonly names: readonly NameLink<State>[];
  private readonly firstBytes: Uint8Array;
  /** Selectors that choose some positions only. */
  private readonly choosers: readonly Selector[];
  private readonly byHits: Map<string, State> = new Map();
  private anyMember: State | null = null;
  private unchosen: State | null = null;
  private unchosenAmong: State | null = null;
  private readonly amongByHits: Map<string, State> = new Map();
  private text: State | null = null;
  private readonly loose: Map<State, State> = new Map();

  constructor(automaton: Automaton, positions: readonly Position[], keep: boolean) {
    const { rules, onNameVariant, checkShapes } = automaton;
    const isDone = (p: Position): boolean => p.step === rules[p.rule]!.query.segments.length;
    const counts = (p: Position): boolean => !p.loose || onNameVariant === "select";
    this.automaton = automaton;
    this.kept = keep;
    this.positions = positions;
    this.open = positions.filter((p) => !isDone(p));
    const done = positions.filter(isDone);
    this.selects = orNone([...new Set(done.filter(counts).map((p) => p.rule))].sort((a, b) => a - b));
    this.variants = orNone(done.filter((p) => !counts(p)).map((p) => p.rule));
    this.mismatches = orNone(checkShapes ? this.open.flatMap((p) => mismatchOf(automaton, p)) : none);
    this.arrivals = orNone(positions.filter((p) => rules[p.rule]!.traced && !p.carried && counts(p)));
    this.live = this.open.length > 0;
    const isNoted = [this.selects, this.variants, this.arrivals].some((list) => list.length > 0);
    this.notedKinds = isNoted ? everyKind : this.mismatches.reduce((all, { kinds }) => all | kinds, 0);
    const segments = this.open.map((p) => nextSegment(automaton, p));
    const selectors = segments.flatMap((segment) => segment.selectors);
    this.takesIndex = segments.some(choosesByPosition);
    this.needsLength = selectors.some(countsFromTheEnd);
    this.countsLengths = automaton.countsLengths;
    this.readsText = this.open.some((p) => rules[p.rule]!.within === true);
    this.choosers = orNone(selectors.filter(({ kind }) => kind === "index" || kind === "slice"));
    this.names = linksTo([...new Set(segments.flatMap(namesOf))], automaton.foldedNames);
    this.firstBytes = firstBytesOf(this.names);
  }

  member(bytes: Uint8Array, start: number, end: number): State {
    if (this.firstBytes[start < end ? bytes[start]! : noByte] === 1) {
      const link = linkOf(this.names, bytes, start, end);
      if (link === furtherLink) return this.furtherBelow(bytes, start, end);
      if (link !== null) {
        if (link.next !== null) return link.next;
        const next = this.below(link);
        if (next.kept) link.next = next;
        return next;
      }
    }
    return this.anyMember ?? this.belowAny();
  }

  private belowAny(): State {
    const next = this.below(null);
    if (next.kept) this.anyMember = next;
    return next;
  }

  element(index: number, length: number): State {
    const hits = this.choosers.length === 0 ? "" : hitsOf(this.choosers, index, length);
    const known = hits === "" ? this.unchosen : this.byHits.get(hits);
    if (known) return known;
    const next = this.step((selector) => selectsElement(selector, index, length));
    if (!next.kept) return next;
    if (hits === "") this.unchosen = next;
    else if (this.byHits.size < maxKeptHits) this.byHits.set(hits, next);
    return next;
  }

  among(index: number, length: number): State {
    if (!this.takesIndex) return this;
    const hits = index < 0 ? anyPosition : this.choosers.length === 0 ? "" : hitsOf(this.choosers, index, length);
    const known = hits === "" ? this.unchosenAmong : this.amongByHits.get(hits);
    if (known) return known;
    // A selector that goes on by position alone speaks of the values of this name, not of what is inside each.
    const named = this.positions.filter(
      (p) => !this.open.includes(p) || !isPositionOnly(nextSegment(this.automaton, p)),
    );
    const placed = this.advance((selector) => selectsElement(selector, index, length), choosesByPosition);
    const next = stateOf(this.automaton, [...named, ...placed]);
    if (!next.kept) return next;
    if (hits === "") this.unchosenAmong = next;
    else if (this.amongByHits.size < maxKeptHits) this.amongByHits.set(hits, next);
    return next;
  }

  inText(): State {
    const { inText, rules } = this.automaton;
    const goOn = this.open.filter((p) => rules[p.rule]!.within === true);
    this.text ??= stateOf(inText!, goOn);
    return this.text;
  }

  /**
   * The state below a name that goes on behind one that is looked for. Stores of documents read `a.b` and `a[b]` as a
   * member of a member; what copies an object makes the members of `__proto__` its own.
   */
  private furtherBelow(bytes: Uint8Array, start: number, end: number): State {
    if (isProto(bytes, start, end)) return this.loosely(this);
    let state: State = this;
    for (let from = start; from <= end && state.selects.length === 0; ) {
      const stop = pathMarkFrom(bytes, from, end);
      state = state.member(bytes, from, stop);
      from = stop + 1;
    }
    return this.loosely(state);
  }

  /** The state below a name that says nothing, and where `other` is, as by variants of names. */
  private loosely(other: State): State {
    const { automaton } = this;
    const plain = this.anyMember ?? this.belowAny();
    // What is done here is this value, and no member of it.
    const positions = other === this ? this.open : other.positions;
    const near = automaton.onNameVariant === "ignore" ? none : positions.filter((p) => !p.carried);
    if (near.length === 0) return plain;
    const known = this.loose.get(other);
    if (known !== undefined) return known;
    const next = stateOf(automaton, [...plain.positions, ...near.map((p) => ({ ...p, loose: true }))]);
    if (next.kept && other.kept && this.loose.size < maxKeptHits) this.loose.set(other, next);
    return next;
  }

  /** The state below a member of that name; null where no selector names or nears it. */
  private below(link: NameLink<State> | null): State {
    const { foldedNames } = this.automaton;
    return this.step((selector) => {
      if (selector.kind !== "name") return selector.kind === "wildcard";
      if (link === null) return false;
      if (selector.name === link.name) return true;
      return link.folded !== "" && foldedNames.get(selector.name) === link.folded ? "loosely" : false;
    });
  }

  private step(selects: (selector: Selector) => boolean | "loosely"): State {
    return stateOf(this.automaton, this.advance(selects));
  }

  private advance(
    selects: (selector: Selector) => boolean | "loosely",
    isMeant: (segment: Segment) => boolean = () => true,
  ): Position[] {
    const next: Position[] = [];
    for (const position of this.open) {
      const segment = nextSegment(this.automaton, position);
      if (!isMeant(segment)) continue;
      if (segment.descendant) next.push({ ...position, carried: true });
      const found = segment.selectors.map(selects);
      if (!found.includes(true) && !found.includes("loosely")) continue;
      const loose = position.loose || !found.includes(true);
      next.push({ rule: position.rule, step: position.step + 1, loose, carried: false });
    }
    return next;
  }
}

function stateOf(automaton: Automaton, positions: readonly Position[]): State {
  const byKey = new Map(positions.map((position) => [keyOf(position), position]));
  for (const [key, position] of byKey) {
    if (position.loose && byKey.has(keyOf({ ...position, loose: false }))) byKey.delete(key);
  }
  const key = [...byKey.keys()].sort().join(" ");
  const known = automaton.kept.get(key);
  if (known !== undefined) return known;
  const state = new State(automaton, [...byKey.values()], automaton.kept.size < maxKeptStates);
  if (state.kept) automaton.kept.set(key, state);
  return state;
}

function nextSegment(automaton: Automaton, position: Position): Segment {
  return automaton.rules[position.rule]!.query.segments[position.step]!;
}

/** True for `[0]`, `[1:3]` and `[*]`, also among other alternatives; `.*` speaks of members. */
function choosesByPosition({ selectors, dotWildcard }: Segment): boolean {
  return !dotWildcard && selectors.some((selector) => selector.kind !== "name");
}

function isPositionOnly({ selectors, dotWildcard, descendant }: Segment): boolean {
  return !dotWildcard && !descendant && selectors.every((selector) => selector.kind !== "name");
}

function mismatchOf(automaton: Automaton, position: Position): Mismatch[] {
  const { query, within } = automaton.rules[position.rule]!;
  let kinds = 0;
  if (!query.segments[position.step - 1]?.dotWildcard) kinds = kindsRefusedBy(nextSegment(automaton, position));
  // The string itself is no mismatch; what it holds may be one.
  if (within === true) kinds = automaton.inText === null ? kinds | ValueKind.unread : kinds & ~ValueKind.string;
  return kinds === 0 ? [] : [{ kinds, rule: position.rule }];
}

const orNone = <T>(list: readonly T[]): readonly T[] => (list.length === 0 ? none : list);

function keyOf(position: Position): string {
  return `${position.rule}.${position.step}${position.loose ? "l" : ""}${position.carried ? "c" : ""}`;
}

function namesOf(segment: Segment): string[] {
  return segment.selectors.flatMap((selector) => (selector.kind === "name" ? [selector.name] : []));
}

/** Kinds of value that a segment cannot go on from; it can always end at null, and a descendant one looks everywhere. */
function kindsRefusedBy(segment: Segment): number {
  if (segment.descendant || segment.dotWildcard) return 0;
  let kinds = ValueKind.object | ValueKind.array | ValueKind.string | ValueKind.scalar | ValueKind.text;
  for (const selector of segment.selectors) {
    if (selector.kind !== "name") kinds &= ~ValueKind.array;
    else kinds &= selector.name.startsWith("@") ? ~(ValueKind.object | ValueKind.text) : ~ValueKind.object;
  }
  return kinds;
}

/** Which of `selectors` select element `index`; empty for none. */
function hitsOf(selectors: readonly Selector[], index: number, length: number): string {
  let hits = "";
  for (let k = 0; k < selectors.length; k++) if (selectsElement(selectors[k]!, index, length)) hits += `${k},`;
  return hits;
}
