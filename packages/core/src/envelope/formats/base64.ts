// base64 (RFC 4648, section 4) as other products write it, read through base64url. Pure.
import { decodeBase64url } from "../../bytes/index.ts";

const plus = 0x2b;
const slash = 0x2f;
const minus = 0x2d;
const underscore = 0x5f;
const equalsSign = 0x3d;
const space = 0x20;

/** Decodes canonical, padded base64; null for any other spelling. */
export function decodeBase64(ascii: Uint8Array): Uint8Array | null {
  if (ascii.length % 4 !== 0 || ascii.includes(minus) || ascii.includes(underscore)) return null;
  return decodeBase64url(toUrlAlphabet(ascii.subarray(0, paddingStart(ascii))));
}

/** Decodes base64 of either alphabet, padded or not, in which each `+` may have become a space; null for other text. */
export function decodeWornBase64(ascii: Uint8Array): Uint8Array | null {
  return decodeBase64url(toUrlAlphabet(ascii.subarray(0, paddingStart(ascii))));
}

/** Offset of the padding, of at most two characters. */
function paddingStart(ascii: Uint8Array): number {
  let end = ascii.length;
  while (end > 0 && end > ascii.length - 2 && ascii[end - 1] === equalsSign) end--;
  return end;
}

function toUrlAlphabet(ascii: Uint8Array): Uint8Array {
  return ascii.map((byte) => {
    if (byte === plus || byte === space) return minus;
    return byte === slash ? underscore : byte;
  });
}
