// A codec is the grammar of one media type: it finds values and knows how a replacement is written. Types only.
import type { DecodedText } from "./decoded-text.ts";
import type { Limits } from "./limits.ts";
import type { LongText, Match, MatchState, Scan } from "./match.ts";
import type { MediaType } from "./media-type.ts";
import type { Edit } from "./splice.ts";

/** The grammar that a raw value is spelled in; also the container that it may be written back into. */
export type Grammar = "json" | "form" | "xml" | "text" | "json-in-string";

export interface ScanInput {
  readonly bytes: Uint8Array;
  readonly mediaType: MediaType;
  readonly root: MatchState;
  readonly limits: Limits;
  /** True for well-formed UTF-8 (`Primitives.isUtf8`). */
  readonly isUtf8: (bytes: Uint8Array) => boolean;
  /**
   * True: the body is looked at to be opened. What it holds was let pass when it was sealed, by the rules of its own route:
   * parts are neither asked to be text nor read as documents.
   */
  readonly isSealed?: boolean;
}

/** How values are spelled in one grammar. */
export interface ValueCodec {
  readonly grammar: Grammar;
  /** The characters before and behind an envelope that stands in the place of a value: `"` in JSON, else nothing. */
  readonly quote: string;
  /** A raw value as text: a string decoded, other tokens as spelled; null where it is no text (markup). */
  decodeValue(raw: Uint8Array): string | null;
  /** `text` as a whole value; null where the grammar cannot hold it. */
  encodeValue(text: string): Uint8Array | null;
  /** The edits, in any order, that remove values, none inside another, with what belongs to them (member, pair, part, element, attribute). */
  remove(body: Uint8Array, matches: readonly Match[]): Edit[];
  /**
   * True where `raw` is exactly one value of this grammar. `before` is the byte in front of its place: in XML a quote
   * says that the place is an attribute.
   */
  isValue(raw: Uint8Array, before?: number): boolean;
}

export interface Codec extends ValueCodec {
  readonly name: string;
  /** What selectors can address: a tree of containers, names at the top with repeated values, or only the whole. */
  readonly shape: "tree" | "names" | "whole";
  /** True: bodies may hold files, and `scan` checks the UTF-8 of names and texts alone. */
  readonly checksUtf8?: true;
  /**
   * Validates a body in linear time and reports what the matcher wants to know; `scanBody` is the way in.
   *
   * @throws {FieldsealError} `BODY_MALFORMED`, `BODY_TOO_DEEP`, `TOO_MANY_FIELDS`, and codes of the grammar.
   */
  scan(input: ScanInput): Scan;
  /** What no value may hold in a body of this media type, where there is such a thing. */
  readonly delimiter?: (mediaType: MediaType) => string;
  /** The text behind a span that has escapes. */
  decodeText(body: Uint8Array, text: LongText): DecodedText;
  /** `text` for a place inside other text of this grammar; null where the grammar cannot hold it. */
  encodeText(text: string): Uint8Array | null;
}
