// The multipart codec: multipart/form-data (RFC 7578). Pure. Members of the root by part name, no containers.
import { looseText } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import type { Codec, ScanInput } from "./codec.ts";
import { json } from "./json.ts";
import { relocated } from "./malformed.ts";
import { type LongText, type Match, type Mismatch, nothingBelow, type Scan, ValueKind } from "./match.ts";
import { charsetUnsupported, parseMediaType } from "./media-type.ts";
import { delimiterOf, type Part, partsOf } from "./multipart-parts.ts";
import { createNameWalk } from "./names.ts";
import { decodePartName, isNameEscaped, type PartHeaders, readPartHeaders } from "./part-headers.ts";
import { createScan, noteMatch, noteText, scanBody, textCheck } from "./scan.ts";
import { decodeAsIs, holdsJson, plainText } from "./text.ts";
import { xml } from "./xml.ts";

/**
 * A value is what stands between a part's headers and the next delimiter. Only those that a rule selects must be text:
 * many clients send bytes without a file name.
 */
export const multipart: Codec = {
  ...plainText,
  name: "multipart",
  shape: "names",
  checksUtf8: true,
  scan: scanParts,
  delimiter: delimiterOf,
  decodeText: (body, text: LongText) =>
    text.isName ? decodePartName(body, text.start, text.end) : decodeAsIs(body, text),
};

function scanParts({ bytes, mediaType, root, limits, isUtf8, isSealed }: ScanInput): Scan {
  const scan = createScan();
  const parts = partsOf(bytes, delimiterOf(mediaType));
  const headers = parts.map((part) => readHeaders(bytes, part, isUtf8));
  const nameOf = ({ nameStart, nameEnd }: PartHeaders): Uint8Array => decodePartName(bytes, nameStart, nameEnd).bytes;
  const walk = createNameWalk(root, bytes, (visit) => {
    for (const header of headers) visit(nameOf(header), 0, nameOf(header).length);
  });
  for (const [index, part] of parts.entries()) {
    const header = headers[index]!;
    const { start: outerStart, valueStart: start, valueEnd: end, end: outerEnd } = part;
    const name = nameOf(header);
    const state = walk.next(name, 0, name.length);
    const isSelected = state.selects.length > 0;
    const value = { ...header, bytes: bytes.subarray(start, end), start };
    if (isSelected && !isSealed) checkText(value, isUtf8);
    // What is in one part may be the elements that a selector counts, or inside of what it counts.
    const roots = isSelected || isSealed ? [] : [...new Set([state, walk.named(name, 0, name.length)])];
    const mismatches = roots.flatMap((from) => {
      return from.live ? unreachedIn(value, { mediaType, root: from, limits, isUtf8 }) : [];
    });
    const place = { start, end, outerStart, outerEnd, parent: -1, empty: false };
    if (mismatches.length > 0) {
      noteMatch(scan, { ...place, state: { ...nothingBelow, mismatches }, kind: ValueKind.unread }, limits);
    }
    refuseCharset(name, value.bytes);
    noteText(scan, header.nameStart, header.nameEnd, isNameEscaped(bytes, header.nameStart, header.nameEnd), true);
    if (isSelected || (isSealed && state.notedKinds > 0) || !header.isFile) noteText(scan, start, end, false, false);
    if (state.notedKinds === 0) continue;
    noteMatch(scan, { ...place, state, kind: ValueKind.string }, limits);
  }
  return scan;
}

/** File names may be in any charset. */
function readHeaders(bytes: Uint8Array, { headersStart, headersEnd }: Part, isUtf8: ScanInput["isUtf8"]): PartHeaders {
  const headers = readPartHeaders(bytes, headersStart, headersEnd);
  if (!isUtf8(bytes.subarray(headers.nameStart, headers.nameEnd))) throw notUtf8(headersStart);
  return headers;
}

/** The value of a part. */
interface PartValue extends PartHeaders {
  readonly bytes: Uint8Array;
  readonly start: number;
}

function checkText({ contentType, bytes, start }: PartValue, isUtf8: ScanInput["isUtf8"]): void {
  const check = contentType ? textCheck(parseMediaType(contentType), isUtf8) : isUtf8;
  if (!check(bytes)) throw notUtf8(start);
}

/** Servers bind such parts to objects, as those of GraphQL's uploads: what rules select in one would leave in clear. */
function unreachedIn({ contentType, isFile, bytes, start }: PartValue, input: Omit<ScanInput, "bytes">): Mismatch[] {
  const isJson = /^[^;]*[/+-]json\b/i.test(contentType) || (!isFile && holdsJson(bytes, input.limits));
  if (!isJson && !/^(?!image)[^;]*[/+]xml\b/i.test(contentType)) return [];
  const rules = matchesIn(isJson ? json : xml, { ...input, bytes }, start).flatMap(
    ({ state: { selects, variants, mismatches }, kind }) => [
      ...selects,
      ...variants,
      ...mismatches.filter(({ kinds }) => kinds & kind).map(({ rule }) => rule),
    ],
  );
  return rules.map((rule) => ({ rule, kinds: ValueKind.unread }));
}

/** What there is in the document that a part at `start` of the body holds. */
function matchesIn(codec: Codec, input: ScanInput, start: number): readonly Match[] {
  try {
    return scanBody(codec, input).matches;
  } catch (error) {
    throw relocated(error, (at) => start + at);
  }
}

/** HTML's `_charset_` control tells the charset of all parts that do not tell their own. */
function refuseCharset(name: Uint8Array, value: Uint8Array): void {
  if (/^_charset_$/i.test(looseText(name)) && !/^\s*utf-8\s*$/i.test(looseText(value))) throw charsetUnsupported();
}

function notUtf8(offset: number): FieldsealError {
  return new FieldsealError("BODY_NOT_UTF8", "a name or a text of the form is not well-formed UTF-8", { offset });
}
