// One JSON text, and the JSON texts that its strings hold where a selector goes on in them (`within: "json"`). Pure.
import { byteOrderMarkLength, byteTable } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { type DecodedText, roomFor } from "./decoded-text.ts";
import { createContainer, type JsonScanOptions, type ReadsText, scanJson, viewOf } from "./json-scanner.ts";
import { decodeJsonInto } from "./json-string.ts";
import type { Limits } from "./limits.ts";
import { relocated } from "./malformed.ts";
import { type MatchState, nothingBelow, type Scan, ValueKind } from "./match.ts";
import { countField, countNoted, createScan } from "./scan.ts";

/** Scans one JSON text; where a selector counts from the end of an array, a first pass counts the elements. */
export function scanJsonText(
  bytes: Uint8Array,
  start: number,
  end: number,
  options: Omit<JsonScanOptions, "arrayLengths" | "countInto">,
): void {
  if (!options.root.countsLengths) {
    scanJson(bytes, start, end, options);
    return;
  }
  const arrayLengths: number[] = [];
  scanJson(bytes, start, end, { ...options, root: nothingBelow, into: createScan(), countInto: arrayLengths });
  scanJson(bytes, start, end, { ...options, arrayLengths });
}

const openBrace = 0x7b;
const openBracket = 0x5b;
const doubleQuote = 0x22;
const backslash = 0x5c;

// What JSON in a string can begin with: itself, white space, an escape, a byte order mark.
const mayBegin: Uint8Array = byteTable("\0 ", ..."[\\{\xef");

/**
 * Reads the JSON in strings, one level deep: a string in it that begins as JSON again is `unread`, as is one that is
 * not well-formed. Whether that matters is for the matcher to say; each counts as a field.
 */
export function createTextReader(into: Scan, limits: Limits): ReadsText {
  let reader: ReadsText | null = null;
  return (bytes, from, to, state) => {
    // Made with the first such string, as most bodies have none.
    reader ??= textReader(into, limits);
    reader(bytes, from, to, state);
  };
}

function textReader(into: Scan, limits: Limits): ReadsText {
  // What a string needs is made once: a body may have hundreds of thousands of them.
  const textIn = createTextDecoder();
  const innerTextIn = createTextDecoder();
  const chain = createContainer(null);
  let scan = createScan();
  const readInner: ReadsText = (bytes, from, to, state) => {
    if (innerTextIn(bytes, from, to) !== null) noteUnread(scan, limits, state, from - 1);
  };
  return (bytes, from, to, state) => {
    const root = state.inText();
    const quote = from - 1;
    const text = textIn(bytes, from, to);
    if (text === null) return noteDoubtful(into, limits, root, { kind: ValueKind.string, start: quote });
    if (text.isString) return noteUnread(into, limits, root, quote);
    const { offsets, view, rootStart, length } = text;
    if (scan.matches.length + scan.longTexts.length > 0) scan = createScan();
    scan.selected = into.selected;
    scan.noted = into.noted;
    try {
      scanJsonText(text.bytes, 0, length, { root, limits, into: scan, chain, view, readText: readInner });
    } catch (error) {
      const isMalformed = error instanceof FieldsealError && error.code === "BODY_MALFORMED";
      if (isMalformed) return noteUnread(into, limits, root, quote);
      throw relocated(error, (at) => offsets[at]!);
    }
    into.selected = scan.selected;
    into.noted = scan.noted;
    // What the string says is told of part by part.
    if (into.longTexts.at(-1)?.start === from) into.longTexts.pop();
    // The value at the root stands for its string: `required` leads on from either.
    const place = (at: number): number => (at <= rootStart ? quote : offsets[at]!);
    for (const match of scan.matches) {
      const { state, kind, empty } = match;
      const span = { start: place(match.start), end: offsets[match.end]!, outerStart: place(match.outerStart) };
      const within = { start: from, end: to, match };
      into.matches.push({ state, kind, ...span, parent: place(match.parent), empty, within });
    }
    for (const { start, end, isName } of scan.longTexts) {
      const within = { start: offsets[start - 1]!, end: offsets[end + 1]! };
      into.longTexts.push({ start: offsets[start]!, end: offsets[end]!, escaped: true, isName, within });
    }
  };
}

/** What a string says, where that begins as JSON; valid until the next one is decoded. */
interface TextInString extends DecodedText {
  /** True: as a string that begins as JSON, as what was written twice does; else as an object or array. */
  readonly isString: boolean;
  readonly view: DataView;
  readonly length: number;
  readonly rootStart: number;
}

function createTextDecoder(): (bytes: Uint8Array, from: number, to: number) => TextInString | null {
  let room = viewedRoomFor(0);
  return (bytes, from, to) => {
    if (mayBegin[bytes[from]!] === 0) return null;
    const most = to - from;
    if (room.bytes.length < most) room = viewedRoomFor(most);
    const length = decodeJsonInto(room, bytes, from, to);
    let rootStart = byteOrderMarkLength(room.bytes);
    while (rootStart < length && room.bytes[rootStart]! <= 0x20) rootStart++;
    const first = rootStart < length ? room.bytes[rootStart] : 0;
    const isString = first === doubleQuote && beginsAsJson(room.bytes, rootStart + 1, length);
    return isString || first === openBrace || first === openBracket ? { ...room, length, rootStart, isString } : null;
  };
}

/** True where the inside of a string may begin an object or array: what an escape stands for is not looked at. */
function beginsAsJson(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  while (at < end && bytes[at]! <= 0x20) at++;
  return at < end && (bytes[at] === openBrace || bytes[at] === openBracket || bytes[at] === backslash);
}

function viewedRoomFor(length: number): DecodedText & Pick<TextInString, "view"> {
  const room = roomFor(length);
  return { ...room, view: viewOf(room.bytes) };
}

/** @throws {FieldsealError} `TOO_MANY_FIELDS`: finding out that a string cannot be read is dear. */
function noteUnread(into: Scan, limits: Limits, state: MatchState, start: number): void {
  countField(into, limits, start);
  noteDoubtful(into, limits, state, { kind: ValueKind.unread, start });
}

/** Notes a string that cannot be gone on in, where a selector minds. */
function noteDoubtful(
  into: Scan,
  limits: Limits,
  state: MatchState,
  { kind, start }: { readonly kind: ValueKind; readonly start: number },
): void {
  if (!state.mismatches.some(({ kinds }) => (kinds & kind) !== 0)) return;
  countNoted(into, limits, start);
  into.matches.push({ state, kind, start, end: start, outerStart: start, parent: start, empty: false });
}
