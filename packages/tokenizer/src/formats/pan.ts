// Card numbers (ISO/IEC 7812-1): FF1 over the free digits but one, then the Luhn digit plus k. Injective for Luhn-valid
// numbers only, so others are refused; nothing is ever walked towards a checksum. Pure.
import { issuerRanges } from "@fieldseal/core/identifiers";
import { minLength as shortestFor } from "../ff1/index.ts";
import { clearing, digits, laidOut, takeDigits } from "./digit-text.ts";
import { type Engine, type Format, notOfAlphabet, plainFormat, refused, type Side } from "./format.ts";
import { luhnDigitAt } from "./luhn-digit.ts";
import { keepDigits } from "./numeral-sink.ts";
import { type Shape, shapeByLength, uniformShape } from "./shape.ts";

/**
 * How a token is told from a card number: it fails Luhn; it passes (not told apart); a letter stands in it; it begins
 * with digits that no issuer has (vault only); or nothing is done, and one token in ten passes Luhn.
 */
export type Distinguishability = "luhn-invalid" | "luhn-valid" | "alpha-marker" | "reserved-prefix" | "none";

export interface PanOptions {
  readonly name: string;
  readonly engine: Engine;
  readonly keepFirst: number;
  readonly keepLast: number;
  readonly distinguishability: Distinguishability;
  /** k, added to the Luhn digit of `luhn-invalid` tokens. */
  readonly luhnOffset: number;
  /** The letter of `alpha-marker` tokens. */
  readonly marker: string;
  /** The first digits of `reserved-prefix` tokens. */
  readonly prefix: string;
  /** Digits in the shortest number. */
  readonly minLength: number;
  readonly onShort: "refuse" | "vault";
}

const maxDigits = 19;
const separators = " -";
const layout = /^[0-9A-Z]+(?:[ -][0-9A-Z]+)*$/;

/** True when no issuer's range begins with `prefix`, nor `prefix` with one. */
export function isReservedPrefix(prefix: string): boolean {
  return issuerRanges.every(({ from, to }) => {
    const length = Math.min(from.length, prefix.length);
    const head = prefix.slice(0, length);
    return head < from.slice(0, length) || head > to.slice(0, length);
  });
}

/** Digits that FF1 or the vault choose, of a number of `count` digits. */
export function freeDigits({ keepFirst, keepLast, distinguishability }: PanOptions, count: number): number {
  return count - keepFirst - keepLast - (distinguishability === "none" ? 0 : 1);
}

export function createPanFormat(options: PanOptions): Format {
  const { name, engine, keepFirst, keepLast, distinguishability, luhnOffset, marker, prefix, minLength } = options;
  const adjusts = distinguishability !== "none";
  const shapeOf = shapeByLength((count) => uniformShape(10, freeDigits(options, count)));
  const letter = distinguishability === "alpha-marker" ? marker.charCodeAt(0) - 0x30 : -1;
  const offset = distinguishability === "luhn-invalid" ? luhnOffset : 0;
  const free = freeDigits(options, minLength);
  // Where shorter numbers go to a vault, the smallest that FF1 is used for.
  const smallest = uniformShape(10, engine === "ff1" ? Math.max(free, shortestFor(10)) : free - prefix.length);

  return {
    ...plainFormat,
    name,
    type: "pan",
    engine,
    space: smallest.space,
    leaks: leaksOf(options),
    maxTextLength: 2 * maxDigits,
    separators,
    onShort: options.onShort,
    fits: `at least ${keepFirst + keepLast + (adjusts ? 7 : 6)} digits`,
    read: clearing(read),
    write: clearing(write),
    draw: distinguishability === "reserved-prefix" ? clearing(drawReserved) : null,
  };

  function read(text: string, side: Side, sink: Parameters<Format["read"]>[2]): Shape {
    const count = take(text, side);
    if (adjusts || side === "value") checkLuhn(count, side);
    if (side === "token" && letter >= 0) checkMarker(text, count);
    const to = count - keepLast - (adjusts ? 1 : 0);
    for (let i = keepFirst; i < to; i++) sink.numerals[sink.end++] = digits[i]!;
    keepDigits(sink, digits, 0, keepFirst);
    keepDigits(sink, digits, count - keepLast, count);
    return shapeOf(count);
  }

  function write(text: string, side: Side, numerals: Uint16Array, start: number): string {
    const count = take(text, letter >= 0 ? "token" : side);
    const position = count - keepLast - 1;
    const end = adjusts ? position : position + 1;
    for (let i = keepFirst; i < end; i++) digits[i] = numerals[start + i - keepFirst]!;
    if (adjusts) digits[position] = adjustedDigit(count, side);
    if (side === "value" && luhnDigitAt(digits, count, position) !== digits[position]) throw notMadeHere();
    return laidOut(text, separators);
  }

  function adjustedDigit(count: number, side: Side): number {
    if (side === "token" && letter >= 0) return letter;
    const luhn = luhnDigitAt(digits, count, count - keepLast - 1);
    return side === "token" ? (luhn + offset) % 10 : luhn;
  }

  /** Fills `digits`; a marker letter, where one is due, counts as 0. */
  function take(text: string, side: Side): number {
    const markedAt = side === "token" && letter >= 0 ? text.indexOf(marker) : -1;
    const plain = markedAt < 0 ? text : `${text.slice(0, markedAt)}0${text.slice(markedAt + 1)}`;
    const count = takeDigits(plain, separators);
    if (count < 0) throw notOfAlphabet(name);
    if (count < minLength) throw refused("VALUE_TOO_SHORT", name, `takes at least ${minLength} digits`);
    if (count > maxDigits) throw refused("VALUE_TOO_LONG", name, `takes at most ${maxDigits} digits`);
    if (count !== text.length && !layout.test(text)) {
      throw refused("VALUE_STRUCTURE_INVALID", name, "a separator stands alone between two digits");
    }
    return count;
  }

  function checkLuhn(count: number, side: Side): void {
    const position = count - keepLast - 1;
    const luhn = luhnDigitAt(digits, count, position);
    if (side === "value") {
      if (luhn !== digits[position]) {
        throw refused("VALUE_CHECKSUM_INVALID", name, "the number fails the Luhn check", "only card numbers fit here");
      }
      return;
    }
    if (letter < 0 && (luhn + offset) % 10 !== digits[position]) throw notMadeHere();
  }

  /** A card number is no token, nor is one whose letter stands elsewhere: each would open as a plausible wrong value. */
  function checkMarker(text: string, count: number): void {
    if (text.replace(/[ -]/g, "").indexOf(marker) !== count - keepLast - 1) throw notMadeHere();
  }

  function notMadeHere(): Error {
    return refused("TOKEN_INVALID", name, "no token of this format");
  }

  function drawReserved(value: string, below: (n: number) => number): string {
    const count = take(value, "value");
    const position = count - keepLast - 1;
    for (let i = 0; i < position; i++) digits[i] = i < prefix.length ? prefix.charCodeAt(i) - 0x30 : below(10);
    digits[position] = luhnDigitAt(digits, count, position);
    return laidOut(value, separators);
  }
}

function leaksOf({ keepFirst, keepLast, distinguishability }: PanOptions): string {
  const kept = [keepFirst > 0 ? `the first ${keepFirst}` : "", keepLast > 0 ? `the last ${keepLast}` : ""].filter(
    (part) => part !== "",
  );
  const shown = kept.length === 0 ? "length and separators" : `${kept.join(" and ")} digits, length and separators`;
  const looks = distinguishability === "luhn-valid" ? "; tokens look like card numbers" : "";
  const some = distinguishability === "none" ? "; one token in ten looks like a card number" : "";
  return shown + looks + some;
}
