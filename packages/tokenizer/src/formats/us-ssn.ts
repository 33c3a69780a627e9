// United States social security numbers: FF1 as a bijection of the numbers that could be issued (isUsSsn), or random
// tokens in areas 900-999 with groups that neither SSA nor IRS issue. Pure.
import { isUsSsn } from "@fieldseal/core/identifiers";
import { clearing, digits, laidOut, takeDigits } from "./digit-text.ts";
import { type Engine, type Format, notOfAlphabet, plainFormat, refused } from "./format.ts";
import { keepDigits, type NumeralSink } from "./numeral-sink.ts";
import { createShape, type Shape } from "./shape.ts";

export interface UsSsnOptions {
  readonly name: string;
  readonly engine: Engine;
  readonly keepLast: 0 | 4;
  /** Where random tokens lie: among numbers that could be issued, or that never are. */
  readonly range: "issued" | "never-issued";
}

const areas = 898;
const groups = 99;
const serials = 9999;
/** Groups 01 to 49 below area 900: no social security number has the area, no taxpayer number the group. */
const unissuedGroups = 49;
const separators = " -";
const layout = /^[0-9]{3}([ -]?)[0-9]{2}\1[0-9]{4}$/;

// What isUsSsn refuses among all areas, groups and serials: two numbers once printed on forms, seven of one digit.
const voidNumbers = [
  78_051_120, 219_099_999, 111_111_111, 222_222_222, 333_333_333, 444_444_444, 555_555_555, 777_777_777, 888_888_888,
];

export function createUsSsnFormat({ name, engine, keepLast, range }: UsSsnOptions): Format {
  const neverIssued = range === "never-issued";
  const shape =
    keepLast === 4
      ? createShape({ radices: [areas, groups] })
      : createShape({
          radices: [areas, groups, serials],
          except: {
            count: voidNumbers.length,
            holds: (numerals, start) =>
              !voidNumbers.includes(
                areaOf(numerals[start]!) * 1_000_000 + (numerals[start + 1]! + 1) * 10_000 + numerals[start + 2]! + 1,
              ),
          },
        });
  return {
    ...plainFormat,
    name,
    type: "us-ssn",
    engine,
    space: neverIssued ? BigInt(100 * unissuedGroups * (keepLast === 4 ? 1 : serials)) : shape.space,
    leaks: keepLast === 4 ? "the last 4 digits and separators" : "separators",
    maxTextLength: 11,
    separators,
    fits: "nine digits",
    read: clearing(read),
    write: clearing((text, _side, numerals, start) => {
      takeDigits(text, separators);
      put(areaOf(numerals[start]!), 0, 3);
      put(numerals[start + 1]! + 1, 3, 2);
      if (keepLast === 0) put(numerals[start + 2]! + 1, 5, 4);
      return laidOut(text, separators);
    }),
    draw: engine === "vault" ? clearing(draw) : null,
  };

  function read(text: string, _side: "value" | "token", sink: NumeralSink): Shape {
    const count = takeDigits(text, separators);
    if (count < 0) throw notOfAlphabet(name);
    if (count < 9) throw refused("VALUE_TOO_SHORT", name, "takes nine digits");
    if (count > 9) throw refused("VALUE_TOO_LONG", name, "takes nine digits");
    if (!layout.test(text) || !isUsSsn(text)) {
      throw refused("VALUE_STRUCTURE_INVALID", name, "a number that could not have been issued");
    }
    const area = digits[0]! * 100 + digits[1]! * 10 + digits[2]!;
    sink.numerals[sink.end++] = area < 666 ? area - 1 : area - 2;
    sink.numerals[sink.end++] = digits[3]! * 10 + digits[4]! - 1;
    if (keepLast === 4) keepDigits(sink, digits, 5, 9);
    else sink.numerals[sink.end++] = digits[5]! * 1000 + digits[6]! * 100 + digits[7]! * 10 + digits[8]! - 1;
    return shape;
  }

  function draw(value: string, below: (n: number) => number): string {
    for (;;) {
      takeDigits(value, separators);
      put(neverIssued ? 900 + below(100) : areaOf(below(areas)), 0, 3);
      put(1 + below(neverIssued ? unissuedGroups : groups), 3, 2);
      if (keepLast === 0) put(1 + below(serials), 5, 4);
      const token = laidOut(value, separators);
      if (neverIssued || isUsSsn(token)) return token;
    }
  }
}

/** 0 to 897 -> 001 to 899 without 666. */
function areaOf(index: number): number {
  return index < 665 ? index + 1 : index + 2;
}

function put(number: number, start: number, length: number): void {
  let rest = number;
  for (let i = start + length - 1; i >= start; i--) {
    digits[i] = rest % 10;
    rest = Math.floor(rest / 10);
  }
}
