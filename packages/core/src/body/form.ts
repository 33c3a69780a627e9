// The form codec: application/x-www-form-urlencoded (WHATWG URL section 5). Pure. Members of the root, no containers.
import { byteTable, hexValue, notHex, utf8Bytes } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import type { Codec, ScanInput } from "./codec.ts";
import { type DecodedText, filled, roomFor } from "./decoded-text.ts";
import { minLongText } from "./limits.ts";
import { type Match, type Scan, ValueKind } from "./match.ts";
import { createNameWalk, type TakesName } from "./names.ts";
import { removeSeparated } from "./remove-separated.ts";
import { createScan, noteMatch, noteText } from "./scan.ts";
import { firstCharacter, plainText } from "./text.ts";

const ampersand = 0x26;
const equalsSign = 0x3d;
const percent = 0x25;
const plus = 0x2b;

// Bytes that a client who encodes a form never sends raw: controls, and `{ } " < > ; \`.
const implausible: Uint8Array = byteTable("\0\x1f", "\x7f", ...'{}"<>;\\');

// A name without `=` has an empty value and no place for another.
const roomBehindName = { before: Uint8Array.of(equalsSign), after: new Uint8Array(0) };

export const form: Codec = {
  name: "form",
  grammar: "form",
  shape: "names",
  quote: "",
  scan: scanForm,
  decodeText: (body, { start, end }) => decodeForm(body, start, end),
  decodeValue: (raw) => plainText.decodeValue(decodeForm(raw, 0, raw.length).bytes),
  encodeValue: encodeForm,
  encodeText: encodeForm,
  remove: (body, matches) => removeSeparated(body, matches, ampersand),
  isValue: (raw) => raw.every((byte) => byte !== ampersand && implausible[byte] === 0) && malformedEscape(raw) < 0,
};

/** The query of a URL: the form grammar as servers read it, whatever it looks like; malformed escapes are text. */
export const queryString: Codec = { ...form, name: "query", scan: scanPairs };

function scanForm(input: ScanInput): Scan {
  refuseImplausible(input.bytes);
  return scanPairs(input);
}

/** Scans `name=value&...`; a name with brackets counts as its base name: `ssn[]` and `ssn[k]` are `ssn`. */
function scanPairs({ bytes, root, limits }: ScanInput): Scan {
  const scan = createScan();
  const withName = createNameDecoder(bytes);
  const { next } = createNameWalk(root, bytes, (visit) => {
    eachPair(bytes, (start, nameEnd) => withName(start, nameEnd, visit));
  });
  eachPair(bytes, (outerStart, nameEnd, start, end) => {
    noteText(scan, outerStart, nameEnd, hasEscapes(bytes, outerStart, nameEnd), true);
    noteText(scan, start, end, hasEscapes(bytes, start, end), false);
    if (!root.live) return;
    const state = withName(outerStart, nameEnd, next);
    if (state.notedKinds === 0) return;
    const match: Match = { state, kind: ValueKind.string, start, end, outerStart, parent: -1, empty: false };
    noteMatch(scan, nameEnd < end ? match : { ...match, room: { start, end, ...roomBehindName } }, limits);
  });
  return scan;
}

type VisitsPair = (start: number, nameEnd: number, valueStart: number, end: number) => void;

function eachPair(bytes: Uint8Array, visit: VisitsPair): void {
  for (let start = 0; start < bytes.length; ) {
    let nameEnd = start;
    while (nameEnd < bytes.length && bytes[nameEnd] !== equalsSign && bytes[nameEnd] !== ampersand) nameEnd++;
    let end = nameEnd;
    while (end < bytes.length && bytes[end] !== ampersand) end++;
    if (end > start) visit(start, nameEnd, Math.min(nameEnd + 1, end), end);
    start = end + 1;
  }
}

/** Hands over decoded names, in bytes that are valid for that call; where nothing is escaped, those of the body. */
function createNameDecoder(bytes: Uint8Array): <T>(start: number, end: number, take: TakesName<T>) => T {
  let scratch = new Uint8Array(256);
  return (start, end, take) => {
    let i = start;
    while (i < end && bytes[i] !== percent && bytes[i] !== plus) i++;
    if (i === end) return take(bytes, start, end);
    if (scratch.length < end - start) scratch = new Uint8Array(2 * (end - start));
    return take(scratch, 0, decodeInto({ bytes: scratch }, bytes, start, end));
  };
}

function hasEscapes(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < minLongText) return false;
  const raw = bytes.subarray(start, end);
  return raw.includes(percent) || raw.includes(plus);
}

function refuseImplausible(bytes: Uint8Array): void {
  const first = firstCharacter(bytes);
  const raw = bytes[first] === 0x5b ? first : bytes.findIndex((byte) => implausible[byte] === 1);
  const offset = raw < 0 ? malformedEscape(bytes) : raw;
  if (offset < 0) return;
  throw new FieldsealError("FORM_NOT_PLAUSIBLE", "the body is declared to be a form and does not look like one", {
    offset,
    hint: "percent-encode values; send JSON as application/json: curl -d declares a form",
  });
}

/** Offset of the first `%` without two hexadecimal digits; -1 where there is none. */
function malformedEscape(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(percent); at >= 0; at = bytes.indexOf(percent, at + 1)) {
    if (!isEscape(bytes, at, bytes.length)) return at;
  }
  return -1;
}

function isEscape(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 2 < end && hexValue[bytes[at + 1]!] !== notHex && hexValue[bytes[at + 2]!] !== notHex;
}

/** Bytes behind the percent encoding of `source[start, end)`, `+` being a space. */
function decodeForm(source: Uint8Array, start: number, end: number): DecodedText {
  const room = roomFor(end - start);
  return filled(room, decodeInto(room, source, start, end), end);
}

/** Decodes into `out`; returns the number of bytes. */
function decodeInto(
  { bytes, offsets }: Pick<DecodedText, "bytes"> & Partial<DecodedText>,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  let write = 0;
  for (let read = start; read < end; ) {
    if (offsets !== undefined) offsets[write] = read;
    const byte = source[read]!;
    if (byte === percent && isEscape(source, read, end)) {
      bytes[write++] = (hexValue[source[read + 1]!]! << 4) | hexValue[source[read + 2]!]!;
      read += 3;
    } else {
      bytes[write++] = byte === plus ? 0x20 : byte;
      read++;
    }
  }
  return write;
}

function encodeForm(value: string): Uint8Array | null {
  if (!value.isWellFormed()) return null;
  const escaped = encodeURIComponent(value).replace(
    /[!'()~]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return utf8Bytes(escaped.replaceAll("%20", "+"));
}
