// The sealed values of a scanned body, and whether each is a value of its own or stands inside other text. Pure.
import type { Codec, LongText } from "@fieldseal/core/body";
import { type FormatSettings, findSealed, type SealedValue } from "@fieldseal/core/envelope";

export interface FoundInBody {
  readonly value: SealedValue;
  /** The sealed text itself. */
  readonly text: Uint8Array;
  /** Byte span to replace; where the sealed text is a whole value, the value's, quotes included. */
  readonly start: number;
  readonly end: number;
  readonly place: "value" | "text";
  /** True: in the JSON that a string holds. */
  readonly within?: boolean;
}

/**
 * Finds the sealed values in the texts of a body: its values and names.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED`, `ENVELOPE_VERSION_UNSUPPORTED`, `ENVELOPE_ALG_MISMATCH`.
 */
export function findInBody(body: Uint8Array, texts: readonly LongText[], reading: Reading): FoundInBody[] {
  return texts.flatMap((text) => findInText(body, text, reading));
}

/** How the body is spelled, and what is looked for in it. */
interface Reading {
  readonly codec: Codec;
  readonly formats: FormatSettings;
}

function findInText(body: Uint8Array, longText: LongText, { codec, formats }: Reading): FoundInBody[] {
  const { start, end, escaped, isName, within } = longText;
  const decoded = escaped ? codec.decodeText(body, longText) : null;
  const text = decoded === null ? body.subarray(start, end) : decoded.bytes;
  return findSealed(text, formats).map(({ value, ...span }) => {
    const isAll = span.start === 0 && span.end === text.length;
    const sealed = isAll ? text : text.subarray(span.start, span.end);
    if (isAll && !isName) {
      const quote = codec.quote.length;
      const place = within ?? { start: start - quote, end: end + quote };
      return { value, text: sealed, start: place.start, end: place.end, place: "value", within: within !== undefined };
    }
    const offset = (at: number): number => (decoded === null ? start + at : decoded.offsets[at]!);
    return {
      value,
      text: sealed,
      start: offset(span.start),
      end: offset(span.end),
      place: "text",
      within: within !== undefined,
    };
  });
}
