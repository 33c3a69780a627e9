// lp(x) = u32 big-endian length || x: the unambiguous concatenation of docs/wire-format.md. Pure.

/** Bytes that `lp` takes for a value of `length` bytes. */
export function lengthPrefixed(length: number): number {
  return 4 + length;
}

/** Writes lp(value) into `out` at `offset`; returns the offset behind it. */
export function writeLengthPrefixed(value: Uint8Array, out: Uint8Array, offset: number): number {
  const at = writeLength(value.length, out, offset);
  out.set(value, at);
  return at + value.length;
}

/** Writes the prefix of lp for a value of `length` bytes; returns the offset behind it. */
export function writeLength(length: number, out: Uint8Array, offset: number): number {
  out[offset] = length >>> 24;
  out[offset + 1] = length >>> 16;
  out[offset + 2] = length >>> 8;
  out[offset + 3] = length;
  return offset + 4;
}

/** lp(first) || lp(second) || ... */
export function concatLengthPrefixed(values: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(values.reduce((sum, value) => sum + lengthPrefixed(value.length), 0));
  let at = 0;
  for (const value of values) at = writeLengthPrefixed(value, out, at);
  return out;
}
