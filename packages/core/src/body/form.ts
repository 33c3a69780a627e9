// The form codec: application/x-www-form-urlencoded (WHATWG URL section 5). Pure. Members of the root, no containers.
import { utf8Bytes, utf8Text } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import type { Codec, DecodedText, ScanInput } from "./codec.ts";
import { minLongText } from "./limits.ts";
import { type Scan, ValueKind } from "./match.ts";

const ampersand = 0x26;
const equalsSign = 0x3d;
const percent = 0x25;
const plus = 0x2b;

// Bytes that a client who encodes a form never sends raw: controls, and `{ } " < > ; \`.
const implausible: Uint8Array = new Uint8Array(256);
implausible.fill(1, 0, 0x20);
for (const char of '{}"<>;\\\x7f') implausible[char.charCodeAt(0)] = 1;

const notHex = 0xff;
const hexValue: Uint8Array = new Uint8Array(256).fill(notHex);
for (let i = 0; i < 16; i++) {
  hexValue[i.toString(16).charCodeAt(0)] = i;
  hexValue[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}

export const form: Codec = {
  name: "form",
  grammar: "form",
  shape: "names",
  quote: "",
  scan: scanForm,
  decodeText: (body, { start, end }) => decodeForm(body, start, end),
  decodeValue: decodeFormText,
  encodeValue: encodeForm,
  encodeText: encodeForm,
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
  const scan: Scan = { matches: [], longTexts: [] };
  const pairs = pairsOf(bytes);
  const lengths = root.countsLengths ? countNames(bytes, pairs) : null;
  const seen = new Map<string, number>();
  let fields = 0;
  for (const pair of pairs) {
    noteLongText(scan, bytes, pair.start, pair.nameEnd, true);
    noteLongText(scan, bytes, pair.valueStart, pair.end, false);
    if (!root.live) continue;
    const name = baseName(bytes, pair);
    const states = [root.member(name, 0, name.length)];
    if (states[0]!.live) {
      const key = looseText(name);
      const index = seen.get(key) ?? 0;
      seen.set(key, index + 1);
      states.push(states[0]!.element(index, lengths?.get(key) ?? 0));
    }
    for (const state of states) {
      if (!state.notable) continue;
      if (state.selects.length > 0 && ++fields > limits.maxFields) {
        const message = "the rules select more fields than the limit allows";
        throw new FieldsealError("TOO_MANY_FIELDS", message, { offset: pair.start });
      }
      const { start: outerStart, valueStart: start, end } = pair;
      scan.matches.push({ state, kind: ValueKind.string, start, end, outerStart, parent: -1, empty: false });
    }
  }
  return scan;
}

interface Pair {
  readonly start: number;
  readonly nameEnd: number;
  readonly valueStart: number;
  readonly end: number;
}

function pairsOf(bytes: Uint8Array): Pair[] {
  const pairs: Pair[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(ampersand, start);
    const end = found < 0 ? bytes.length : found;
    if (end > start) {
      let nameEnd = start;
      while (nameEnd < end && bytes[nameEnd] !== equalsSign) nameEnd++;
      pairs.push({ start, nameEnd, valueStart: Math.min(nameEnd + 1, end), end });
    }
    start = end + 1;
  }
  return pairs;
}

/** The decoded name before its first bracket, as servers that build arrays from brackets see it. */
function baseName(bytes: Uint8Array, pair: Pair): Uint8Array {
  const name = decodeForm(bytes, pair.start, pair.nameEnd).bytes;
  const bracket = name.indexOf(0x5b, 1);
  return bracket < 0 ? name : name.subarray(0, bracket);
}

function countNames(bytes: Uint8Array, pairs: readonly Pair[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const pair of pairs) {
    const key = looseText(baseName(bytes, pair));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function noteLongText(scan: Scan, bytes: Uint8Array, start: number, end: number, isName: boolean): void {
  if (end - start < minLongText) return;
  const raw = bytes.subarray(start, end);
  scan.longTexts.push({ start, end, escaped: raw.includes(percent) || raw.includes(plus), isName });
}

function refuseImplausible(bytes: Uint8Array): void {
  const first = bytes[0];
  const offset = first === 0x5b ? 0 : bytes.findIndex((byte) => implausible[byte] === 1);
  if (offset >= 0) {
    throw new FieldsealError("FORM_NOT_PLAUSIBLE", "the body is declared to be a form and does not look like one", {
      offset,
      hint: "send JSON with content-type application/json; curl -d declares a form by default",
    });
  }
  const malformed = malformedEscape(bytes);
  if (malformed >= 0) {
    throw new FieldsealError("FORM_NOT_PLAUSIBLE", "a percent escape in the form is malformed", { offset: malformed });
  }
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
  const bytes = new Uint8Array(end - start);
  const offsets = new Uint32Array(end - start + 1);
  let write = 0;
  for (let read = start; read < end; ) {
    offsets[write] = read;
    const byte = source[read]!;
    if (byte === percent && isEscape(source, read, end)) {
      bytes[write++] = (hexValue[source[read + 1]!]! << 4) | hexValue[source[read + 2]!]!;
      read += 3;
    } else {
      bytes[write++] = byte === plus ? 0x20 : byte;
      read++;
    }
  }
  offsets[write] = end;
  return { bytes: bytes.subarray(0, write), offsets: offsets.subarray(0, write + 1) };
}

function encodeForm(value: string): Uint8Array | null {
  if (/\p{Surrogate}/u.test(value)) return null;
  const escaped = encodeURIComponent(value).replace(
    /[!'()~]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return utf8Bytes(escaped.replaceAll("%20", "+"));
}

function decodeFormText(raw: Uint8Array): string | null {
  try {
    return utf8Text(decodeForm(raw, 0, raw.length).bytes);
  } catch {
    return null;
  }
}

const decoder = new TextDecoder();
const looseText = (bytes: Uint8Array): string => decoder.decode(bytes);
