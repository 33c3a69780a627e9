// Telephone numbers (ITU-T E.164): `+`, a country calling code, which is kept, and a national number. Pure.
import { clearing, digits, laidOut, takeDigits } from "./digit-text.ts";
import { type Engine, type Format, notOfAlphabet, plainFormat, refused } from "./format.ts";
import { keepDigits, type NumeralSink } from "./numeral-sink.ts";
import { createShape, type Shape } from "./shape.ts";

export interface PhoneOptions {
  readonly name: string;
  readonly engine: Engine;
  readonly onShort: "refuse" | "vault";
}

const maxDigits = 15;
const maxTextLength = 40;
const separators = "+ -.()/";

// Calling codes of one and two digits; all others have three (ITU-T E.164 Annex).
const twoDigitCodes: ReadonlySet<number> = new Set(
  "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
    .split(" ")
    .map(Number),
);

/** Area and exchange codes of the North American Numbering Plan begin with 2 to 9. */
const northAmerican = [8, 10, 10, 8, 10, 10, 10, 10, 10, 10];

const shapes = new Map<string, Shape>();

export function createPhoneFormat({ name, engine, onShort }: PhoneOptions): Format {
  return {
    ...plainFormat,
    name,
    type: "phone",
    engine,
    // FF1 takes seven national digits that do not begin with 0, or eight that do; a vault four with any.
    space: engine === "vault" ? 1_000n : 9_000_000n,
    leaks: "the country, the number of digits, whether the national number begins with 0, and separators",
    maxTextLength,
    separators,
    onShort,
    fits: "national numbers of at least 7 digits, 8 where the first is 0",
    read: clearing(read),
    write: clearing((text, _side, numerals, start) => {
      const count = takeDigits(text, separators);
      const code = codeLength();
      let at = start;
      for (let i = code; i < count; i++) {
        const lowest = lowestDigit(i - code, code);
        // A leading zero is kept: no numeral stands for it.
        if (i === code && digits[i] === 0) continue;
        digits[i] = lowest + numerals[at++]!;
      }
      return laidOut(text, separators);
    }),
  };

  function read(text: string, _side: "value" | "token", sink: NumeralSink): Shape {
    const count = takeDigits(text, separators);
    if (count < 0) throw notOfAlphabet(name);
    if (count > maxDigits) throw refused("VALUE_TOO_LONG", name, `takes at most ${maxDigits} digits`);
    if (text[0] !== "+" || text.indexOf("+", 1) > 0 || digits[0] === 0) {
      throw refused("VALUE_STRUCTURE_INVALID", name, "takes + and a country calling code first");
    }
    const code = codeLength();
    if (count < code + 4) throw refused("VALUE_TOO_SHORT", name, "takes national numbers of at least 4 digits");
    if (code === 1 && digits[0] === 1 && !isNorthAmerican(count)) {
      throw refused("VALUE_STRUCTURE_INVALID", name, "not a number of the North American Numbering Plan");
    }
    const zero = digits[code] === 0;
    for (let i = zero ? code + 1 : code; i < count; i++) {
      sink.numerals[sink.end++] = digits[i]! - lowestDigit(i - code, code);
    }
    keepDigits(sink, digits, 0, code);
    return shapeOf(digits[0] === 1, zero, count - code);
  }
}

/** Digits of the calling code that `digits` begin with. */
function codeLength(): number {
  if (digits[0] === 1 || digits[0] === 7) return 1;
  return twoDigitCodes.has(digits[0]! * 10 + digits[1]!) ? 2 : 3;
}

/** The digit that numeral 0 stands for, at a position of the national number. */
function lowestDigit(position: number, code: number): number {
  if (code === 1 && digits[0] === 1) return northAmerican[position] === 8 ? 2 : 0;
  return position === 0 && digits[code] !== 0 ? 1 : 0;
}

function isNorthAmerican(count: number): boolean {
  return count === 11 && digits[1]! >= 2 && digits[4]! >= 2;
}

function shapeOf(american: boolean, zero: boolean, length: number): Shape {
  const name = american ? "american" : `${zero} ${length}`;
  let shape = shapes.get(name);
  if (shape === undefined) {
    const national = new Array<number>(length).fill(10);
    if (!zero) national[0] = 9;
    const radices = american ? northAmerican : zero ? national.slice(1) : national;
    shape = createShape({ radices });
    shapes.set(name, shape);
  }
  return shape;
}
