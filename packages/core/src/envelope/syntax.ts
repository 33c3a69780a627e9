// Envelope text: finding it, taking it apart, and what merely looks like it (docs/wire-format.md). Pure, linear.
import { decodeBase64url } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { type Alg, algorithms } from "./algorithms.ts";

/** A parsed envelope; nothing in it is authenticated yet. */
export interface Envelope {
  readonly alg: Alg;
  readonly kid: string;
  readonly field: string;
  /** The wrapped data key. */
  readonly wrapped: Uint8Array;
  readonly iv: Uint8Array;
  /** ciphertext || tag */
  readonly sealed: Uint8Array;
  /** The ASCII from `fs1` through the dot before `sealed`: what the AAD holds of it. */
  readonly header: Uint8Array;
}

/** Where an envelope stands: `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const ivLength = 12;
export const tagLength = 16;
const minSealedLength = ivLength + tagLength + 2;
const maxNameLength = 64;
const segmentCount = 7;
const likeSegments = 4;
const likeLongest = 40;

const dot = 0x2e;
const f = 0x66;
const s = 0x73;

// A-Z a-z 0-9 - _
const inSegment: Uint8Array = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
  inSegment[char.charCodeAt(0)] = 1;
}

/**
 * Finds the envelopes in `bytes[start, end)`: seven segments from `fs1` to `fs` that touch no `A-Za-z0-9_-`.
 *
 * @throws {FieldsealError} `ENVELOPE_VERSION_UNSUPPORTED` for text of that shape with another version number.
 */
export function findEnvelopes(bytes: Uint8Array, start = 0, end: number = bytes.length): Span[] {
  const spans: Span[] = [];
  for (let at = nextCandidate(bytes, start, start, end); at >= 0; ) {
    const stop = envelopeEnd(bytes, at, end);
    if (stop > 0) {
      const isV1 = bytes[at + 2] === 0x31 && bytes[at + 3] === dot;
      if (!isV1) {
        const message = "an envelope has a version that this release does not read";
        throw new FieldsealError("ENVELOPE_VERSION_UNSUPPORTED", message, { offset: at });
      }
      spans.push({ start: at, end: stop });
    }
    at = nextCandidate(bytes, start, stop > 0 ? stop : at + 1, end);
  }
  return spans;
}

/** True where `bytes[start, end)` holds an envelope of any version, or text near enough to be taken for one. */
export function holdsEnvelopeLike(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
  for (let at = nextCandidate(bytes, start, start, end); at >= 0; at = nextCandidate(bytes, start, at + 1, end)) {
    let segments = 0;
    let longest = 0;
    let from = versionEnd(bytes, at, end);
    while (from < end && bytes[from] === dot && segments < segmentCount) {
      const stop = segmentEnd(bytes, from + 1, end);
      if (stop === from + 1) break;
      segments++;
      longest = Math.max(longest, stop - from - 1);
      if (segments >= likeSegments && longest >= likeLongest) return true;
      from = stop;
    }
  }
  return false;
}

/**
 * Takes the envelope text `bytes[start, end)` apart.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED` where a segment is empty, too long or not canonical, the algorithm is
 * unknown or a length is impossible; `ENVELOPE_VERSION_UNSUPPORTED`.
 */
export function parseEnvelope(bytes: Uint8Array, start = 0, end: number = bytes.length): Envelope {
  const [span] = findEnvelopes(bytes, start, end);
  if (span === undefined || span.start !== start || span.end !== end) throw malformed(start);
  const dots: number[] = [];
  for (let at = bytes.indexOf(dot, start); dots.length < segmentCount - 1; at = bytes.indexOf(dot, at + 1)) dots.push(at);
  const letter = ascii(bytes, dots[0]! + 1, dots[1]!);
  const row = algorithms.find((algorithm) => algorithm.letter === letter);
  const kid = ascii(bytes, dots[1]! + 1, dots[2]!);
  const field = ascii(bytes, dots[2]! + 1, dots[3]!);
  const wrapped = decodeBase64url(bytes, dots[3]! + 1, dots[4]);
  const sealed = decodeBase64url(bytes, dots[4]! + 1, dots[5]);
  if (row === undefined || kid.length > maxNameLength || field.length > maxNameLength) throw malformed(start);
  if (wrapped === null || !row.wrappedLengths.includes(wrapped.length)) throw malformed(start);
  if (sealed === null || sealed.length < minSealedLength) throw malformed(start);
  return {
    alg: row.alg,
    kid,
    field,
    wrapped,
    iv: sealed.subarray(0, ivLength),
    sealed: sealed.subarray(ivLength),
    header: bytes.slice(start, dots[4]! + 1),
  };
}

/** Offset of the next `fs` and digits that no segment character precedes; -1 where there is none. */
function nextCandidate(bytes: Uint8Array, floor: number, from: number, end: number): number {
  for (let at = bytes.indexOf(f, from); at >= 0 && at + 2 < end; at = bytes.indexOf(f, at + 1)) {
    if (bytes[at + 1] !== s || (at > floor && inSegment[bytes[at - 1]!] === 1)) continue;
    const stop = versionEnd(bytes, at, end);
    if (stop > at + 2 && stop <= at + 5 && bytes[stop] === dot && stop < end) return at;
  }
  return -1;
}

function versionEnd(bytes: Uint8Array, at: number, end: number): number {
  let stop = at + 2;
  while (stop < end && bytes[stop]! >= 0x30 && bytes[stop]! <= 0x39) stop++;
  return stop;
}

/** Offset behind the envelope-shaped text at `at`; 0 where it has not that shape. */
function envelopeEnd(bytes: Uint8Array, at: number, end: number): number {
  let stop = versionEnd(bytes, at, end);
  for (let segment = 1; segment < segmentCount; segment++) {
    if (stop >= end || bytes[stop] !== dot) return 0;
    const from = stop + 1;
    stop = segmentEnd(bytes, from, end);
    if (stop === from) return 0;
    if (segment === segmentCount - 1 && !(stop === from + 2 && bytes[from] === f && bytes[from + 1] === s)) return 0;
  }
  return stop;
}

function segmentEnd(bytes: Uint8Array, from: number, end: number): number {
  let stop = from;
  while (stop < end && inSegment[bytes[stop]!] === 1) stop++;
  return stop;
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end, start + maxNameLength + 1)));
}

function malformed(offset: number): FieldsealError {
  return new FieldsealError("ENVELOPE_MALFORMED", "an envelope is malformed", { offset });
}
