// Characters and names of XML 1.0 (fifth edition, sections 2.2 and 2.3) and of Namespaces in XML 1.0, in UTF-8. Pure.
import { byteTable, utf8Bytes } from "../bytes/index.ts";

const none = 0;
const follows = 1;
const starts = 2;

// ASCII bytes of names; the colon joins prefix and local name and belongs to neither.
const asciiRole: Uint8Array = byteTable("-", ".", "09");
for (const byte of utf8Bytes("_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) asciiRole[byte] = starts;

const startRanges: readonly (readonly [number, number])[] = [
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
  [0x10000, 0xeffff],
];
const followRanges: readonly (readonly [number, number])[] = [
  [0xb7, 0xb7],
  [0x300, 0x36f],
  [0x203f, 0x2040],
];

/** Offset behind the NCName that begins at `at`; `at` where none does. `bytes` are well-formed UTF-8. */
export function ncNameEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end) {
    const byte = bytes[i]!;
    const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    const role = byte < 0x80 ? asciiRole[byte]! : roleOf(codePoint(bytes, i, length));
    if (role === none || (role === follows && i === at)) return i;
    i += length;
  }
  return i;
}

/** True where a name begins at `at`. */
export function isXmlNameStart(bytes: Uint8Array, at: number, end: number): boolean {
  return ncNameEnd(bytes, at, Math.min(end, at + 4)) > at;
}

/** XML 1.0 production 2, Char. */
export function isXmlChar(point: number): boolean {
  if (point < 0x20) return point === 0x09 || point === 0x0a || point === 0x0d;
  return point <= 0xd7ff || (point >= 0xe000 && point <= 0xfffd) || (point >= 0x10000 && point <= 0x10ffff);
}

function roleOf(point: number): number {
  // White space to parsers that split tags by the `\s` of JavaScript: `<ssn\ufeffx>` is `ssn` to them.
  if (point === 0x1680 || point === 0xfeff) return none;
  const isIn = ([first, last]: readonly [number, number]): boolean => point >= first && point <= last;
  if (startRanges.some(isIn)) return starts;
  return followRanges.some(isIn) ? follows : none;
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  let point = bytes[at]! & (0xff >> (length + 1));
  for (let i = at + 1; i < at + length; i++) point = (point << 6) | (bytes[i]! & 0x3f);
  return point;
}
