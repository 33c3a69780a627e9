// base64url without padding (RFC 4648 section 5), strict and canonical. Pure.
import { pooledBytes } from "./pool.ts";
import { looseText } from "./utf8.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const encodeTable: Uint8Array = Uint8Array.from(alphabet, (c) => c.charCodeAt(0));
const invalid = 0xff;
const decodeTable: Uint8Array = new Uint8Array(256).fill(invalid);
for (let i = 0; i < 64; i++) decodeTable[encodeTable[i]!] = i;

/** Length in characters of `byteLength` bytes written as base64url without padding. */
export function base64urlLength(byteLength: number): number {
  return Math.ceil((byteLength * 4) / 3);
}

/** Writes `bytes` as base64url ASCII into `out` at `offset`; returns the offset behind it. */
export function writeBase64url(bytes: Uint8Array, out: Uint8Array, offset: number): number {
  const whole = bytes.length - (bytes.length % 3);
  let at = offset;
  for (let i = 0; i < whole; i += 3) {
    const word = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    out[at] = encodeTable[word >> 18]!;
    out[at + 1] = encodeTable[(word >> 12) & 63]!;
    out[at + 2] = encodeTable[(word >> 6) & 63]!;
    out[at + 3] = encodeTable[word & 63]!;
    at += 4;
  }
  if (whole < bytes.length) {
    const first = bytes[whole]!;
    const second = whole + 1 < bytes.length ? bytes[whole + 1]! : 0;
    out[at++] = encodeTable[first >> 2]!;
    out[at++] = encodeTable[((first & 3) << 4) | (second >> 4)]!;
    if (whole + 1 < bytes.length) out[at++] = encodeTable[(second & 15) << 2]!;
  }
  return at;
}

/** `bytes` as base64url text without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  const out = new Uint8Array(base64urlLength(bytes.length));
  writeBase64url(bytes, out, 0);
  return looseText(out);
}

/**
 * Decodes base64url ASCII strictly: no padding, no white space, no other alphabet, no non-zero trailing bits. For public
 * bytes: their array is cut from a pool.
 *
 * @returns the bytes, or `null` where `ascii[start, end)` is not the canonical spelling of any bytes.
 */
export function decodeBase64url(ascii: Uint8Array, start = 0, end: number = ascii.length): Uint8Array | null {
  const length = end - start;
  const rest = length % 4;
  if (rest === 1) return null;
  const out = pooledBytes((length - rest) * 0.75 + (rest === 0 ? 0 : rest - 1));
  let at = 0;
  let seen = 0;
  const whole = end - rest;
  let i = start;
  for (; i < whole; i += 4) {
    const a = decodeTable[ascii[i]!]!;
    const b = decodeTable[ascii[i + 1]!]!;
    const c = decodeTable[ascii[i + 2]!]!;
    const d = decodeTable[ascii[i + 3]!]!;
    seen |= a | b | c | d;
    out[at] = (a << 2) | (b >> 4);
    out[at + 1] = (b << 4) | (c >> 2);
    out[at + 2] = (c << 6) | d;
    at += 3;
  }
  if (rest !== 0) {
    const a = decodeTable[ascii[i]!]!;
    const b = decodeTable[ascii[i + 1]!]!;
    const c = rest === 3 ? decodeTable[ascii[i + 2]!]! : 0;
    seen |= a | b | c;
    out[at++] = (a << 2) | (b >> 4);
    if (rest === 3) out[at++] = (b << 4) | (c >> 2);
    const trailing = rest === 3 ? c & 3 : b & 15;
    if (trailing !== 0) return null;
  }
  return seen > 63 ? null : out;
}
