// The envelopes of a scanned body, and whether each is a value of its own or stands inside other text. Pure.
import type { Codec, LongText, Scan } from "@fieldseal/core/body";
import { type Envelope, findEnvelopes, parseEnvelope } from "@fieldseal/core/envelope";

export interface FoundEnvelope {
  readonly envelope: Envelope;
  /** The envelope's own text. */
  readonly text: Uint8Array;
  /** Byte span to replace; where the envelope is a whole value, the value's, quotes included. */
  readonly start: number;
  readonly end: number;
  readonly place: "value" | "text";
}

/**
 * Finds the envelopes in the values and names of a body.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED`, `ENVELOPE_VERSION_UNSUPPORTED`.
 */
export function findInBody(body: Uint8Array, scan: Scan, codec: Codec): FoundEnvelope[] {
  return scan.longTexts.flatMap((longText) => findInText(body, longText, codec));
}

function findInText(body: Uint8Array, longText: LongText, codec: Codec): FoundEnvelope[] {
  const { start, end, escaped, isName } = longText;
  const decoded = escaped ? codec.decodeText(body, longText) : null;
  const text = decoded === null ? body.subarray(start, end) : decoded.bytes;
  return findEnvelopes(text).map((span) => {
    const envelopeText = text.slice(span.start, span.end);
    const envelope = parseEnvelope(envelopeText);
    if (!isName && span.start === 0 && span.end === text.length) {
      const quote = codec.quote.length;
      return { envelope, text: envelopeText, start: start - quote, end: end + quote, place: "value" };
    }
    const offset = (at: number): number => (decoded === null ? start + at : decoded.offsets[at]!);
    return { envelope, text: envelopeText, start: offset(span.start), end: offset(span.end), place: "text" };
  });
}
