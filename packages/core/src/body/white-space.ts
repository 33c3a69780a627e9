// White space of JSON and XML, and around the parts of multipart: space, tab, line feed, carriage return. Pure.
import { byteTable } from "../bytes/index.ts";

/** For each byte, 1 where it is white space. */
export const whiteSpace: Uint8Array = byteTable(" ", "\n", "\r", "\t");

/** Offset of the first byte at or behind `at` that is no white space; `end` where there is none. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && whiteSpace[bytes[i]!] === 1) i++;
  return i;
}
