// JSON files that people write: what is wrong is told with line and column. I/O at the edges, else pure.
import { codecFor, parseMediaType } from "@fieldseal/core/body";
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import { type FilePlace, LocatedError } from "./errors/located-error.ts";
import { readBytes } from "./files.ts";
import { type WalkedValue, walkBody } from "./walk.ts";

/** A parsed JSON file, and where its parts stand. */
export interface JsonFile<T> {
  readonly file: string;
  /** The JSON value. */
  readonly document: unknown;
  /** What the reader made of it. */
  readonly parsed: T;
  /** The place of a JSON Pointer: of a member, its name. */
  locate(pointer: string): FilePlace;
}

/**
 * Reads and parses a JSON file.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE`; `code` for malformed JSON and repeated members; what `parse` throws, with
 * file, line and column where it has a JSON Pointer.
 */
export async function readJsonFile<T>(
  file: string,
  code: ErrorCode,
  parse: (value: unknown) => T,
): Promise<JsonFile<T>> {
  return parseJsonFile(file, await readBytes(file), code, parse);
}

/** The same, of bytes that are there. */
export function parseJsonFile<T>(
  file: string,
  bytes: Uint8Array,
  code: ErrorCode,
  parse: (value: unknown) => T,
): JsonFile<T> {
  const text = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  const placeAt = (offset: number): FilePlace => ({ file, ...lineAndColumn(text, offset) });
  const values = scan(text, code, placeAt);
  const offsets = new Map<string, number>();
  for (const { path, outerStart } of values) {
    const pointer = path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
    if (offsets.has(pointer)) {
      const error = new FieldsealError(code, `${pointer}: this member is there twice`, { pointer });
      throw new LocatedError(error, placeAt(outerStart));
    }
    offsets.set(pointer, outerStart);
  }
  const locate = (pointer: string): FilePlace => placeAt(offsets.get(pointer) ?? 0);
  const document: unknown = JSON.parse(new TextDecoder().decode(text));
  try {
    return { file, document, parsed: parse(document), locate };
  } catch (error) {
    if (!(error instanceof FieldsealError) || error.pointer === undefined) throw error;
    throw new LocatedError(error, locate(error.pointer));
  }
}

function scan(text: Uint8Array, code: ErrorCode, placeAt: (offset: number) => FilePlace): WalkedValue[] {
  const mediaType = parseMediaType("application/json");
  try {
    return walkBody(text, codecFor(mediaType)!, mediaType);
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error;
    const { offset = 0 } = error;
    const malformed = error.code === "BODY_TOO_DEEP" ? "this nests too deep" : "this is not well-formed JSON";
    const what = text.length === 0 ? "the file is empty" : malformed;
    const details = isUtf16(text)
      ? { offset, hint: "it is UTF-16, as Windows PowerShell writes: save it as UTF-8" }
      : { offset };
    throw new LocatedError(new FieldsealError(code, what, details), placeAt(offset));
  }
}

function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** Line and column of a byte offset, both from 1; the column counts characters. */
function lineAndColumn(bytes: Uint8Array, offset: number): { readonly line: number; readonly column: number } {
  const before = new TextDecoder().decode(bytes.subarray(0, offset));
  const lines = before.split("\n");
  return { line: lines.length, column: [...lines.at(-1)!].length + 1 };
}
