// One pass over the bytes of a JSON text (RFC 8259): validates, walks the matcher, reports spans. Pure, iterative,
// linear; builds no value. Bytes are well-formed UTF-8, which the door has checked.
import { byteTable, hexValue, notHex } from "../bytes/index.ts";
import type { FieldsealError } from "../errors/index.ts";
import { byNumber, decodeJsonString, escapedByte } from "./json-string.ts";
import { type Limits, minLongText } from "./limits.ts";
import { malformedIn, tooDeep } from "./malformed.ts";
import { type Match, type MatchState, nothingBelow, type Scan, ValueKind } from "./match.ts";
import { noteMatch } from "./scan.ts";
import { skipSpace } from "./white-space.ts";

export interface JsonScanOptions {
  readonly root: MatchState;
  readonly limits: Limits;
  /** Where matches and long texts are appended. */
  readonly into: Scan;
  /** Lengths of the arrays in order of their `[`, from a counting pass; needed where a state `needsLength`. */
  readonly arrayLengths?: readonly number[] | undefined;
  /** Where a counting pass writes those lengths. */
  readonly countInto?: number[];
  /** Reads the JSON in a string, where a state `readsText`. */
  readonly readText?: ReadsText;
  /** Where containers are written down while another scan is under way. */
  readonly chain?: Container;
  /** A view of all bytes, for many scans of them. */
  readonly view?: DataView;
}

/** Reads the string `bytes[from, to)`, quotes left out, at `state`. */
export type ReadsText = (bytes: Uint8Array, from: number, to: number, state: MatchState) => void;

/** An object or array around the current value. */
export interface Container {
  readonly parent: Container | null;
  isArray: boolean;
  state: MatchState;
  match: Match | null;
  start: number;
  /** Of the current element; -1 in an empty array. */
  index: number;
  /** How many arrays begin before this one. */
  ordinal: number;
  /** What a container inside this one is written down in. */
  inner: Container | null;
}

export const malformed: (offset: number) => FieldsealError = malformedIn("JSON");

// One chain for all scans that do not begin inside another: made anew, it would cost a tenth of a small body's time.
const outermost: Container = createContainer(null);

export function createContainer(parent: Container | null): Container {
  return { parent, isArray: false, state: nothingBelow, match: null, start: -1, index: 0, ordinal: 0, inner: null };
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

// Bytes that end or escape a string, or may not stand in it: 1; all others, UTF-8 sequences included: 0.
const stringStop: Uint8Array = byteTable("\0\x1f", '"', "\\");

// Kind of the value that begins with a byte.
const kindOf: Uint8Array = new Uint8Array(256).fill(ValueKind.scalar);
kindOf[openBrace] = ValueKind.object;
kindOf[openBracket] = ValueKind.array;
kindOf[quote] = ValueKind.string;
kindOf[0x6e] = ValueKind.null;

/**
 * Scans the JSON text `bytes[start, end)`.
 *
 * @throws {FieldsealError} `BODY_MALFORMED` (with the offset), `BODY_TOO_DEEP`, `TOO_MANY_FIELDS`.
 */
export function scanJson(bytes: Uint8Array, start: number, end: number, options: JsonScanOptions): void {
  const { root, limits, into, arrayLengths, countInto, readText } = options;
  const { longTexts } = into;
  const { maxDepth } = limits;

  const view = options.view ?? viewOf(bytes);
  let depth = 0;
  let arrays = 0;
  let around = options.chain ?? outermost;
  let array = false;
  let state = root;
  // True: a member's name is due, not a value.
  let named = false;
  // Where the name of the value begins; -1 where it has none.
  let nameStart = -1;
  let i = start;

  for (;;) {
    // No token begins with the 0 that stands for the end.
    let byte = i < end ? bytes[i]! : 0;
    if (byte <= 0x20) {
      i = skipSpace(bytes, i, end);
      byte = i < end ? bytes[i]! : 0;
    }
    const from = i;

    if (byte === quote) {
      let to = from + 1;
      let stops = 0;
      for (const last = end - 4; to <= last; to += 4) {
        const word = view.getInt32(to, true);
        stops = stopsAmong(word);
        // Of ASCII text there is nothing more to ask.
        if (stops !== 0) stops &= ~word;
        if (stops !== 0) break;
      }
      to = stops === 0 ? textEnd(bytes, to, end) : to + lowestByte(stops);
      const escaped = to >= end || bytes[to] !== quote;
      if (escaped) to = stringEnd(bytes, to, end);
      if (to - from > minLongText) longTexts.push({ start: from + 1, end: to, escaped, isName: named });
      i = to + 1;
      if (named) {
        named = false;
        nameStart = from;
        if (state.live) state = escaped ? memberOf(state, bytes, from + 1, to) : state.member(bytes, from + 1, to);
        if (i >= end || bytes[i] !== colon) {
          i = skipSpace(bytes, i, end);
          if (i >= end || bytes[i] !== colon) throw malformed(i);
        }
        i++;
        continue;
      }
    } else if (named) throw malformed(i);

    let match: Match | null = null;
    const kind = kindOf[byte]!;
    if ((state.notedKinds & kind) !== 0) {
      const outerStart = nameStart < 0 ? from : nameStart;
      const parent = around.start;
      match = { state, kind: kind as ValueKind, start: from, end: i, outerStart, parent, empty: false };
      noteMatch(into, match, limits);
    }
    nameStart = -1;
    if (byte === openBrace || byte === openBracket) {
      if (depth === maxDepth) throw tooDeep(i);
      depth++;
      array = byte === openBracket;
      if (!state.live) state = nothingBelow;
      around = around.inner ??= createContainer(around);
      around.isArray = array;
      around.state = state;
      around.match = match;
      around.start = i;
      around.index = 0;
      if (array) around.ordinal = arrays++;
      i++;
      let next = i < end ? bytes[i]! : 0;
      if (next <= 0x20) {
        i = skipSpace(bytes, i, end);
        next = i < end ? bytes[i]! : 0;
      }
      if (next !== (array ? closeBracket : closeBrace)) {
        named = !array;
        if (array && state.live) state = state.element(0, state.needsLength ? arrayLengths![arrays - 1]! : 0);
        continue;
      }
      around.index = -1;
      if (match !== null) match.empty = true;
    } else if (byte !== quote) {
      if (byte === 0x74) i = wordEnd(bytes, i, end, "true");
      else if (byte === 0x66) i = wordEnd(bytes, i, end, "false");
      else if (byte === 0x6e) i = wordEnd(bytes, i, end, "null");
      else i = numberEnd(bytes, i, end);
      if (match !== null) match.end = i;
    } else if (state.readsText) readText?.(bytes, from + 1, i - 1, state);

    // The value has ended, or an empty container is about to: close containers until another value begins.
    for (;;) {
      let next = i < end ? bytes[i]! : 0;
      if (next <= 0x20) {
        i = skipSpace(bytes, i, end);
        if (depth === 0 && i === end) return;
        next = i < end ? bytes[i]! : 0;
      }
      if (depth === 0) throw malformed(i);
      if (next === comma) {
        i++;
        state = around.state;
        named = !array;
        if (array) {
          const index = ++around.index;
          if (state.live) state = state.element(index, state.needsLength ? arrayLengths![around.ordinal]! : 0);
        }
        break;
      }
      if (next !== (array ? closeBracket : closeBrace)) throw malformed(i);
      i++;
      if (around.match !== null) around.match.end = i;
      if (array && countInto !== undefined) countInto[around.ordinal] = around.index + 1;
      depth--;
      around = around.parent!;
      array = around.isArray;
    }
  }
}

export function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** State of the member whose name, spelled with escapes, is `bytes[start, end)`. */
function memberOf(state: MatchState, bytes: Uint8Array, start: number, end: number): MatchState {
  const name = decodeJsonString(bytes, start, end).bytes;
  return state.member(name, 0, name.length);
}

/**
 * The high bit of each of four bytes that may not simply stand in a string: below space, `"` or backslash. Above the
 * lowest of them, and of bytes that are not ASCII, others may be set too.
 */
function stopsAmong(word: number): number {
  // Space and `"` change places: what stops is then all that is below 0x21, and the backslash.
  const swapped = word ^ 0x02020202;
  const backslashes = word ^ 0x5c5c5c5c;
  return ((swapped - 0x21212121) | (backslashes - 0x01010101)) & 0x80808080;
}

/** Number of the lowest byte, 0 to 3, in which a bit is set. */
function lowestByte(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}

/** Offset of the first byte at or behind `from` that does not simply stand in a string; `end` where there is none. */
function textEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && stringStop[bytes[at]!] === 0) at++;
  return at;
}

/** Offset of the closing quote of a string in which something stands at `from` that is not simply text. */
function stringEnd(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; ; at = textEnd(bytes, at, end)) {
    if (at >= end) throw malformed(at);
    const byte = bytes[at]!;
    if (byte === quote) return at;
    if (byte !== backslash || at + 1 >= end) throw malformed(at);
    const stands = escapedByte[bytes[at + 1]!];
    if (stands === 0) throw malformed(at);
    at += 2;
    if (stands === byNumber) {
      if (at + 4 > end) throw malformed(at);
      for (const stop = at + 4; at < stop; at++) if (hexValue[bytes[at]!] === notHex) throw malformed(at);
    }
  }
}

function wordEnd(bytes: Uint8Array, at: number, end: number, word: string): number {
  const stop = at + word.length;
  if (stop > end) throw malformed(at);
  for (let k = 1; k < word.length; k++) if (bytes[at + k] !== word.charCodeAt(k)) throw malformed(at);
  return stop;
}

/** Offset behind the JSON number that begins at `at`. */
function numberEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  if (bytes[i] === 0x2d) i++;
  if (i < end && bytes[i] === 0x30) i++;
  else i = digitsEnd(bytes, i, end);
  if (i < end && bytes[i] === 0x2e) i = digitsEnd(bytes, i + 1, end);
  if (i < end && (bytes[i]! | 0x20) === 0x65) {
    i++;
    if (i < end && (bytes[i] === 0x2b || bytes[i] === 0x2d)) i++;
    i = digitsEnd(bytes, i, end);
  }
  return i;
}

function digitsEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i]! >= 0x30 && bytes[i]! <= 0x39) i++;
  if (i === at) throw malformed(at);
  return i;
}
