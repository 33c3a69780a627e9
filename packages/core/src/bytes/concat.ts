// Joining and comparing byte strings. Pure.
import { sameBytes } from "./same-bytes.ts";

/** All parts in one new array. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** True when both hold the same bytes. Not constant-time: for public bytes only. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return sameBytes(a, 0, a.length, b, 0, b.length);
}
