// International bank account numbers (ISO 13616-1): the country stays, digits stay digits and letters letters as the
// country's structure has them, and the check digits are computed anew. National check digits inside are not. Pure.
import { bbanStructures, ibanCharacters, mod97 } from "@fieldseal/core/identifiers";
import { type Engine, type Format, notOfAlphabet, plainFormat, refused } from "./format.ts";
import { keepText, type NumeralSink } from "./numeral-sink.ts";
import { createShape, type Shape } from "./shape.ts";

export interface IbanOptions {
  readonly name: string;
  readonly engine: Engine;
}

const radixOf: Readonly<Record<string, number>> = { n: 10, a: 26, c: 36 };
const shapes: ReadonlyMap<string, Shape> = new Map(
  [...bbanStructures].map(([country, structure]) => {
    const parts = structure.match(/[0-9]+[nac]/g) ?? [];
    const radices = parts.flatMap((part) =>
      new Array<number>(Number(part.slice(0, -1))).fill(radixOf[part.slice(-1)]!),
    );
    return [country, createShape({ radices })];
  }),
);
const smallest = [...shapes.values()].reduce((a, b) => (b.space < a.space ? b : a));
const separators = " -";

export function createIbanFormat({ name, engine }: IbanOptions): Format {
  return {
    ...plainFormat,
    name,
    type: "iban",
    engine,
    space: smallest.space,
    leaks: "the country, where its numbers may hold letters and digits, and separators",
    maxTextLength: 48,
    separators,
    fits: "IBANs of every country",
    normalize: (text) => {
      if (/[^A-Za-z0-9 -]/.test(text)) throw notOfAlphabet(name);
      if (ibanCharacters(text) === null) {
        throw refused("VALUE_STRUCTURE_INVALID", name, "takes a country, two check digits and an account number");
      }
      return text.toUpperCase();
    },
    read,
    write: (text, _side, numerals, start) => {
      const iban = bare(text);
      const { radices } = shapes.get(iban.slice(0, 2))!;
      let bban = "";
      for (const [i, radix] of radices.entries()) {
        const numeral = numerals[start + i]!;
        bban += radix === 26 ? letter(numeral) : numeral < 10 ? String(numeral) : letter(numeral - 10);
      }
      const country = iban.slice(0, 2);
      const check = String(98 - mod97(`${bban}${country}00`)!).padStart(2, "0");
      return dressed(text, country + check + bban);
    },
  };

  function read(text: string, _side: "value" | "token", sink: NumeralSink): Shape {
    const iban = bare(text);
    const shape = shapes.get(iban.slice(0, 2));
    if (shape === undefined) throw refused("VALUE_STRUCTURE_INVALID", name, "the country has no IBANs");
    const length = shape.radices.length;
    if (iban.length < 4 + length) throw refused("VALUE_TOO_SHORT", name, `takes ${4 + length} characters there`);
    if (iban.length > 4 + length) throw refused("VALUE_TOO_LONG", name, `takes ${4 + length} characters there`);
    for (const [i, radix] of shape.radices.entries()) {
      const code = iban.charCodeAt(4 + i);
      const isDigit = code <= 0x39;
      if (radix === 26 ? isDigit : radix === 10 && !isDigit) {
        throw refused("VALUE_STRUCTURE_INVALID", name, "a digit or letter stands where the country has the other");
      }
      sink.numerals[sink.end++] = isDigit ? code - 0x30 : code - 0x41 + (radix === 36 ? 10 : 0);
    }
    // 00, 01 and 99 leave the same remainders as 97, 98 and 02, and are never issued.
    const check = iban.slice(2, 4);
    if (mod97(iban.slice(4) + iban.slice(0, 4)) !== 1 || check < "02" || check > "98") {
      throw refused("VALUE_CHECKSUM_INVALID", name, "the check digits are wrong");
    }
    keepText(sink, iban.slice(0, 2));
    return shape;
  }
}

function bare(text: string): string {
  return text.replace(/[ -]/g, "");
}

function letter(index: number): string {
  return String.fromCharCode(0x41 + index);
}

/** `characters` between the separators of `frame`. */
function dressed(frame: string, characters: string): string {
  let at = 0;
  return frame.replace(/[^ -]/g, () => characters[at++]!);
}
