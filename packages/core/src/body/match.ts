// What a scan asks of a matcher and what it answers: the seam between codecs and selectors. Types and constants only.

/**
 * Kinds of a value in a body; bits, so that a set of kinds is a number.
 * `text` is an XML element that holds characters and no elements: a string that may have attributes.
 * `unread` is a string that begins as a JSON object or array and cannot be read as one, or a part of multipart that is a
 * document: a value that selectors lead into, and nothing in it can be written.
 */
export const ValueKind = { object: 1, array: 2, string: 4, scalar: 8, null: 16, text: 32, unread: 64 } as const;
export type ValueKind = (typeof ValueKind)[keyof typeof ValueKind];
/** All but `unread`, which whoever finds it notes. */
export const everyKind = 63;

/** One selector of one rule that had come to a value: `step` steps of rule `rule` lead here. */
export interface Arrival {
  readonly rule: number;
  readonly step: number;
}

/** Values of any of `kinds` here are not what the selector of `rule` expects. */
export interface Mismatch {
  readonly kinds: number;
  readonly rule: number;
}

/**
 * Where all selectors of a policy stand at one value of a body: a state of the automaton in `policy/matcher`.
 * A codec walks it along the body: `member` and `element` give the state of a child. Formats without arrays, where a
 * name simply occurs again, ask `member` and then `among`.
 */
export interface MatchState {
  /** False: nothing below this value can be selected or need a look. */
  readonly live: boolean;
  /** Kinds of value that are noted here: every kind of one that is selected, a variant or traced; 0: none. */
  readonly notedKinds: number;
  /** True: some selector that stands here chooses by position, so that `among` may lead on. */
  readonly takesIndex: boolean;
  /** True: `element` and `among` need the length. */
  readonly needsLength: boolean;
  /** True at the root of an automaton some state of which `needsLength`. */
  readonly countsLengths: boolean;
  /** True: should this value be a string, some selector goes on in the JSON that it holds. */
  readonly readsText: boolean;
  /** Rules that select this value. */
  readonly selects: readonly number[];
  /** Rules that would select this value if names were compared loosely. */
  readonly variants: readonly number[];
  /** Kinds of value that a selector standing here cannot go on from. */
  readonly mismatches: readonly Mismatch[];
  /** Arrivals of rules that must find something. */
  readonly arrivals: readonly Arrival[];
  /** State of the member whose decoded name is `bytes[start, end)`, in UTF-8. */
  member(bytes: Uint8Array, start: number, end: number): MatchState;
  /** State of element `index` of an array of `length` elements (0 where `needsLength` is false). */
  element(index: number, length: number): MatchState;
  /**
   * State of value `index` of the `length` values (0 where `needsLength` is false) that share the name which led here:
   * what the name alone selects, and what name and position select. Index -1 stands for any: the union of them all.
   */
  among(index: number, length: number): MatchState;
  /** State of the JSON value in this string; asked where it `readsText`. */
  inText(): MatchState;
}

/** The state of values that no selector can reach: what is below a state that is not `live`. */
export const nothingBelow: MatchState = {
  live: false,
  notedKinds: 0,
  takesIndex: false,
  needsLength: false,
  countsLengths: false,
  readsText: false,
  selects: [],
  variants: [],
  mismatches: [],
  arrivals: [],
  member: () => nothingBelow,
  element: () => nothingBelow,
  among: () => nothingBelow,
  inText: () => nothingBelow,
};

/** One value that a matcher wanted to be told of. */
export interface Match {
  readonly state: MatchState;
  kind: ValueKind;
  /** Byte span of the value, as the body spells it. */
  readonly start: number;
  end: number;
  /** Where the value's own surroundings begin (member name, pair, part); `start` where it has none. */
  readonly outerStart: number;
  /** Where those surroundings end (pair, part, element, attribute); `end` where left out. */
  outerEnd?: number;
  /** Start of the container that holds the value; -1 for the root. */
  readonly parent: number;
  /** True for a container without members or elements. */
  empty: boolean;
  /** How a replacement is written where the empty value has no place of its own. */
  readonly room?: Room;
  /** Where the value stands in the JSON of a string: the span of that, quotes left out, and the match in its text. */
  readonly within?: { readonly start: number; readonly end: number; readonly match: Match };
}

/** `ssn` in a form, `<ssn/>` in XML: `before`, the replacement and `after` stand for `[start, end)`. */
export interface Room {
  readonly start: number;
  readonly end: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** A string long enough to hold an envelope, in a value or in a name. */
export interface LongText {
  /** Byte span of the text itself, without quotes. */
  readonly start: number;
  readonly end: number;
  /** True: the grammar's escapes occur in it, so that the text is not its bytes. */
  readonly escaped: boolean;
  /** True: a name (member, parameter, part); false: a value. */
  readonly isName: boolean;
  /** Where the text stands in the JSON of a string: byte span in the body with its quotes, however they are spelled. */
  readonly within?: { readonly start: number; readonly end: number };
}

/** What one pass over a body found, in the order of the body. */
export interface Scan {
  readonly matches: Match[];
  readonly longTexts: LongText[];
  /** How many of the matches a rule selects. */
  selected: number;
  /** How many values were noted, those inside strings included. */
  noted: number;
}
