// The text codec: text/plain, the whole body as `$`. Pure. The grammar `text` has no escapes and no delimiters.
import { byteOrderMarkLength, looseText, utf8Bytes, utf8Text } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import type { Codec, ScanInput, ValueCodec } from "./codec.ts";
import type { DecodedText } from "./decoded-text.ts";
import { scanJson } from "./json-scanner.ts";
import type { Limits } from "./limits.ts";
import { type LongText, nothingBelow, type Scan, ValueKind } from "./match.ts";
import { removeWhole } from "./remove-whole.ts";
import { createScan, noteMatch, noteText } from "./scan.ts";
import { isXmlNameStart } from "./xml-names.ts";

/** How values are spelled where they are simply text: here, and in the parts of a multipart body. */
export const plainText: ValueCodec & Pick<Codec, "encodeText"> = {
  grammar: "text",
  quote: "",
  decodeValue: textOf,
  encodeValue: bytesOf,
  encodeText: bytesOf,
  remove: (_, matches) => removeWhole(matches),
  isValue: (raw) => textOf(raw) !== null,
};

export const text: Codec = {
  ...plainText,
  name: "text",
  shape: "whole",
  scan: scanText,
  decodeText: decodeAsIs,
};

/** A text without escapes, as it is. */
export function decodeAsIs(body: Uint8Array, { start, end }: LongText): DecodedText {
  return {
    bytes: body.subarray(start, end),
    offsets: Uint32Array.from({ length: end - start + 1 }, (_, i) => start + i),
  };
}

function scanText({ bytes, root, limits }: ScanInput): Scan {
  const scan = createScan();
  if (root.selects.length === 0) refuseDocument(bytes, limits);
  const end = bytes.length;
  noteText(scan, 0, end, false, false);
  if (root.notedKinds !== 0) {
    const kind = ValueKind.string;
    noteMatch(scan, { state: root, kind, start: 0, end, outerStart: 0, parent: -1, empty: false }, limits);
  }
  return scan;
}

/** Refuses a JSON object or array, and what begins an XML document: their fields would pass unseen as text. */
function refuseDocument(bytes: Uint8Array, limits: Limits): void {
  const start = firstCharacter(bytes);
  if ((bytes[start] === 0x3c && beginsMarkup(bytes, start + 1)) || holdsJson(bytes, limits)) {
    throw new FieldsealError("MEDIA_TYPE_MISMATCH", "the body is declared to be text and is a JSON or XML document", {
      offset: start,
      hint: "send it with its own content-type",
    });
  }
}

/** Offset of the first byte behind a byte order mark and white space, which JSON may begin with. */
export function firstCharacter(bytes: Uint8Array): number {
  let start = byteOrderMarkLength(bytes);
  while (bytes[start] === 0x20 || (bytes[start]! >= 0x09 && bytes[start]! <= 0x0d)) start++;
  return start;
}

function beginsMarkup(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x21 || bytes[at] === 0x3f || isXmlNameStart(bytes, at, bytes.length);
}

/**
 * True for a JSON object or array, for a text that nests too deeply to tell, and for one that begins with a member of an
 * object: some readers know more than JSON, as Python's do NaN.
 */
export function holdsJson(bytes: Uint8Array, limits: Limits): boolean {
  const start = firstCharacter(bytes);
  if (bytes[start] !== 0x7b && bytes[start] !== 0x5b) return false;
  if (/^(?:\s*\[)*\s*\{\s*"/.test(looseText(bytes))) return true;
  try {
    scanJson(bytes, start, bytes.length, { root: nothingBelow, limits, into: createScan() });
    return true;
  } catch (error) {
    if (error instanceof FieldsealError) return error.code !== "BODY_MALFORMED";
    throw error;
  }
}

function textOf(raw: Uint8Array): string | null {
  try {
    return utf8Text(raw);
  } catch {
    return null;
  }
}

function bytesOf(value: string): Uint8Array | null {
  return value.isWellFormed() ? utf8Bytes(value) : null;
}
