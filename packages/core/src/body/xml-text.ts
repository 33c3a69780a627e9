// Character data of XML 1.0: references (section 4.1), CDATA, escaping. Pure. No entity is ever expanded but the five.
import { byteTable, hexValue, utf8Bytes, writePoint } from "../bytes/index.ts";
import { type DecodedText, filled, roomFor } from "./decoded-text.ts";
import { isXmlChar } from "./xml-names.ts";

const ampersand = 0x26;
const semicolon = 0x3b;
const lessThan = 0x3c;
const greaterThan = 0x3e;

const entities: ReadonlyMap<string, number> = new Map([
  ["lt", 0x3c],
  ["gt", 0x3e],
  ["amp", 0x26],
  ["apos", 0x27],
  ["quot", 0x22],
]);
const maxEntityName = 4;
const inReference: Uint8Array = byteTable("#", "09", "AZ", "az");

/** Offset of the `;` of the reference whose `&` is at `at`; -1 where it is none of ours or no character of XML. */
export function referenceEnd(bytes: Uint8Array, at: number, end: number): number {
  const stop = bytes[at + 1] === 0x23 ? end : Math.min(end, at + maxEntityName + 2);
  let i = at + 1;
  while (i < stop && inReference[bytes[i]!] === 1) i++;
  return i < stop && bytes[i] === semicolon && pointOf(bytes, at + 1, i) >= 0 ? i : -1;
}

/**
 * The text behind character data that a scan has accepted: references resolved, CDATA unwrapped, comments and processing
 * instructions dropped, line ends as section 2.11 says.
 */
export function decodeXmlText(source: Uint8Array, start: number, end: number): DecodedText {
  const room = roomFor(end - start);
  const { bytes, offsets } = room;
  let write = 0;
  let cdataEnd = -1;
  for (let read = start; read < end; ) {
    const byte = source[read]!;
    if (read === cdataEnd) {
      cdataEnd = -1;
      read += 3;
    } else if (byte === ampersand && cdataEnd < 0) {
      const stop = referenceEnd(source, read, end);
      const before = write;
      write = writePoint(pointOf(source, read + 1, stop), bytes, write);
      offsets.fill(read, before, write);
      read = stop + 1;
    } else if (byte === lessThan && cdataEnd < 0) {
      const opener = source[read + 1] === 0x3f ? 0x3f : source[read + 2]!;
      if (opener === 0x5b) {
        read += 9;
        cdataEnd = markupEnd(source, read, end, 0x5d, 2);
      } else {
        read =
          opener === 0x3f
            ? markupEnd(source, read + 2, end, 0x3f, 1) + 2
            : markupEnd(source, read + 4, end, 0x2d, 2) + 3;
      }
    } else {
      const isFirstOfCrLf = byte === 0x0d && read + 1 < end && source[read + 1] === 0x0a;
      if (!isFirstOfCrLf) {
        offsets[write] = read;
        bytes[write++] = byte === 0x0d ? 0x0a : byte;
      }
      read++;
    }
  }
  return filled(room, write, end);
}

/** Offset of `byte` `times` over and `>`, at or behind `at`; -1 where it does not occur. */
export function markupEnd(bytes: Uint8Array, at: number, end: number, byte: number, times: 1 | 2): number {
  for (let i = bytes.indexOf(greaterThan, at + times); i >= 0 && i < end; i = bytes.indexOf(greaterThan, i + 1)) {
    if (bytes[i - 1] === byte && bytes[i - times] === byte) return i - times;
  }
  return -1;
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** `text` for content or attribute; white space as references, which no parser normalises; null for what XML cannot hold. */
export function escapeXml(text: string): Uint8Array | null {
  for (const char of text) if (!isXmlChar(char.codePointAt(0)!)) return null;
  return utf8Bytes(text.replace(/[&<>"'\t\n\r]/g, (char) => escapes[char]!));
}

/** The character of the reference between `&` and `;`; -1 where there is none. */
function pointOf(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] !== 0x23) {
    let name = "";
    for (let i = from; i < to; i++) name += String.fromCharCode(bytes[i]!);
    return entities.get(name) ?? -1;
  }
  const isHex = bytes[from + 1] === 0x78;
  const radix = isHex ? 16 : 10;
  const first = from + (isHex ? 2 : 1);
  let point = 0;
  for (let i = first; i < to; i++) {
    const digit = hexValue[bytes[i]!]!;
    if (digit >= radix) return -1;
    point = Math.min(point * radix + digit, 0x110000);
  }
  return first < to && isXmlChar(point) ? point : -1;
}
