// Alphabets by code point (NFC): which numeral a character is. Pure.

/** Characters in the order of their numerals. */
export interface Alphabet {
  readonly radix: number;
  readonly characters: readonly string[];
  /** Numeral of a code point, or undefined. */
  numeralOf(codePoint: number): number | undefined;
}

const digits = "0123456789";
const lower = "abcdefghijklmnopqrstuvwxyz";
const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Alphabets by name. */
export const namedAlphabets: Readonly<Record<string, string>> = {
  digits,
  lower,
  upper,
  letters: upper + lower,
  "alphanumeric-lower": digits + lower,
  "alphanumeric-upper": digits + upper,
  alphanumeric: digits + upper + lower,
  "hex-lower": `${digits}abcdef`,
  "hex-upper": `${digits}ABCDEF`,
};

// What may compose with the character before it (NFC_Quick_Check is not Yes): marks, Hangul vowels and finals, Kirat Rai vowels.
const composing = /[\p{M}\u1160-\u11ff\u{16d60}-\u{16d6f}]/u;

/** True for a character that may become one with the one before it. */
export function joinsBefore(character: string): boolean {
  return composing.test(character);
}

/** Half of a pair, which no text encoding can carry. */
export const loneSurrogate: RegExp = /\p{Cs}/u;

/**
 * What is wrong with `characters` as an alphabet, or null: 2 to 65,536 code points, each once, in NFC and none that
 * joins the one before it, so that every string of them is in NFC and has one spelling.
 */
export function alphabetFault(characters: string): string | null {
  if (loneSurrogate.test(characters)) return "a surrogate stands alone";
  if (characters.normalize("NFC") !== characters) return "its characters are not in NFC";
  if (composing.test(characters)) return "a character joins the one before it";
  const points = Array.from(characters);
  if (points.length < 2 || points.length > 65_536) return "it has fewer than 2 or more than 65536 characters";
  return new Set(points).size === points.length ? null : "a character is in it twice";
}

/** The alphabet of these characters, which have no fault. */
export function createAlphabet(text: string): Alphabet {
  const characters = Array.from(text);
  const table = new Map(characters.map((character, numeral) => [character.codePointAt(0)!, numeral]));
  const ascii = Array.from({ length: 128 }, (_, code) => table.get(code));
  return {
    radix: characters.length,
    characters,
    numeralOf: (codePoint) => (codePoint < 128 ? ascii[codePoint] : table.get(codePoint)),
  };
}
