// The header lines of one part of multipart/form-data (RFC 7578 section 4): its name, and what its value is. Pure.
import { looseText } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { type DecodedText, filled, roomFor } from "./decoded-text.ts";
import { byteText } from "./name-keys.ts";

export interface PartHeaders {
  /** Span of the name as spelled, without quotes. */
  readonly nameStart: number;
  readonly nameEnd: number;
  /** True: a file to all readers. Some want a type, or a name that is not empty, and some know no `filename*`. */
  readonly isFile: boolean;
  /** Value of Content-Type; empty where there is none. */
  readonly contentType: string;
}

const doubleQuote = 0x22;
const percent = 0x25;
const carriageReturn = 0x0d;
const backslash = 0x5c;

/** Browsers write these three, and nothing else, in place of `"`, CR and LF (HTML, multipart/form-data encoding). */
const browserEscapes: ReadonlyMap<string, number> = new Map([
  ["%22", doubleQuote],
  ["%0d", carriageReturn],
  ["%0a", 0x0a],
]);

const token = /[\w!#$%&'*+.^`|~-]+/.source;
const headerLine = new RegExp(`(${token}):[ \\t]*(.*)\\r\\n`, "y");
const separator = /[ \t]*;[ \t]*/.source;
// In a name a backslash must escape, and not itself at the end: readers differ about others. Some take the file name for
// an empty one, decode words (RFC 2047), quote by `'` and stop at `*`.
const partName = /(?:"(?!')((?:(?!=\?)[^"\\]|\\"|\\\\(?!"))+)"|([\w!#$%&+.^`|~-]+))/.source;
const fileName = `("(?:[^"\\\\]|\\\\.)*"|${token})`;
// The name first, none twice, no other, as all clients write it.
const disposition = new RegExp(
  `^(form-data${separator}name=)${partName}(?:${separator}filename(\\*?)=${fileName}(?:${separator}filename(?!\\4=)\\*?=${fileName})?)?(?:[ \\t]*;)?[ \\t]*$`,
  "i",
);
const passThrough = /^(?:7bit|8bit|binary)[ \t]*$/i;
// Many readers look for `name=` without reading what stands before it: inside a file name, or in another line.
const nameMark = /(?<!file)name[\s*\d]*=/gi;
// In whatever charset it is: lost to some readers, white space to others, so that names are looked for with and without.
const notAscii = /[^\0-\x7f]+/g;

/**
 * Reads the header lines `[start, end)`, each of which ends with CRLF.
 *
 * @throws {FieldsealError} `BODY_MALFORMED` with the line's offset, for a missing, repeated or encoded name, for text in
 * which a lenient reader would find another one, repeated or folded lines, nested multipart or forms, and transfer
 * encodings.
 */
export function readPartHeaders(bytes: Uint8Array, start: number, end: number): PartHeaders {
  const text = byteText(bytes.subarray(start, end));
  const seen = new Map<string, string>();
  let named: Omit<PartHeaders, "contentType"> | null = null;
  for (let at = 0; at < text.length; at = headerLine.lastIndex) {
    headerLine.lastIndex = at;
    const [, spelled = "", value = ""] = headerLine.exec(text) ?? [];
    const name = spelled.toLowerCase();
    if (name === "" || seen.has(name)) throw malformed(start + at);
    if (name.startsWith("content-")) seen.set(name, value);
    if (name !== "content-disposition") continue;
    const [, before, quoted, bare, star, file] = disposition.exec(value) ?? [];
    if (before === undefined) throw malformed(start + at);
    const valueStart = start + headerLine.lastIndex - value.length - 2;
    const nameStart = valueStart + before.length + (bare === undefined ? 1 : 0);
    named = { nameStart, nameEnd: nameStart + (bare ?? quoted!).length, isFile: star === "" && file !== '""' };
  }
  const contentType = seen.get("content-type") ?? "";
  const encoding = seen.get("content-transfer-encoding") ?? "binary";
  const names = `${text}${text.replace(notAscii, "")}`.match(nameMark);
  const isOdd = /^multipart|urlencoded/i.test(contentType) || !passThrough.test(encoding) || names?.length !== 2;
  if (named === null || isOdd) throw malformed(start);
  return { ...named, isFile: named.isFile && contentType !== "", contentType };
}

/** True where the name as spelled is not the name itself. */
export function isNameEscaped(bytes: Uint8Array, start: number, end: number): boolean {
  const raw = bytes.subarray(start, end);
  return raw.includes(percent) || raw.includes(backslash);
}

/** The name behind its spelling: browsers' percent forms, and backslashes before `"` and `\` as RFC 2045 has them. */
export function decodePartName(source: Uint8Array, start: number, end: number): DecodedText {
  const room = roomFor(end - start);
  const { bytes, offsets } = room;
  let write = 0;
  for (let read = start; read < end; ) {
    offsets[write] = read;
    const byte = source[read]!;
    const plain = byte === percent ? browserEscapes.get(looseText(source, read, read + 3).toLowerCase()) : undefined;
    if (plain !== undefined && read + 3 <= end) {
      bytes[write++] = plain;
      read += 3;
    } else if (byte === backslash) {
      bytes[write++] = source[read + 1]!;
      read += 2;
    } else {
      bytes[write++] = byte;
      read++;
    }
  }
  return filled(room, write, end);
}

function malformed(offset: number): FieldsealError {
  return new FieldsealError("BODY_MALFORMED", "a part of the form has a header that is not accepted", { offset });
}
