// A compiled format: how its texts come apart into free numerals and kept parts, and how they are put together again.
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import type { NumeralSink } from "./numeral-sink.ts";
import type { Shape } from "./shape.ts";

/** A text is read or written as a value, or as a token: the two differ where a token is marked as one. */
export type Side = "value" | "token";

/** What makes the tokens: FF1 of the value; a random draw that a vault remembers; a shift of days. */
export type Engine = "ff1" | "vault" | "shift";

/** What somebody should know before choosing a format. */
export interface FormatDescription {
  readonly name: string;
  readonly type: string;
  readonly engine: Engine;
  /** Number of tokens; for texts of several lengths, of the smallest that FF1 is used for. */
  readonly space: bigint;
  /** False for FF1 and shifts: a wrong tenant, key or version gives a plausible wrong value, not an error. */
  readonly authenticated: boolean;
  /** What a token shows of its value, in words. */
  readonly leaks: string;
  /** Digest of the format's declaration: another one where it is declared otherwise. */
  readonly declaration: string;
}

/** A format, compiled and checked. */
export interface Format extends Omit<FormatDescription, "authenticated" | "declaration"> {
  /** UTF-16 units in the longest text that is looked at. */
  readonly maxTextLength: number;
  /** The spelling of `text` that is tokenized. */
  normalize(text: string, side: Side): string;
  /**
   * Appends the free numerals of a normalized text to `sink`, and its kept part to the tweak there.
   *
   * @throws VALUE_CHARACTER_INVALID, VALUE_TOO_SHORT, VALUE_TOO_LONG, VALUE_CHECKSUM_INVALID, VALUE_STRUCTURE_INVALID,
   * TOKEN_INVALID
   */
  read(text: string, side: Side, sink: NumeralSink): Shape;
  /** `text` with its free positions rewritten, as a text of `side`. */
  write(text: string, side: Side, numerals: Uint16Array, start: number): string;
  /** What happens to values too short for FF1. */
  readonly onShort: "refuse" | "vault";
  /** Which values FF1 takes, said to whoever brought a shorter one. */
  readonly fits: string;
  /** Characters that stand between the others and mean nothing. */
  readonly separators: string;
  /** A random token where it is not made of the value's own shape. */
  readonly draw: ((value: string, below: (n: number) => number) => string) | null;
  /** A date moved by days, for the engine `shift`. */
  readonly shift: { readonly maxDays: number; move(text: string, days: number): string } | null;
}

/** The parts of a format that most have alike. */
export const plainFormat: Pick<Format, "normalize" | "onShort" | "separators" | "draw" | "shift" | "fits"> = {
  normalize: (text) => text,
  onShort: "refuse",
  separators: "",
  draw: null,
  shift: null,
  fits: "",
};

/** The error for a text that is not of a format; says nothing of the text. */
export function refused(code: ErrorCode, name: string, what: string, hint?: string): FieldsealError {
  return new FieldsealError(code, `format "${name}": ${what}`, hint === undefined ? {} : { hint });
}

export const notOfAlphabet = (name: string): FieldsealError =>
  refused("VALUE_CHARACTER_INVALID", name, "a character is outside the format's alphabet");
