// The parts of a multipart body (RFC 2046 section 5.1.1), read strictly: wherever two readers could see two different
// lists of parts, it is refused. Pure, linear.
import { utf8Bytes } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { createByteSearch } from "./byte-search.ts";
import { malformedIn } from "./malformed.ts";
import type { MediaType } from "./media-type.ts";
import { skipSpace } from "./white-space.ts";

/** One part: `[start, end)` from its delimiter to the next one, header lines, and the value between. */
export interface Part {
  readonly start: number;
  readonly headersStart: number;
  readonly headersEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly end: number;
}

const malformed = malformedIn("multipart/form-data");

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const hyphen = 0x2d;
/** The longest header lines of a part, together: PHP breaks longer ones where it likes. */
const maxHeaderBytes = 4096;

/**
 * What stands before each part of a media type's bodies: `--` and the boundary. Some readers look for `boundary=`
 * anywhere in it, and some end a quoted boundary at a comma or a space: no other parameter but a charset, and only
 * characters at which nobody stops.
 *
 * @throws {FieldsealError} `MEDIA_TYPE_MISMATCH` where it is missing or anything else.
 */
export function delimiterOf({ parameters }: MediaType): string {
  const boundary = parameters.get("boundary") ?? "";
  const others = parameters.size - (parameters.has("charset") ? 2 : 1);
  if (others !== 0 || !/^[0-9A-Za-z+_.=/-]{1,70}$/.test(boundary)) {
    throw new FieldsealError("MEDIA_TYPE_MISMATCH", "the media type has no valid boundary, or other parameters");
  }
  return `--${boundary}`;
}

/**
 * Takes a body apart. Some readers see a delimiter in the middle of a line, others none in front of white space: wherever
 * it occurs, there must be a delimiter line, between CRLF and CRLF.
 *
 * @throws {FieldsealError} `BODY_MALFORMED` with the offset.
 */
export function partsOf(bytes: Uint8Array, delimiterText: string): Part[] {
  const delimiter = utf8Bytes(delimiterText);
  const search = createByteSearch(delimiter);
  const parts: Part[] = [];
  let start = search(bytes, 0);
  if (start < 0) throw malformed(bytes.length);
  if (start > 0 && (skipSpace(bytes, 0, start) < start || !isLineEnd(bytes, start - 2))) throw malformed(0);
  for (;;) {
    let at = start + delimiter.length;
    if (bytes[at] === hyphen && bytes[at + 1] === hyphen) {
      if (skipSpace(bytes, at + 2, bytes.length) < bytes.length) throw malformed(at);
      return parts;
    }
    if (!isLineEnd(bytes, at)) throw malformed(at);
    at += 2;
    const end = search(bytes, at);
    if (end < 0) throw malformed(bytes.length);
    const valueEnd = end - 2;
    if (!isLineEnd(bytes, valueEnd)) throw malformed(end);
    const headersEnd = endOfHeaders(bytes, at, Math.min(valueEnd, at + maxHeaderBytes));
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

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === carriageReturn && bytes[at + 1] === lineFeed;
}
