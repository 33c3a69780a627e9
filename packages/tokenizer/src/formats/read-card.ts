// Declarations of card numbers, read strictly: what leaves too few free digits for FF1 is a vault format or refused. Pure.
import { type Place, type Properties, readInteger, readObject, readString, wrong } from "@fieldseal/core/config";
import { minLength as shortestFor } from "../ff1/index.ts";
import type { Format } from "./format.ts";
import { createPanFormat, freeDigits, isReservedPrefix, type PanOptions } from "./pan.ts";
import { readChoice, readEngine, readOnShort } from "./read-choices.ts";

const known = ["type", "engine", "keepFirst", "keepLast", "distinguishability", "luhnOffset", "marker", "prefix"];
/** Digits in the shortest card numbers. */
const shortest = 12;
const modes = ["luhn-invalid", "luhn-valid", "alpha-marker", "reserved-prefix", "none"] as const;

/** Reads a format of type `pan`. */
export function readPan(name: string, place: Place): Format {
  const format = readObject(place, [...known, "minLength", "onShort"]);
  const distinguishability = readChoice(format, "distinguishability", modes);
  const engine = readEngine(format);
  const onShort = readOnShort(format);
  const options: PanOptions = {
    name,
    engine,
    keepFirst: readNumber(format, "keepFirst", [0, 6, 8]),
    keepLast: readNumber(format, "keepLast", [0, 4]),
    distinguishability,
    luhnOffset:
      readFor(format, "luhnOffset", distinguishability === "luhn-invalid", (one) => readInteger(one, 1, 9)) ?? 1,
    marker: readFor(format, "marker", distinguishability === "alpha-marker", readMarker) ?? "T",
    prefix: readFor(format, "prefix", distinguishability === "reserved-prefix", readPrefix) ?? "",
    minLength: shortest,
    onShort,
  };
  const leastFree = engine === "vault" || onShort === "vault" ? 1 + options.prefix.length : shortestFor(10);
  const fitting = Math.max(shortest, shortest + leastFree - freeDigits(options, shortest));
  const given = format.optional("minLength");
  const settled = { ...options, minLength: given === undefined ? fitting : readInteger(given, shortest, 19) };
  check(format, settled, fitting);
  return createPanFormat(settled);
}

function check(format: Properties, options: PanOptions, fitting: number): void {
  const { engine, keepFirst, keepLast, distinguishability, prefix, minLength } = options;
  if (distinguishability === "reserved-prefix") {
    const mode = format.required("distinguishability");
    if (engine !== "vault") throw wrong(mode, 'a reserved prefix is not injective: set "engine" to "vault"');
    if (keepFirst > 0) throw wrong(mode, "a reserved prefix takes the place of the first digits");
    if (prefix === "") throw wrong(mode, 'a reserved prefix needs "prefix"');
  }
  if (engine === "ff1" && keepFirst > 0 && keepLast > 0) {
    throw wrong(
      format.required("keepFirst"),
      'first and last digits together leave too few for FF1: drop one, or set "engine" to "vault"',
    );
  }
  if (minLength < fitting) {
    throw wrong(
      format.required("minLength"),
      `the shortest numbers leave too few digits: ${fitting} would fit, or "onShort": "vault"`,
    );
  }
}

function readFor<T>(format: Properties, name: string, applies: boolean, read: (place: Place) => T): T | undefined {
  const place = format.optional(name);
  if (place === undefined) return undefined;
  if (!applies) throw wrong(place, "belongs to another distinguishability");
  return read(place);
}

function readNumber(format: Properties, name: string, choices: readonly number[]): number {
  const place = format.optional(name);
  if (place === undefined) return 0;
  if (!choices.includes(place.value as number)) throw wrong(place, `expects one of ${choices.join(", ")}`);
  return place.value as number;
}

function readMarker(place: Place): string {
  return readString(place, { pattern: /^[A-Z]$/, says: "one letter from A to Z" });
}

function readPrefix(place: Place): string {
  const prefix = readString(place, { pattern: /^[0-9]{1,6}$/, says: "1 to 6 digits" });
  if (!isReservedPrefix(prefix)) throw wrong(place, "issuers have numbers below this prefix");
  return prefix;
}
