// The XML codec: application/xml, text/xml and every +xml (XML 1.0, fifth edition). Pure.
// `$` is the document, its one member the root element; members are child elements by local name and attributes as
// `@name`.
import { byteOrderMarkLength, utf8Text } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import type { Codec, ScanInput } from "./codec.ts";
import { valueLimits } from "./limits.ts";
import { type Match, nothingBelow, type Scan } from "./match.ts";
import { removeWhole } from "./remove-whole.ts";
import { createScan } from "./scan.ts";
import type { SiblingCounts } from "./siblings.ts";
import type { Edit } from "./splice.ts";
import { attributeValueEnd, scanXml } from "./xml-scanner.ts";
import { decodeXmlText, escapeXml, markupEnd } from "./xml-text.ts";

const lessThan = 0x3c;
const quotes = [0x22, 0x27];

/**
 * The value of an element is its whole content, that of an attribute what stands between the quotes.
 * A name step selects all siblings of that name, an index, slice or `[*]` behind it some of them; `[*]` and `.*` differ
 * there: `.*` goes on to members. An element with child elements is an `object`, one with characters only `text`, others
 * `null`. An empty-element tag is opened to make room for a replacement. Text runs through CDATA, comments and
 * processing instructions up to the next tag; what comments and instructions say themselves is not text.
 */
export const xml: Codec = {
  name: "xml",
  grammar: "xml",
  shape: "tree",
  quote: "",
  scan: scanDocument,
  decodeText: (body, { start, end }) => decodeXmlText(body, start, end),
  decodeValue: (raw) => (holdsMarkup(raw) ? null : utf8Text(decodeXmlText(raw, 0, raw.length).bytes)),
  encodeValue: escapeXml,
  encodeText: escapeXml,
  remove: removeNodes,
  isValue,
};

function scanDocument({ bytes, root, limits }: ScanInput): Scan {
  const into = createScan();
  const start = byteOrderMarkLength(bytes);
  if (!root.countsLengths) {
    scanXml(bytes, start, bytes.length, { root, limits, into });
    return into;
  }
  const counts: SiblingCounts = { starts: [], sizes: [] };
  scanXml(bytes, start, bytes.length, { root, limits, into: createScan(), countInto: counts });
  scanXml(bytes, start, bytes.length, { root, limits, into, counts });
  return into;
}

/** A document without its root element is none. */
function removeNodes(body: Uint8Array, matches: readonly Match[]): Edit[] {
  const root = matches.find(({ parent }) => parent === byteOrderMarkLength(body));
  if (root === undefined) return removeWhole(matches);
  throw new FieldsealError("FIELD_SHAPE_MISMATCH", "the root element cannot be removed", { offset: root.outerStart });
}

/** True where content is more than characters: CDATA is only another spelling of them. */
function holdsMarkup(raw: Uint8Array): boolean {
  for (let at = raw.indexOf(lessThan); at >= 0; at = raw.indexOf(lessThan, at + 1)) {
    if (raw[at + 1] !== 0x21 || raw[at + 2] !== 0x5b) return true;
    at = markupEnd(raw, at + 9, raw.length, 0x5d, 2) + 2;
  }
  return false;
}

function isValue(raw: Uint8Array, before?: number): boolean {
  try {
    utf8Text(raw);
    if (before !== undefined && quotes.includes(before)) {
      return attributeValueEnd(raw, 0, raw.length, before) === raw.length;
    }
    scanXml(raw, 0, raw.length, { root: nothingBelow, limits: valueLimits, into: createScan(), fragment: true });
    return true;
  } catch (error) {
    if (error instanceof FieldsealError || error instanceof TypeError) return false;
    throw error;
  }
}
