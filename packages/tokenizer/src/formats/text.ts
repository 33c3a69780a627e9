// Strings over one alphabet: digits, letters and digits, or any set of code points; some kept at either end. Pure.
import type { Alphabet } from "./alphabet.ts";
import { type Engine, type Format, notOfAlphabet, plainFormat, refused } from "./format.ts";
import { keepText, type NumeralSink } from "./numeral-sink.ts";
import { type Shape, shapeByLength, uniformShape } from "./shape.ts";

export interface TextOptions {
  readonly name: string;
  readonly type: string;
  readonly engine: Engine;
  readonly alphabet: Alphabet;
  /** Characters in the shortest string that FF1 is used for, kept ones included. */
  readonly minLength: number;
  readonly maxLength: number;
  readonly keepFirst: number;
  readonly keepLast: number;
  readonly onShort: "refuse" | "vault";
}

export function createTextFormat(options: TextOptions): Format {
  const { name, type, engine, alphabet, minLength, maxLength, keepFirst, keepLast, onShort } = options;
  const kept = keepFirst + keepLast;
  const shapeOf = shapeByLength((free) => uniformShape(alphabet.radix, free, minLength - kept));
  const shortest = engine === "vault" || onShort === "vault" ? kept + 1 : minLength;
  return {
    ...plainFormat,
    name,
    type,
    engine,
    space: shapeOf(engine === "vault" ? Math.max(1, minLength - kept) : minLength - kept).space,
    leaks: kept === 0 ? "the length" : `the length, and ${keepFirst} first and ${keepLast} last characters`,
    maxTextLength: 4 * maxLength,
    onShort,
    fits: `at least ${minLength} characters`,
    normalize: (text) => text.normalize("NFC"),
    read,
    write: (text, _side, numerals, start) => {
      const points = Array.from(text);
      for (let i = keepFirst; i < points.length - keepLast; i++) {
        points[i] = alphabet.characters[numerals[start + i - keepFirst]!]!;
      }
      return points.join("");
    },
  };

  function read(text: string, _side: "value" | "token", sink: NumeralSink): Shape {
    const from = sink.end;
    for (const character of text) {
      const numeral = alphabet.numeralOf(character.codePointAt(0)!);
      if (numeral === undefined) throw notOfAlphabet(name);
      sink.numerals[sink.end++] = numeral;
    }
    const count = sink.end - from;
    if (count < shortest) {
      throw refused("VALUE_TOO_SHORT", name, `takes at least ${shortest} characters`, shortHint(onShort));
    }
    if (count > maxLength) throw refused("VALUE_TOO_LONG", name, `takes at most ${maxLength} characters`);
    if (kept > 0) {
      const points = Array.from(text);
      keepText(sink, points.slice(0, keepFirst).join("") + points.slice(count - keepLast).join(""));
      sink.numerals.copyWithin(from, from + keepFirst, sink.end - keepLast);
      sink.end -= kept;
    }
    return shapeOf(count - kept);
  }
}

function shortHint(onShort: "refuse" | "vault"): string | undefined {
  return onShort === "refuse" ? 'shorter values fit a vault: set "onShort" to "vault"' : undefined;
}
