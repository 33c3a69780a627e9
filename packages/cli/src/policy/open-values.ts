// The strings and numbers of a body, a query or a header that no rule covers, decoded. Pure.
import { type Codec, codecFor, codecOf, type MediaType, parseMediaType, ValueKind } from "@fieldseal/core/body";
import { utf8Bytes } from "@fieldseal/core/bytes";
import { holdsEnvelopeLike } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { type Step, type WalkedValue, walkBody } from "../walk.ts";

export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** One value that no rule covers. */
export interface OpenValue {
  readonly path: readonly Step[];
  /** Where the value stands in the JSON of a string: its path in there. */
  readonly within: readonly Step[] | null;
  readonly text: string;
}

const jsonType = parseMediaType("application/json");
const json = codecFor(jsonType)!;

/** The open values outside of `covered`, those in the JSON of strings included, one level deep. */
export function* openValues(
  { bytes, codec, mediaType }: { readonly bytes: Uint8Array; readonly codec: Codec; readonly mediaType: MediaType },
  covered: readonly ByteSpan[],
): Generator<OpenValue> {
  const isCovered = coverageOfSpans(covered);
  for (const value of walkBody(bytes, codec, mediaType)) {
    const text = textOf(value, bytes, codec);
    if (text === null || isCovered(value)) continue;
    const inner = value.kind === ValueKind.string ? valuesWithin(text) : null;
    if (inner === null) {
      yield { path: value.path, within: null, text };
      continue;
    }
    const quote = codec.quote.length;
    const from = { start: value.start + quote, end: value.end - quote, escaped: true, isName: false };
    const decoded = codec.decodeText(bytes, from);
    const place = (at: number): number => decoded.offsets[at]!;
    const source = utf8Bytes(text);
    for (const one of inner) {
      const innerText = textOf(one, source, codecOf("json")!);
      const isOpen = !isCovered({ start: place(one.start), end: place(one.end) });
      if (innerText !== null && isOpen) yield { path: value.path, within: one.path, text: innerText };
    }
  }
}

/** The values of a string that is itself a JSON object or array; null where it is none. */
function valuesWithin(text: string): WalkedValue[] | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return walkBody(utf8Bytes(text), json, jsonType);
  } catch (error) {
    if (error instanceof FieldsealError) return null;
    throw error;
  }
}

function textOf({ kind, start, end }: WalkedValue, bytes: Uint8Array, codec: Codec): string | null {
  if (kind !== ValueKind.string && kind !== ValueKind.scalar) return null;
  const text = codec.decodeValue(bytes.subarray(start, end));
  if (text === null || text === "" || text === "true" || text === "false") return null;
  return holdsEnvelopeLike(utf8Bytes(text)) ? null : text;
}

/** Whether a span lies in a covered one; asked in the order of the body. */
function coverageOfSpans(covered: readonly ByteSpan[]): (span: ByteSpan) => boolean {
  const spans = covered.toSorted((a, b) => a.start - b.start);
  let next = 0;
  let coveredTo = 0;
  return ({ start, end }) => {
    for (; next < spans.length && spans[next]!.start <= start; next++) {
      coveredTo = Math.max(coveredTo, spans[next]!.end);
    }
    return end <= coveredTo;
  };
}
