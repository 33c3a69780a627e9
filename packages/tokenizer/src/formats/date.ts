// Calendar dates, `YYYY-MM-DD` (ISO 8601, proleptic Gregorian): too few for FF1, so random from a vault, or moved by a
// number of days that is the subject's own. Pure.
import { type Format, plainFormat, refused } from "./format.ts";
import { createShape } from "./shape.ts";

export interface DateOptions {
  readonly name: string;
  readonly engine: "vault" | "shift";
  /** First and last date of random tokens, in days since 1970-01-01. */
  readonly from: number;
  readonly to: number;
  /** Most days that a date moves. */
  readonly maxDays: number;
}

const layout = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const whole = createShape({ radices: [] });
const msPerDay = 86_400_000;

/** Days since 1970-01-01 of a date as written, or null where there is no such date. */
export function daysOf(text: string): number | null {
  const [, year, month, day] = layout.exec(text) ?? [];
  if (year === undefined || year === "0000") return null;
  // By 400 years later, which are 146,097 days: Date.UTC takes years below 100 for the twentieth century.
  const days = Date.UTC(Number(year) + 400, Number(month) - 1, Number(day)) / msPerDay - 146_097;
  return dateOf(days) === text ? days : null;
}

/** The date that many days after 1970-01-01, or null outside the years 0001 to 9999. */
function dateOf(days: number): string | null {
  const text = new Date((days + 146_097) * msPerDay).toISOString();
  const year = Number(text.slice(0, text.indexOf("-", 1))) - 400;
  if (year < 1 || year > 9999) return null;
  const monthAndDay = text.slice(text.indexOf("-", 1), text.indexOf("T"));
  return String(year).padStart(4, "0") + monthAndDay;
}

export function createDateFormat({ name, engine, from, to, maxDays }: DateOptions): Format {
  return {
    ...plainFormat,
    name,
    type: "date",
    engine,
    space: engine === "vault" ? BigInt(to - from + 1) : BigInt(2 * maxDays),
    leaks:
      engine === "vault"
        ? "nothing of the date"
        : `the date to within ${maxDays} days, and all distances between dates of one subject`,
    maxTextLength: 10,
    fits: "no date: there are fewer than a million in use",
    normalize: (text) => {
      if (/[^0-9-]/.test(text)) throw refused("VALUE_CHARACTER_INVALID", name, "takes digits and dashes");
      if (text.length < 10) throw refused("VALUE_TOO_SHORT", name, "takes dates as YYYY-MM-DD");
      if (text.length > 10) throw refused("VALUE_TOO_LONG", name, "takes dates as YYYY-MM-DD");
      if (daysOf(text) === null) throw refused("VALUE_STRUCTURE_INVALID", name, "there is no such date");
      return text;
    },
    // A date comes apart into nothing: it is drawn or moved as a whole.
    read: () => whole,
    write: (text) => text,
    draw: engine === "vault" ? (_value, below) => dateOf(from + below(to - from + 1))! : null,
    shift:
      engine === "vault"
        ? null
        : {
            maxDays,
            move: (text, days) => {
              const moved = dateOf(daysOf(text)! + days);
              if (moved === null) throw refused("VALUE_STRUCTURE_INVALID", name, "the moved date leaves the calendar");
              return moved;
            },
          },
  };
}
