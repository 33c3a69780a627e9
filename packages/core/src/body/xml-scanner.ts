// One pass over the bytes of an XML document: well-formedness (XML 1.0, fifth edition, without DTD; qualified names),
// the matcher's walk, spans. Pure, iterative, linear; builds no document. Bytes are well-formed UTF-8.
import { looseText, sameBytes, utf8Bytes } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { type Limits, minLongText } from "./limits.ts";
import { malformedIn, tooDeep } from "./malformed.ts";
import { type Match, type MatchState, nothingBelow, type Room, type Scan, ValueKind } from "./match.ts";
import { noteMatch, noteText } from "./scan.ts";
import { createSiblingIndex, type SiblingCounts, type SiblingGroups } from "./siblings.ts";
import { skipSpace } from "./white-space.ts";
import { createAttributeNames } from "./xml-attribute-names.ts";
import { declarationEnd } from "./xml-declaration.ts";
import { ncNameEnd } from "./xml-names.ts";
import { decodeXmlText, markupEnd, referenceEnd } from "./xml-text.ts";

export interface XmlScanOptions {
  readonly root: MatchState;
  readonly limits: Limits;
  /** Where matches and long texts are appended. */
  readonly into: Scan;
  /** True: the content of an element, not a document. */
  readonly fragment?: boolean;
  /** How many siblings share each name, from a counting pass. */
  readonly counts?: SiblingCounts;
  /** Where a counting pass writes them. */
  readonly countInto?: SiblingCounts;
}

/** What stays known of an element while it is open. The document counts as one. */
interface OpenElement {
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly state: MatchState;
  readonly match: Match | null;
  readonly contentStart: number;
  /** The children so far, by name. */
  groups: SiblingGroups;
  hasElements: boolean;
  hasText: boolean;
}

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const exclamation = 0x21;
const doubleQuote = 0x22;
const ampersand = 0x26;
const singleQuote = 0x27;
const hyphen = 0x2d;
const slash = 0x2f;
const colon = 0x3a;
const lessThan = 0x3c;
const equalsSign = 0x3d;
const greaterThan = 0x3e;
const question = 0x3f;
const bracket = 0x5b;
const closeBracket = 0x5d;

// What a byte means in character data: 0 plain, 1 white space, 2 forbidden, 3 may begin U+FFFE or U+FFFF, 4 markup.
const role: Uint8Array = new Uint8Array(256);
role.fill(2, 0, space);
for (const byte of [tab, lineFeed, carriageReturn, space]) role[byte] = 1;
role[0xef] = 3;
for (const byte of [ampersand, lessThan, closeBracket]) role[byte] = 4;

const malformed = malformedIn("XML");

// libxml2 still knows the one of a draft.
const xinclude = /^http:\/\/www\.w3\.org\/200[13]\/XInclude$/;
const xmlns = utf8Bytes("xmlns");
const cdataOpening = utf8Bytes("<![CDATA[");

/**
 * Scans the XML document (or, as a fragment, the content) `bytes[start, end)`.
 *
 * @throws {FieldsealError} `BODY_MALFORMED` (with the offset), `BODY_TOO_DEEP`, `TOO_MANY_FIELDS`, `XML_DTD_REFUSED`,
 * `XML_XINCLUDE_REFUSED`, `CHARSET_UNSUPPORTED`.
 */
export function scanXml(bytes: Uint8Array, start: number, end: number, options: XmlScanOptions): void {
  const { root, limits, into, fragment = false } = options;
  const isMatching = options.countInto === undefined;
  const siblings = createSiblingIndex(bytes, options.counts, options.countInto);
  const document = opened({ nameStart: start, nameEnd: start, state: root, match: null, contentStart: start });
  const open: OpenElement[] = [];
  const attributes: Match[] = [];
  const attributeNames = createAttributeNames(bytes);
  let top = document;
  let i = fragment ? start : declarationEnd(bytes, start, end);
  let textStart = i;
  let isEscaped = false;

  if (root.notedKinds !== 0 && isMatching) {
    const kind = ValueKind.object;
    noteMatch(into, { state: root, kind, start, end, outerStart: start, parent: -1, empty: false }, limits);
  }
  while (i < end) {
    if (bytes[i] !== lessThan) {
      readText();
      continue;
    }
    const next = bytes[i + 1];
    if (next === question) {
      readInstruction();
    } else if (next === exclamation) {
      if (bytes[i + 2] === bracket) readCdata();
      else readComment();
    } else {
      noteText(into, textStart, i, isEscaped, false);
      if (next === slash) readEndTag();
      else readStartTag();
      textStart = i;
      isEscaped = false;
    }
  }
  if (open.length > 0 || (!fragment && !document.hasElements)) throw malformed(end);
  noteText(into, textStart, end, isEscaped, false);

  function readText(): void {
    const isOutside = top === document && !fragment;
    for (; i < end && bytes[i] !== lessThan; i++) {
      const meaning = role[bytes[i]!]!;
      if (meaning === 1) continue;
      if (meaning !== 0) refuseForbidden(bytes, i);
      if (isOutside) throw malformed(i);
      top.hasText = true;
      if (bytes[i] === ampersand) {
        isEscaped = true;
        i = endOfReference(bytes, i, end);
      } else if (bytes[i] === closeBracket && bytes[i + 1] === closeBracket && bytes[i + 2] === greaterThan) {
        throw malformed(i);
      }
    }
  }

  function readInstruction(): void {
    const nameEnd = ncNameEnd(bytes, i + 2, end);
    const isXml = nameEnd === i + 5 && /^xml$/i.test(looseText(bytes, i + 2, nameEnd));
    const stop = markupEnd(bytes, nameEnd, end, question, 1);
    if (nameEnd === i + 2 || isXml || stop < 0 || (stop > nameEnd && role[bytes[nameEnd]!] !== 1)) throw malformed(i);
    refuseForbiddenIn(bytes, nameEnd, stop);
    refuseUnclear(bytes, nameEnd, stop);
    isEscaped = true;
    i = stop + 2;
  }

  function readComment(): void {
    if (bytes[i + 2] !== hyphen || bytes[i + 3] !== hyphen) throw declarationRefused(bytes, i);
    const stop = markupEnd(bytes, i + 4, end, hyphen, 2);
    // `<!-->` and `<!--->` are whole comments to parsers that know HTML.
    if (stop < 0 || bytes[bytes[i + 4] === hyphen ? i + 5 : i + 4] === greaterThan) throw malformed(i);
    refuseForbiddenIn(bytes, i + 4, stop);
    for (let k = i + 4; k < stop; k++) if (bytes[k] === hyphen && bytes[k + 1] === hyphen) throw malformed(k);
    isEscaped = true;
    i = stop + 3;
  }

  function readCdata(): void {
    const from = i + 9;
    if (!sameBytes(bytes, i, from, cdataOpening, 0, cdataOpening.length)) throw malformed(i);
    const stop = markupEnd(bytes, from, end, closeBracket, 2);
    if (stop < 0 || (top === document && !fragment)) throw malformed(i);
    refuseForbiddenIn(bytes, from, stop);
    if (stop > from) top.hasText = true;
    isEscaped = true;
    i = stop + 3;
  }

  function readEndTag(): void {
    if (top === document) throw malformed(i);
    const { nameStart, nameEnd, match } = top;
    const closingEnd = i + 2 + nameEnd - nameStart;
    if (!sameBytes(bytes, nameStart, nameEnd, bytes, i + 2, closingEnd)) throw malformed(i);
    const stop = skipSpace(bytes, closingEnd, end);
    if (bytes[stop] !== greaterThan || stop >= end) throw malformed(i);
    if (match !== null) {
      match.kind = top.hasElements ? ValueKind.object : top.hasText ? ValueKind.text : ValueKind.null;
      match.empty = match.kind === ValueKind.null;
      match.end = i;
      match.outerEnd = stop + 1;
    }
    open.pop();
    top = open.at(-1) ?? document;
    i = stop + 1;
  }

  function readStartTag(): void {
    const tagStart = i;
    if (top === document && document.hasElements && !fragment) throw malformed(i);
    if (open.length === limits.maxDepth) throw tooDeep(i);
    top.hasElements = true;
    const nameStart = i + 1;
    const localStart = localNameStart(bytes, nameStart, end);
    const nameEnd = ncNameEnd(bytes, localStart, end);
    noteText(into, nameStart, nameEnd, false, true);
    const named = top.state.live ? top.state.member(bytes, localStart, nameEnd) : nothingBelow;
    const state = siblings.place(named, top, localStart, nameEnd);
    i = nameEnd;
    attributeNames.clear();
    for (;;) {
      const at = skipSpace(bytes, i, end);
      if (at >= end) throw malformed(end);
      const byte = bytes[at]!;
      if (byte === greaterThan || (byte === slash && bytes[at + 1] === greaterThan && at + 1 < end)) break;
      if (at === i) throw malformed(at);
      readAttribute(at, i, state);
    }
    const tagEnd = skipSpace(bytes, i, end);
    const isEmptyTag = bytes[tagEnd] === slash;
    const contentStart = isEmptyTag ? tagEnd : tagEnd + 1;
    if (attributes.length > 0) {
      for (const attribute of attributes) noteMatch(into, { ...attribute, parent: contentStart }, limits);
      attributes.length = 0;
    }
    const parent = top.contentStart;
    i = isEmptyTag ? tagEnd + 2 : tagEnd + 1;
    let match: Match | null = null;
    if (state.notedKinds !== 0 && isMatching) {
      const span = { start: contentStart, end: contentStart, outerStart: tagStart, outerEnd: i };
      const room = isEmptyTag ? { room: roomInEmptyTag(bytes, nameStart, nameEnd, tagEnd) } : {};
      match = { state, kind: ValueKind.null, ...span, parent, empty: true, ...room };
      noteMatch(into, match, limits);
    }
    if (isEmptyTag) return;
    top = opened({ nameStart, nameEnd, state, match, contentStart });
    open.push(top);
  }

  /** Reads the attribute at `at`, behind the white space at `outerStart`. */
  function readAttribute(at: number, outerStart: number, element: MatchState): void {
    const localStart = localNameStart(bytes, at, end);
    const nameEnd = ncNameEnd(bytes, localStart, end);
    if (!attributeNames.add(at, nameEnd)) throw malformed(at);
    const equals = skipSpace(bytes, nameEnd, end);
    const opening = skipSpace(bytes, equals + 1, end);
    const quote = bytes[opening];
    if (bytes[equals] !== equalsSign || (quote !== doubleQuote && quote !== singleQuote)) throw malformed(equals);
    const start = opening + 1;
    const stop = attributeValueEnd(bytes, start, end, quote);
    if (stop >= end) throw malformed(start);
    i = stop + 1;
    noteText(into, at, nameEnd, false, true);
    if (stop - start >= minLongText) {
      noteText(into, start, stop, bytes.subarray(start, stop).includes(ampersand), false);
    }
    if (isNamespaceDeclaration(bytes, at, nameEnd)) {
      refuseXInclude(bytes, start, stop);
      return;
    }
    if (!element.live || !isMatching) return;
    const name = attributeNames.withAtSign(localStart, nameEnd);
    const state = element.member(name, 0, nameEnd - localStart + 1).among(0, 1);
    if (state.notedKinds === 0) return;
    const span = { start, end: stop, outerStart, outerEnd: i };
    attributes.push({ state, kind: ValueKind.string, ...span, parent: -1, empty: false });
  }
}

/**
 * Offset of the quote that ends the attribute value that begins at `at`; `end` where none does.
 *
 * @throws {FieldsealError} `BODY_MALFORMED` for what no attribute value may hold.
 */
export function attributeValueEnd(bytes: Uint8Array, at: number, end: number, quote: number): number {
  let i = at;
  for (; i < end && bytes[i] !== quote; i++) {
    const meaning = role[bytes[i]!]!;
    if (meaning < 2) continue;
    refuseForbidden(bytes, i);
    if (bytes[i] === lessThan) throw malformed(i);
    if (bytes[i] === ampersand) i = endOfReference(bytes, i, end);
  }
  return i;
}

function opened(element: Omit<OpenElement, "groups" | "hasElements" | "hasText">): OpenElement {
  return { ...element, groups: null, hasElements: false, hasText: false };
}

/** Start of the local name of the qualified name at `at`. */
function localNameStart(bytes: Uint8Array, at: number, end: number): number {
  const stop = ncNameEnd(bytes, at, end);
  if (stop === at) throw malformed(at);
  if (bytes[stop] !== colon) return at;
  if (ncNameEnd(bytes, stop + 1, end) === stop + 1) throw malformed(stop);
  return stop + 1;
}

/** `<ssn/>` becomes `<ssn>` replacement `</ssn>`. */
function roomInEmptyTag(bytes: Uint8Array, nameStart: number, nameEnd: number, at: number): Room {
  const after = new Uint8Array(nameEnd - nameStart + 3);
  after.set([lessThan, slash]);
  after.set(bytes.subarray(nameStart, nameEnd), 2);
  after[after.length - 1] = greaterThan;
  return { start: at, end: at + 2, before: Uint8Array.of(greaterThan), after };
}

/** Namespace declarations are no attributes: nothing selects them. */
function isNamespaceDeclaration(bytes: Uint8Array, start: number, end: number): boolean {
  if (!sameBytes(bytes, start, start + 5, xmlns, 0, 5)) return false;
  return end === start + 5 || bytes[start + 5] === colon;
}

function refuseXInclude(bytes: Uint8Array, start: number, end: number): void {
  if (xinclude.test(looseText(decodeXmlText(bytes, start, end).bytes))) {
    throw new FieldsealError("XML_XINCLUDE_REFUSED", "the document declares the namespace of XInclude", {
      offset: start,
    });
  }
}

function endOfReference(bytes: Uint8Array, at: number, end: number): number {
  const stop = referenceEnd(bytes, at, end);
  if (stop < 0) throw malformed(at);
  return stop;
}

function refuseForbidden(bytes: Uint8Array, at: number): void {
  const isNoChar = role[bytes[at]!] === 2 || (bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2]! >= 0xbe);
  if (isNoChar) throw malformed(at);
}

function refuseForbiddenIn(bytes: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) if (role[bytes[i]!]! >= 2) refuseForbidden(bytes, i);
}

/**
 * An instruction ends elsewhere to parsers that look for `>`, pass over `?>` in quotes, or read `??` as a pair: what
 * stands behind could be an element to them and a comment to us.
 */
function refuseUnclear(bytes: Uint8Array, start: number, end: number): void {
  let quote = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === lessThan || byte === greaterThan || (byte === question && bytes[i + 1] === byte)) throw malformed(i);
    if (byte === quote) quote = 0;
    else if (quote === 0 && (byte === doubleQuote || byte === singleQuote)) quote = byte;
  }
  if (quote !== 0) throw malformed(end);
}

function declarationRefused(bytes: Uint8Array, offset: number): FieldsealError {
  const letter = bytes[offset + 2]! | 0x20;
  if (letter < 0x61 || letter > 0x7a) return malformed(offset);
  return new FieldsealError("XML_DTD_REFUSED", "the document has a document type declaration", { offset });
}
