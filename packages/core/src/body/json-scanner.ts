// One pass over the bytes of a JSON text (RFC 8259): validates, walks the matcher, reports spans. Pure, iterative,
// linear; builds no value. Bytes are well-formed UTF-8, which the door has checked.
import { byteTable, hexValue, notHex } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { decodeJsonString } from "./json-string.ts";
import { type Limits, minLongText } from "./limits.ts";
import { type Match, type MatchState, nothingBelow, type Scan, ValueKind } from "./match.ts";
import { noteMatch } from "./scan.ts";

export interface JsonScanOptions {
  readonly root: MatchState;
  readonly limits: Limits;
  /** Where matches and long texts are appended. */
  readonly into: Scan;
  /** Lengths of the arrays in order of their `[`, from a counting pass; needed where a state `needsLength`. */
  readonly arrayLengths?: readonly number[] | undefined;
  /** Where a counting pass writes those lengths. */
  readonly countInto?: number[];
  /** Working memory, for one scan after the other. */
  readonly stack?: JsonStack;
  /** Reads the JSON in a string, where a state `readsText`. */
  readonly readText?: ReadsText;
}

/** Reads the string `bytes[from, to)`, quotes left out, at `state`; true where its texts have been noted. */
export type ReadsText = (bytes: Uint8Array, from: number, to: number, state: MatchState) => boolean;

/** The containers around the current value, outermost first. */
export interface JsonStack {
  readonly isArray: boolean[];
  readonly states: MatchState[];
  readonly opened: (Match | null)[];
  readonly starts: number[];
  readonly indexes: number[];
  readonly ordinals: number[];
}

export function createJsonStack(): JsonStack {
  return { isArray: [], states: [], opened: [], starts: [], indexes: [], ordinals: [] };
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
const stringStop: Uint8Array = byteTable(/[^ -\xff]|["\\]/);

const space: Uint8Array = byteTable(/[ \n\r\t]/);

// What may follow a backslash: 1; `u` and its four digits: 2.
const escapeKind: Uint8Array = byteTable(/["\\/bfnrt]/);
escapeKind[0x75] = 2;

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

  const { isArray, states, opened, starts, indexes, ordinals } = options.stack ?? createJsonStack();
  let depth = 0;
  let arrays = 0;

  let state = root;
  let outerStart = start;
  let named = false;
  let i = start;

  for (;;) {
    if (i < end && bytes[i]! <= 0x20) i = skipSpace(bytes, i, end);
    if (named) {
      named = false;
      if (i >= end || bytes[i] !== quote) throw malformed(i);
      outerStart = i;
      const from = i + 1;
      const found = stringEnd(bytes, from, end);
      const escaped = found < 0;
      const to = escaped ? ~found : found;
      if (to - from >= minLongText) longTexts.push({ start: from, end: to, escaped, isName: true });
      if (state.live) {
        if (escaped) {
          const name = decodeJsonString(bytes, from, to).bytes;
          state = state.member(name, 0, name.length);
        } else {
          state = state.member(bytes, from, to);
        }
      }
      i = to + 1;
      if (i < end && bytes[i]! <= 0x20) i = skipSpace(bytes, i, end);
      if (i >= end || bytes[i] !== colon) throw malformed(i);
      i++;
      if (i < end && bytes[i]! <= 0x20) i = skipSpace(bytes, i, end);
    } else {
      outerStart = i;
    }

    if (i >= end) throw malformed(i);
    const byte = bytes[i]!;
    const kind = kindOf[byte]! as ValueKind;
    let match: Match | null = null;
    if (state.notable) {
      const parent = depth === 0 ? -1 : starts[depth - 1]!;
      match = { state, kind, start: i, end: i, outerStart, parent, empty: false };
      noteMatch(into, match, limits);
    }
    if (byte === openBrace || byte === openBracket) {
      if (depth === maxDepth) {
        throw new FieldsealError("BODY_TOO_DEEP", "the body nests deeper than the limit allows", { offset: i });
      }
      const array = byte === openBracket;
      if (!state.live) state = nothingBelow;
      isArray[depth] = array;
      states[depth] = state;
      opened[depth] = match;
      starts[depth] = i;
      indexes[depth] = 0;
      ordinals[depth] = array ? arrays++ : 0;
      depth++;
      i++;
      if (i < end && bytes[i]! <= 0x20) i = skipSpace(bytes, i, end);
      const empty = i < end && bytes[i] === (array ? closeBracket : closeBrace);
      if (!empty) {
        named = !array;
        if (array && state.live) {
          state = state.element(0, state.needsLength ? arrayLengths![arrays - 1]! : 0);
        }
        continue;
      }
      indexes[depth - 1] = -1;
      if (match !== null) match.empty = true;
    } else {
      if (byte === quote) {
        const from = i + 1;
        const found = stringEnd(bytes, from, end);
        const escaped = found < 0;
        const to = escaped ? ~found : found;
        const isRead = state.readsText && readText?.(bytes, from, to, state) === true;
        if (!isRead && to - from >= minLongText) longTexts.push({ start: from, end: to, escaped, isName: false });
        i = to + 1;
      } else if (byte === 0x74) {
        i = wordEnd(bytes, i, end, "true");
      } else if (byte === 0x66) {
        i = wordEnd(bytes, i, end, "false");
      } else if (byte === 0x6e) {
        i = wordEnd(bytes, i, end, "null");
      } else {
        i = numberEnd(bytes, i, end);
      }
      if (match !== null) match.end = i;
    }

    // The value has ended, or an empty container is about to: close containers until another value begins.
    for (;;) {
      if (i < end && bytes[i]! <= 0x20) i = skipSpace(bytes, i, end);
      if (depth === 0) {
        if (i < end) throw malformed(i);
        return;
      }
      if (i >= end) throw malformed(i);
      const top = depth - 1;
      const array = isArray[top]!;
      const next = bytes[i]!;
      i++;
      if (next === comma) {
        state = states[top]!;
        named = !array;
        if (array) {
          const index = indexes[top]! + 1;
          indexes[top] = index;
          if (state.live) state = state.element(index, state.needsLength ? arrayLengths![ordinals[top]!]! : 0);
        }
        break;
      }
      if (next !== (array ? closeBracket : closeBrace)) throw malformed(i - 1);
      depth = top;
      const match = opened[top]!;
      if (match !== null) match.end = i;
      if (array && countInto !== undefined) countInto[ordinals[top]!] = indexes[top]! + 1;
    }
  }
}

function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && space[bytes[i]!] === 1) i++;
  return i;
}

/** Offset of the closing quote of the string whose text begins at `from`; its complement where escapes occur. */
function stringEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  let escaped = false;
  for (;;) {
    at = stringStopFrom(bytes, at, end);
    if (at >= end) throw malformed(at);
    const byte = bytes[at]!;
    if (byte === quote) return escaped ? ~at : at;
    if (byte !== backslash || at + 1 >= end) throw malformed(at);
    escaped = true;
    const kind = escapeKind[bytes[at + 1]!]!;
    if (kind === 0) throw malformed(at);
    at += 2;
    if (kind === 2) {
      if (at + 4 > end) throw malformed(at);
      for (const stop = at + 4; at < stop; at++) if (hexValue[bytes[at]!] === notHex) throw malformed(at);
    }
  }
}

/** Offset of the first byte at or behind `at` that does not simply stand in a string; unrolled, as most are short. */
function stringStopFrom(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  for (; at + 4 <= end; at += 4) {
    if (stringStop[bytes[at]!] !== 0) return at;
    if (stringStop[bytes[at + 1]!] !== 0) return at + 1;
    if (stringStop[bytes[at + 2]!] !== 0) return at + 2;
    if (stringStop[bytes[at + 3]!] !== 0) return at + 3;
  }
  while (at < end && stringStop[bytes[at]!] === 0) at++;
  return at;
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

function malformed(offset: number): FieldsealError {
  return new FieldsealError("BODY_MALFORMED", "the body is not well-formed JSON", { offset });
}
