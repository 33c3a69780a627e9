// UTF-8 text and bytes. Pure. Whether bytes are well-formed is asked once, at the door (`Primitives.isUtf8`).

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const looseDecoder = new TextDecoder();

// Arrays of so few bytes are the engine's own; the platform's encoder allocates outside of it.
const shortText = 64;

/** `text` as UTF-8 bytes. Lone surrogates become U+FFFD, as everywhere on the platform. */
export function utf8Bytes(text: string): Uint8Array {
  if (text.length > shortText) return encoder.encode(text);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return encoder.encode(text);
    bytes[i] = code;
  }
  return bytes;
}

/** Text of well-formed UTF-8 `bytes`, a leading BOM included. Throws a TypeError on malformed bytes. */
export function utf8Text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Text of `bytes[start, end)`; what is no UTF-8 becomes U+FFFD, and a byte order mark is left out. */
export function looseText(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return looseDecoder.decode(bytes.subarray(start, end));
}

/** Length of the byte order mark that `bytes` begin with: 3, or 0 where there is none. */
export function byteOrderMarkLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Writes ASCII `text` into `out` at `offset`; returns the offset behind it. */
export function writeAscii(text: string, out: Uint8Array, offset: number): number {
  for (let i = 0; i < text.length; i++) out[offset + i] = text.charCodeAt(i);
  return offset + text.length;
}

/** Writes a code point, lone surrogates included, in the way of UTF-8; returns the offset behind it. */
export function writePoint(point: number, out: Uint8Array, at: number): number {
  let write = at;
  if (point < 0x80) {
    out[write++] = point;
    return write;
  }
  if (point < 0x800) out[write++] = 0xc0 | (point >> 6);
  else {
    if (point < 0x10000) out[write++] = 0xe0 | (point >> 12);
    else {
      out[write++] = 0xf0 | (point >> 18);
      out[write++] = 0x80 | ((point >> 12) & 63);
    }
    out[write++] = 0x80 | ((point >> 6) & 63);
  }
  out[write++] = 0x80 | (point & 63);
  return write;
}
