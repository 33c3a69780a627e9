// The header lines of one part of multipart/form-data (RFC 7578 section 4): its name, and what its value is. Pure.
import { byteTable, looseText } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import type { DecodedText } from "./codec.ts";

export interface PartHeaders {
  /** Span of the name as spelled, without quotes. */
  readonly nameStart: number;
  readonly nameEnd: number;
  /** True: the header gives a file name. */
  readonly isFile: boolean;
  /** Value of Content-Type; null where there is none. */
  readonly contentType: string | null;
}

const tab = 0x09;
const carriageReturn = 0x0d;
const space = 0x20;
const doubleQuote = 0x22;
const percent = 0x25;
const colon = 0x3a;
const semicolon = 0x3b;
const equalsSign = 0x3d;
const backslash = 0x5c;

const tokenByte: Uint8Array = byteTable("09", "AZ", "az", ..."!#$%&'*+-.^_`|~");

/** Browsers write these three, and nothing else, in place of `"`, CR and LF (HTML, multipart/form-data encoding). */
const browserEscapes: ReadonlyMap<string, number> = new Map([
  ["%22", doubleQuote],
  ["%0d", carriageReturn],
  ["%0a", 0x0a],
]);

const passThrough = ["7bit", "8bit", "binary"];

/**
 * Reads the header lines `[start, end)`, each of which ends with CRLF.
 *
 * @throws {FieldsealError} `BODY_MALFORMED` with the offset, for a missing, repeated or encoded name, for text in which a
 * lenient reader would find another one, repeated or folded lines, nested multipart and transfer encodings.
 */
export function readPartHeaders(bytes: Uint8Array, start: number, end: number): PartHeaders {
  let disposition: Omit<PartHeaders, "contentType"> | null = null;
  let contentType: string | null = null;
  const seen = new Set<string>();
  for (let at = start; at < end; ) {
    const nameEnd = tokenEnd(bytes, at, end);
    if (nameEnd === at || bytes[nameEnd] !== colon) throw malformed(at);
    const name = looseText(bytes, at, nameEnd).toLowerCase();
    const lineEnd = bytes.indexOf(carriageReturn, nameEnd);
    const valueStart = skipBlanks(bytes, nameEnd + 1, lineEnd);
    if (seen.has(name)) throw malformed(at);
    if (name.startsWith("content-")) seen.add(name);
    if (name === "content-disposition") {
      disposition = readDisposition(bytes, valueStart, lineEnd);
    } else if (name === "content-type") {
      contentType = looseText(bytes, valueStart, lineEnd).trimEnd();
      if (contentType.toLowerCase().startsWith("multipart")) throw malformed(valueStart);
    } else if (name === "content-transfer-encoding") {
      const encoding = looseText(bytes, valueStart, lineEnd).trimEnd().toLowerCase();
      if (!passThrough.includes(encoding)) throw malformed(valueStart);
    }
    at = lineEnd + 2;
  }
  // Many readers look for `name=` without reading what stands before it: inside a file name, or in another line.
  const names = looseText(bytes, start, end).match(/(?<!file)name[\s*\d]*=/gi);
  if (disposition === null || names?.length !== 1) throw malformed(start);
  return { ...disposition, contentType };
}

/** True where the name as spelled is not the name itself. */
export function isNameEscaped(bytes: Uint8Array, start: number, end: number): boolean {
  const raw = bytes.subarray(start, end);
  return raw.includes(percent) || raw.includes(backslash);
}

/** The name behind its spelling: browsers' percent forms, and backslashes before `"` and `\` as RFC 2045 has them. */
export function decodePartName(source: Uint8Array, start: number, end: number): DecodedText {
  const bytes = new Uint8Array(end - start);
  const offsets = new Uint32Array(end - start + 1);
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
  offsets[write] = end;
  return { bytes: bytes.subarray(0, write), offsets: offsets.subarray(0, write + 1) };
}

/** `form-data; name="..."; filename="..."; filename*=...`: the name first, none twice, no other, as all clients write it. */
function readDisposition(bytes: Uint8Array, start: number, end: number): Omit<PartHeaders, "contentType"> {
  const typeEnd = tokenEnd(bytes, start, end);
  if (looseText(bytes, start, typeEnd).toLowerCase() !== "form-data") throw malformed(start);
  const seen = new Set<string>();
  let name: { readonly nameStart: number; readonly nameEnd: number } | null = null;
  for (let at = skipBlanks(bytes, typeEnd, end); at < end; at = skipBlanks(bytes, at, end)) {
    if (bytes[at] !== semicolon) throw malformed(at);
    const from = skipBlanks(bytes, at + 1, end);
    if (from === end) break;
    const equals = tokenEnd(bytes, from, end);
    const parameter = looseText(bytes, from, equals).toLowerCase();
    if (equals === from || bytes[equals] !== equalsSign || equals >= end) throw malformed(from);
    const isName = parameter === "name";
    if (isName !== (name === null) || seen.has(parameter) || !/^(?:name|filename\*?)$/.test(parameter))
      throw malformed(from);
    seen.add(parameter);
    const isQuoted = bytes[equals + 1] === doubleQuote;
    const valueStart = equals + (isQuoted ? 2 : 1);
    const valueEnd: number = isQuoted ? quotedEnd(bytes, valueStart, end, isName) : bareEnd(bytes, valueStart, end);
    if (isName) {
      // Some readers take the file name for an empty one, decode words (RFC 2047), quote by `'` and stop at `*`.
      const misread = isQuoted ? /^$|^'|=\?/ : /['*]/;
      if (misread.test(looseText(bytes, valueStart, valueEnd))) throw malformed(valueStart);
      name = { nameStart: valueStart, nameEnd: valueEnd };
    }
    at = valueEnd + (isQuoted ? 1 : 0);
  }
  if (name === null) throw malformed(start);
  return { ...name, isFile: seen.size > 1 };
}

/** Offset of the quote that ends a quoted string. In a name a backslash must escape: readers differ about others. */
function quotedEnd(bytes: Uint8Array, at: number, end: number, isName: boolean): number {
  for (let i = at; i < end; i++) {
    if (bytes[i] === doubleQuote) return i;
    if (bytes[i] !== backslash) continue;
    const escapes = i + 1 < end && (bytes[i + 1] === doubleQuote || bytes[i + 1] === backslash);
    if (escapes) i++;
    else if (isName) throw malformed(i);
  }
  throw malformed(at);
}

/** Offset behind an unquoted value: a token. */
function bareEnd(bytes: Uint8Array, at: number, end: number): number {
  const stop = tokenEnd(bytes, at, end);
  if (stop === at) throw malformed(at);
  return stop;
}

function tokenEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && tokenByte[bytes[i]!] === 1) i++;
  return i;
}

function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && (bytes[i] === space || bytes[i] === tab)) i++;
  return i;
}

function malformed(offset: number): FieldsealError {
  return new FieldsealError("BODY_MALFORMED", "a part of the form has a header that is not accepted", { offset });
}
