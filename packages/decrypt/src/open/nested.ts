// Whether an opened value itself holds sealed values: in its texts and names, as they mean (docs/wire-format.md, WF-25).
// They stay as they are; this only tells of them. Pure, linear.
import { type Codec, codecOf, type createScan, deepestNesting, minLongText, nothingBelow } from "@fieldseal/core/body";
import { concat, utf8Bytes } from "@fieldseal/core/bytes";
import { type FormatSettings, looksSealed, type OpenedValue } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { openPrimitives } from "../primitives.ts";

/** True where a text or name of `opened`, which is what its kind says, looks like a sealed value of `formats`. */
export function isNested({ kind, value }: OpenedValue, formats: FormatSettings): boolean {
  if (value.length < minLongText) return false;
  const codec = kind === "text" ? null : codecOf(kind);
  if (codec === null) return looksSealed(value, formats);
  if (kind === "form") return looksSealed(decodedWhole(value, codec), formats);
  const bytes = kind === "xml" ? concat([openTag, value, closeTag]) : value;
  const texts = longTextsOf(bytes, codec);
  if (texts === null) return looksSealed(decodedWhole(value, codec), formats);
  return texts.some((text) => {
    const decoded = text.escaped ? codec.decodeText(bytes, text).bytes : bytes.subarray(text.start, text.end);
    return looksSealed(decoded, formats);
  });
}

// An opened value is a JSON text, but the content of an XML element: it needs one around it to be a document.
const openTag = utf8Bytes("<v>");
const closeTag = utf8Bytes("</v>");

const limits = { maxFields: 1, maxDepth: deepestNesting + 1, maxOutputBytes: 1 };
const mediaType = { essence: "", parameters: new Map<string, string>() };

/** Null for what is no document of the codec: an attribute's value, which has no structure. */
function longTextsOf(bytes: Uint8Array, codec: Codec): ReturnType<typeof createScan>["longTexts"] | null {
  try {
    return codec.scan({ bytes, mediaType, root: nothingBelow, limits, isUtf8: openPrimitives.isUtf8 }).longTexts;
  } catch (error) {
    if (error instanceof FieldsealError) return null;
    throw error;
  }
}

function decodedWhole(value: Uint8Array, codec: Codec): Uint8Array {
  return codec.decodeText(value, { start: 0, end: value.length, escaped: true, isName: false }).bytes;
}
