// Envelope text: finding it, taking it apart, and what merely looks like it (docs/wire-format.md). Pure, linear.
import { byteTable, decodeBase64url } from "../bytes/index.ts";
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

/**
 * The wrapped key that was read last. The envelopes of one request share theirs: all but the first know it by its text,
 * which is neither walked nor decoded again.
 */
export interface LastWrapped {
  readonly bytes: Uint8Array;
  /** Length of its text; 0 before the first. */
  readonly length: number;
  /** True where its text stands in `text` at `from`. */
  isAt(text: Uint8Array, from: number): boolean;
  /** Takes another's place. */
  keep(text: Uint8Array, bytes: Uint8Array): void;
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
const dotCount = 6;
const dotsBeforeWrapped = 4;
const likeSegments = 4;
const likeLongest = 40;

const dot = 0x2e;
const f = 0x66;
const s = 0x73;

/** Where an envelope stands, and where the dots between its seven segments do. */
export interface FoundEnvelope extends Span {
  readonly dots: readonly number[];
  /** Its wrapped key, where that is the one that was read last. */
  readonly wrapped: Uint8Array | null;
}

/** For each byte, 1 where its character can stand in a segment. */
export const inSegment: Uint8Array = byteTable("AZ", "az", "09", "_", "-");

/**
 * Finds the envelopes in a text: seven segments from `fs1` to `fs` that touch no `A-Za-z0-9_-`.
 *
 * @throws {FieldsealError} `ENVELOPE_VERSION_UNSUPPORTED` for text of that shape with another version number.
 */
export function findEnvelopes(text: Uint8Array, last?: LastWrapped): FoundEnvelope[] {
  const found = findAllVersions(text, last);
  for (const { start } of found) {
    if (text[start + 2] === 0x31 && text[start + 3] === dot) continue;
    const message = "an envelope has a version that this release does not read";
    throw new FieldsealError("ENVELOPE_VERSION_UNSUPPORTED", message, { offset: start });
  }
  return found;
}

/** The same of any version, for who tells of them all. */
export function findAllVersions(text: Uint8Array, last?: LastWrapped): FoundEnvelope[] {
  const found: FoundEnvelope[] = [];
  for (let at = nextCandidate(text, 0); at >= 0; ) {
    const envelope = envelopeAt(text, at, last);
    if (envelope !== null) found.push(envelope);
    at = nextCandidate(text, envelope?.end ?? at + 1);
  }
  return found;
}

/** True where a text holds an envelope of any version, or something near enough to be taken for one. */
export function holdsEnvelopeLike(text: Uint8Array): boolean {
  for (let at = nextCandidate(text, 0); at >= 0; ) {
    let longest = 0;
    let segments = 0;
    let from = versionEnd(text, at);
    while (text[from] === dot) {
      const end = segmentEnd(text, from + 1);
      if (end === from + 1) break;
      longest = Math.max(longest, end - from - 1);
      if (++segments >= likeSegments && longest >= likeLongest) return true;
      from = end;
    }
    // A candidate among these segments has fewer of them behind it: the search goes on behind the last.
    at = nextCandidate(text, from);
  }
  return false;
}

/**
 * Takes the text of one envelope apart.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED` where a segment is empty, too long or not canonical, the algorithm is
 * unknown or a length is impossible; `ENVELOPE_VERSION_UNSUPPORTED`.
 */
export function parseEnvelope(text: Uint8Array): Envelope {
  const [found] = findEnvelopes(text);
  if (found === undefined || found.start !== 0 || found.end !== text.length) throw malformed();
  return takeApart(text, found);
}

/**
 * Takes what `findEnvelopes` found in `text` apart.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED`, as `parseEnvelope`.
 */
export function takeApart(text: Uint8Array, found: FoundEnvelope, last?: LastWrapped): Envelope {
  const { start, dots } = found;
  const letter = name(text, dots[0]!, dots[1]!);
  const row = algorithms.find((algorithm) => algorithm.letter === letter);
  const kid = name(text, dots[1]!, dots[2]!);
  const field = name(text, dots[2]!, dots[3]!);
  const wrapped = found.wrapped ?? readWrapped(text, dots[3]! + 1, dots[4]!, last);
  const sealed = decodeBase64url(text, dots[4]! + 1, dots[5]);
  if (row === undefined || wrapped === null || !row.wrappedLengths.includes(wrapped.length)) throw malformed();
  if (sealed === null || sealed.length < minSealedLength) throw malformed();
  return {
    alg: row.alg,
    kid,
    field,
    wrapped,
    iv: sealed.subarray(0, ivLength),
    sealed: sealed.subarray(ivLength),
    header: text.subarray(start, dots[4]! + 1),
  };
}

function readWrapped(text: Uint8Array, from: number, to: number, last: LastWrapped | undefined): Uint8Array | null {
  // Of several envelopes in one text, none was read when the others were found.
  if (last !== undefined && isWrapped(text, from, last)) return last.bytes;
  const bytes = decodeBase64url(text, from, to);
  if (bytes !== null) last?.keep(text.subarray(from, to), bytes);
  return bytes;
}

/** Offset of the next `fs`, 1 to 3 digits and dot that no segment character precedes; -1 where there is none. */
function nextCandidate(text: Uint8Array, from: number): number {
  for (let at = text.indexOf(f, from); at >= 0; at = text.indexOf(f, at + 1)) {
    if (text[at + 1] !== s || (at > 0 && inSegment[text[at - 1]!] === 1)) continue;
    const end = versionEnd(text, at);
    if (end > at + 2 && text[end] === dot) return at;
  }
  return -1;
}

/** Offset behind the version number, of at most three digits. */
function versionEnd(text: Uint8Array, at: number): number {
  let end = at + 2;
  while (end < at + 5 && text[end]! >= 0x30 && text[end]! <= 0x39) end++;
  return end;
}

/** The envelope-shaped text at `at`; null where it has not that shape. */
function envelopeAt(text: Uint8Array, at: number, last: LastWrapped | undefined): FoundEnvelope | null {
  const dots: number[] = [];
  let wrapped: Uint8Array | null = null;
  let end = versionEnd(text, at);
  let from = at;
  while (dots.length < dotCount) {
    if (text[end] !== dot) return null;
    dots.push(end);
    from = end + 1;
    if (dots.length === dotsBeforeWrapped && last !== undefined && isWrapped(text, from, last)) {
      end = from + last.length;
      wrapped = last.bytes;
    } else end = segmentEnd(text, from);
    if (end === from) return null;
  }
  return end === from + 2 && text[from] === f && text[from + 1] === s ? { start: at, end, dots, wrapped } : null;
}

/** True where the whole segment from `from` is the wrapped key that was read last. */
function isWrapped(text: Uint8Array, from: number, last: LastWrapped): boolean {
  return text[from + last.length] === dot && last.isAt(text, from);
}

/** Offset behind the characters of a segment that stand from `from` on. */
export function segmentEnd(text: Uint8Array, from: number): number {
  let end = from;
  while (end < text.length && inSegment[text[end]!] === 1) end++;
  return end;
}

/** The segment between two dots. */
function name(text: Uint8Array, before: number, after: number): string {
  if (after - before - 1 > maxNameLength) throw malformed();
  let out = "";
  for (let at = before + 1; at < after; at++) out += String.fromCharCode(text[at]!);
  return out;
}

function malformed(): FieldsealError {
  return new FieldsealError("ENVELOPE_MALFORMED", "an envelope is malformed");
}
