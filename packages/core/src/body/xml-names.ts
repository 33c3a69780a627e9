// Characters and names of XML 1.0 (fifth edition, sections 2.2 and 2.3) and of Namespaces in XML 1.0, in UTF-8. Pure.
import { byteTable, utf8Bytes } from "../bytes/index.ts";

const none = 0;
const follows = 1;
const starts = 2;

// ASCII bytes of names; the colon joins prefix and local name and belongs to neither.
const asciiRole: Uint8Array = byteTable("-", ".", "09");
for (const byte of utf8Bytes("_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) asciiRole[byte] = starts;

// Without U+1680 and U+FEFF, white space to parsers that split tags by the `\s` of JavaScript: `<ssn\ufeffx>` is `ssn`
// to them.
const starting =
  /[\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u167f\u1681-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff00-\ufffd\u{10000}-\u{effff}]/u;
const following = /[\u0300-\u036f\xb7\u203f\u2040]/;

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
  const char = String.fromCodePoint(point);
  if (starting.test(char)) return starts;
  return following.test(char) ? follows : none;
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  let point = bytes[at]! & (0xff >> (length + 1));
  for (let i = at + 1; i < at + length; i++) point = (point << 6) | (bytes[i]! & 0x3f);
  return point;
}
