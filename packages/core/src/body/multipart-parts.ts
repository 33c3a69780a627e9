// The parts of a multipart body (RFC 2046 section 5.1.1), read strictly: wherever two readers could see two different
// lists of parts, it is refused. Pure, linear.
import { utf8Bytes } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { createByteSearch } from "./byte-search.ts";
import type { MediaType } from "./media-type.ts";

/** One part: `[start, end)` from its delimiter to the next one, header lines, and the value between. */
export interface Part {
  readonly start: number;
  readonly headersStart: number;
  readonly headersEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly end: number;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const hyphen = 0x2d;

/**
 * The boundary of a media type.
 *
 * @throws {FieldsealError} `MEDIA_TYPE_MISMATCH` where it is missing or not 1 to 70 boundary characters.
 */
export function boundaryOf({ parameters }: MediaType): string {
  const boundary = parameters.get("boundary") ?? "";
  if (!/^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary)) {
    throw new FieldsealError("MEDIA_TYPE_MISMATCH", "the media type has no valid boundary");
  }
  return boundary;
}

/**
 * Takes a body apart. Wherever the delimiter begins a line, or stands where a reader that is blind to lines would take it
 * for one, there must be a delimiter line, between CRLF and CRLF.
 *
 * @throws {FieldsealError} `BODY_MALFORMED` with the offset.
 */
export function partsOf(bytes: Uint8Array, boundary: string): Part[] {
  const delimiter = utf8Bytes(`--${boundary}`);
  const search = createByteSearch(delimiter);
  const parts: Part[] = [];
  const divides = (at: number): boolean => {
    const before = bytes[at - 1];
    return before === carriageReturn || before === lineFeed || endsLine(bytes, at + delimiter.length);
  };
  let start = search(bytes, 0, () => true);
  if (start < 0) throw malformed(bytes.length);
  if (start > 0 && (blankEnd(bytes, 0) < start || !isLineEnd(bytes, start - 2))) throw malformed(0);
  for (;;) {
    let at = start + delimiter.length;
    const isLast = bytes[at] === hyphen && bytes[at + 1] === hyphen;
    if (isLast) at += 2;
    while (bytes[at] === 0x20 || bytes[at] === 0x09) at++;
    if (isLast && at === bytes.length) return parts;
    if (!isLineEnd(bytes, at)) throw malformed(at);
    at += 2;
    if (isLast) {
      if (blankEnd(bytes, at) < bytes.length) throw malformed(at);
      return parts;
    }
    const end = search(bytes, at, divides);
    if (end < 0) throw malformed(bytes.length);
    const valueEnd = end - 2;
    if (!isLineEnd(bytes, valueEnd)) throw malformed(end);
    const headersEnd = endOfHeaders(bytes, at, valueEnd);
    parts.push({ start, headersStart: at, headersEnd, valueStart: headersEnd + 2, valueEnd, end });
    start = end;
  }
}

/** Offset of the blank line that ends header lines; all lines end with CRLF and hold no other controls but tabs. */
function endOfHeaders(bytes: Uint8Array, start: number, end: number): number {
  for (let lineStart = start, i = start; i + 2 <= end; i++) {
    const byte = bytes[i]!;
    if (byte === carriageReturn && bytes[i + 1] === lineFeed) {
      if (i === lineStart) return i;
      i++;
      lineStart = i + 1;
    } else if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f) {
      throw malformed(i);
    }
  }
  throw malformed(end);
}

/** True where a delimiter that ends at `at` could be one of a lenient reader. */
function endsLine(bytes: Uint8Array, at: number): boolean {
  const behind = bytes[at] === hyphen && bytes[at + 1] === hyphen ? at + 2 : at;
  return behind >= bytes.length || isBlank(bytes[behind]!);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === carriageReturn || byte === lineFeed;
}

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === carriageReturn && bytes[at + 1] === lineFeed;
}

/** Offset of the first byte at or behind `at` that is no white space. */
function blankEnd(bytes: Uint8Array, at: number): number {
  let i = at;
  while (i < bytes.length && isBlank(bytes[i]!)) i++;
  return i;
}

function malformed(offset: number): FieldsealError {
  return new FieldsealError("BODY_MALFORMED", "the body is not well-formed multipart/form-data", { offset });
}
