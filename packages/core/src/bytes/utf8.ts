// UTF-8 text and bytes. Pure. Whether bytes are well-formed is asked once, at the door (`Primitives.isUtf8`).

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `text` as UTF-8 bytes. Lone surrogates become U+FFFD, as everywhere on the platform. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of well-formed UTF-8 `bytes`, a leading BOM included. Throws a TypeError on malformed bytes. */
export function utf8Text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
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
