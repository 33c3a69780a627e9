// JSON strings (RFC 8259 section 7): decoding with offsets, and writing. Pure.
import { hexValue, utf8Bytes, writePoint } from "../bytes/index.ts";
import type { DecodedText } from "./decoded-text.ts";

const backslash = 0x5c;
/** The letter of an escape that names its character by four digits. */
export const byNumber = 0x75;

/** For each byte behind a backslash, the byte that the two stand for, `byNumber` for itself; 0 where they are no escape. */
export const escapedByte: Uint8Array = new Uint8Array(256);
for (const [letter, stands] of ['""', "\\\\", "//", "b\b", "f\f", "n\n", "r\r", "t\t", "uu"]) {
  escapedByte[letter!.charCodeAt(0)] = stands!.charCodeAt(0);
}

/**
 * Decodes the inside of a JSON string that a scan has accepted.
 * A lone surrogate becomes three bytes that occur in no well-formed text, so that it equals no name.
 */
export function decodeJsonString(source: Uint8Array, start: number, end: number): DecodedText {
  const room = { bytes: new Uint8Array(end - start), offsets: new Uint32Array(end - start + 1) };
  const length = decodeJsonInto(room, source, start, end);
  // Copies: a view of a small array costs the platform an allocation outside its heap, for each name of a body.
  return { bytes: room.bytes.slice(0, length), offsets: room.offsets.slice(0, length + 1) };
}

/** The same into `room`, which holds `end - start` bytes and one more offset; returns the number of bytes. */
export function decodeJsonInto(
  { bytes, offsets }: DecodedText,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  let write = 0;
  let read = start;
  const put = (byte: number, from: number): void => {
    bytes[write] = byte;
    offsets[write++] = from;
  };
  while (read < end) {
    const from = read;
    const byte = source[read++]!;
    if (byte !== backslash) {
      put(byte, from);
      continue;
    }
    const letter = source[read++]!;
    if (letter !== byNumber) {
      put(escapedByte[letter]!, from);
      continue;
    }
    let point = hex4(source, read);
    read += 4;
    if (point >= 0xd800 && point < 0xdc00 && source[read] === backslash && source[read + 1] === byNumber) {
      const low = hex4(source, read + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        read += 6;
      }
    }
    const first = write;
    write = writePoint(point, bytes, write);
    offsets.fill(from, first, write);
  }
  offsets[write] = end;
  return write;
}

/** Decodes the inside of a JSON string in the JSON that another string holds; offsets lead to the outer spelling. */
export function decodeInnerString(source: Uint8Array, start: number, end: number): DecodedText {
  const outer = decodeJsonString(source, start, end);
  const { bytes, offsets } = decodeJsonString(outer.bytes, 0, outer.bytes.length);
  return { bytes, offsets: offsets.map((at) => outer.offsets[at]!) };
}

/** `text` as a JSON string token, quotes included. Lone surrogates are written as escapes. */
export function writeJsonString(text: string): Uint8Array {
  return utf8Bytes(JSON.stringify(text));
}

function hex4(source: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) value = (value << 4) | hexValue[source[i]!]!;
  return value;
}
