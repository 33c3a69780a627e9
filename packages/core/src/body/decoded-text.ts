// Text behind its spelling in some grammar, and where each of its bytes came from. Pure.

/** Decoded text as UTF-8 and, for each of its bytes and for its end, the offset in the body that it came from. */
export interface DecodedText {
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
}

/** Room for the text behind `length` bytes: no spelling is shorter than what it says. */
export function roomFor(length: number): DecodedText {
  return { bytes: new Uint8Array(length), offsets: new Uint32Array(length + 1) };
}

/** The first `length` bytes of a room, whose spelling ends at `end`. */
export function filled({ bytes, offsets }: DecodedText, length: number, end: number): DecodedText {
  offsets[length] = end;
  return { bytes: bytes.subarray(0, length), offsets: offsets.subarray(0, length + 1) };
}
