// The multipart codec: multipart/form-data (RFC 7578). Pure. Members of the root by part name, no containers.
import { looseText } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import type { Codec, ScanInput } from "./codec.ts";
import { type LongText, type Scan, ValueKind } from "./match.ts";
import { parseMediaType } from "./media-type.ts";
import { boundaryOf, type Part, partsOf } from "./multipart-parts.ts";
import { createNameWalk } from "./names.ts";
import { decodePartName, isNameEscaped, type PartHeaders, readPartHeaders } from "./part-headers.ts";
import { createScan, noteMatch, noteText } from "./scan.ts";
import { decodeAsIs, plainText } from "./text.ts";

/**
 * A value is what stands between a part's headers and the next delimiter, as text. Parts with a file name are files:
 * only those that a rule selects are read as text, the others pass whatever their bytes are.
 */
export const multipart: Codec = {
  ...plainText,
  name: "multipart",
  shape: "names",
  checksUtf8: true,
  scan: scanParts,
  decodeText: (body, text: LongText) =>
    text.isName ? decodePartName(body, text.start, text.end) : decodeAsIs(body, text),
};

function scanParts({ bytes, mediaType, root, limits, isUtf8 }: ScanInput): Scan {
  const scan = createScan();
  const parts = partsOf(bytes, boundaryOf(mediaType));
  const headers = parts.map((part) => readHeaders(bytes, part, isUtf8));
  const nameOf = ({ nameStart, nameEnd }: PartHeaders): Uint8Array => decodePartName(bytes, nameStart, nameEnd).bytes;
  const stateOf = createNameWalk(root, bytes, (visit) => {
    for (const header of headers) visit(nameOf(header), 0, nameOf(header).length);
  });
  for (const [index, part] of parts.entries()) {
    const header = headers[index]!;
    const { start: outerStart, valueStart: start, valueEnd: end, end: outerEnd } = part;
    const name = nameOf(header);
    const state = stateOf(name, 0, name.length);
    const isSelected = state.selects.length > 0;
    if (isSelected || !header.isFile) checkText(bytes, part, header, isSelected, isUtf8);
    if (isCharsetName(name)) checkCharset(bytes, start, end);
    noteText(scan, header.nameStart, header.nameEnd, isNameEscaped(bytes, header.nameStart, header.nameEnd), true);
    if (isSelected || !header.isFile) noteText(scan, start, end, false, false);
    if (state.notedKinds === 0) continue;
    const kind = ValueKind.string;
    noteMatch(scan, { state, kind, start, end, outerStart, outerEnd, parent: -1, empty: false }, limits);
  }
  return scan;
}

function readHeaders(bytes: Uint8Array, part: Part, isUtf8: ScanInput["isUtf8"]): PartHeaders {
  const { headersStart, headersEnd } = part;
  if (!isUtf8(bytes.subarray(headersStart, headersEnd))) throw notUtf8(headersStart);
  return readPartHeaders(bytes, headersStart, headersEnd);
}

/** Text is UTF-8; what nobody selects may be in a charset that it declares. */
function checkText(
  bytes: Uint8Array,
  { valueStart, valueEnd }: Part,
  { contentType }: PartHeaders,
  isSelected: boolean,
  isUtf8: ScanInput["isUtf8"],
): void {
  try {
    if (contentType !== null && contentType !== "") parseMediaType(contentType);
  } catch (cause) {
    if (!(cause instanceof FieldsealError)) throw cause;
    if (isSelected) throw new FieldsealError(cause.code, cause.message, { offset: valueStart, cause });
    if (cause.code === "CHARSET_UNSUPPORTED") return;
  }
  if (!isUtf8(bytes.subarray(valueStart, valueEnd))) throw notUtf8(valueStart);
}

// HTML's `_charset_` control tells the charset of all parts that do not tell their own.
const charsetName = "_charset_";

function isCharsetName(name: Uint8Array): boolean {
  return name.length === charsetName.length && looseText(name).toLowerCase() === charsetName;
}

function checkCharset(bytes: Uint8Array, start: number, end: number): void {
  if (looseText(bytes, start, end).trim().toLowerCase() === "utf-8") return;
  throw new FieldsealError("CHARSET_UNSUPPORTED", "the form declares a charset other than UTF-8", { offset: start });
}

function notUtf8(offset: number): FieldsealError {
  return new FieldsealError("BODY_NOT_UTF8", "a name or a text of the form is not well-formed UTF-8", { offset });
}
