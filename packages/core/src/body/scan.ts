// The way into a codec, and what codecs share in writing down what they find. Pure.
import { looseText } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import type { Codec, ScanInput } from "./codec.ts";
import { type Limits, minLongText } from "./limits.ts";
import type { Match, Scan } from "./match.ts";
import { charsetUnsupported, type MediaType } from "./media-type.ts";

/**
 * Scans a body, once its UTF-8 is known to be well-formed.
 *
 * @throws {FieldsealError} `BODY_NOT_UTF8`, `CHARSET_UNSUPPORTED`, and the codes of the codec.
 */
export function scanBody(codec: Codec, input: ScanInput): Scan {
  const isUtf8 = textCheck(input.mediaType, input.isUtf8);
  if (!codec.checksUtf8 && !isUtf8(input.bytes)) {
    throw new FieldsealError("BODY_NOT_UTF8", "the body is not well-formed UTF-8");
  }
  return codec.scan({ ...input, isUtf8 });
}

/**
 * The check of text that is declared to be of a media type. Java's clients declare ISO-8859-1 where nobody told them the
 * charset: what is ASCII is the same in it.
 */
export function textCheck({ essence, parameters }: MediaType, isUtf8: ScanInput["isUtf8"]): ScanInput["isUtf8"] {
  if (!/^iso/i.test(parameters.get("charset") ?? "")) return isUtf8;
  const other = /urlencoded$/.test(essence) ? /[^\0-\x7f]|%[89a-f]/i : /[^\0-\x7f]/;
  return (bytes) => {
    if (other.test(looseText(bytes))) throw charsetUnsupported();
    return true;
  };
}

// A selector has at most that many steps: more places than that, for each field, lead to none.
const notedForField = 32;

export function createScan(): Scan {
  return { matches: [], longTexts: [], selected: 0, noted: 0 };
}

/**
 * Notes a value that the matcher wants to be told of.
 *
 * @throws {FieldsealError} `TOO_MANY_FIELDS` with the value's offset.
 */
export function noteMatch(scan: Scan, match: Match, limits: Limits): void {
  if (match.state.selects.length > 0) countField(scan, limits, match.start);
  countNoted(scan, limits, match.start);
  scan.matches.push(match);
}

/** Counts a value that is noted, selected or not. @throws {FieldsealError} `TOO_MANY_FIELDS` with its offset. */
export function countNoted(scan: Scan, limits: Limits, offset: number): void {
  if (++scan.noted > notedForField * limits.maxFields) throw tooManyFields(offset);
}

/** Counts a field. @throws {FieldsealError} `TOO_MANY_FIELDS` with its offset. */
export function countField(scan: Scan, limits: Limits, offset: number): void {
  if (++scan.selected > limits.maxFields) throw tooManyFields(offset);
}

function tooManyFields(offset: number): FieldsealError {
  return new FieldsealError("TOO_MANY_FIELDS", "the rules select more fields than the limit allows", { offset });
}

/** Notes the text `[start, end)` where it is long enough to matter. */
export function noteText(scan: Scan, start: number, end: number, escaped: boolean, isName: boolean): void {
  if (end - start >= minLongText) scan.longTexts.push({ start, end, escaped, isName });
}
