// Declarations of strings and templates, read strictly; domains that are too small for FF1 are refused here. Pure.
import {
  type Place,
  type Properties,
  readArray,
  readBoolean,
  readInteger,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "@fieldseal/core/config";
import { domainFloor, minLength as shortestFor } from "../ff1/index.ts";
import {
  type Alphabet,
  alphabetFault,
  createAlphabet,
  joinsBefore,
  loneSurrogate,
  namedAlphabets,
} from "./alphabet.ts";
import type { Format } from "./format.ts";
import { readEngine, readOnShort } from "./read-choices.ts";
import { ambiguousPart, createTemplateFormat, type Group } from "./template.ts";
import { createTextFormat } from "./text.ts";

/** Characters of the longest string, and of all groups of a template: tweaks and numeral strings have bounds. */
const longest = 4096;
const defaultMaxLength = 64;
/** Parts of a template. */
const mostParts = 100;

/** Reads a format of type `digits`, `alphanumeric` or `alphabet`. */
export function readText(name: string, type: "digits" | "alphanumeric" | "alphabet", place: Place): Format {
  const known = ["type", "engine", "minLength", "maxLength", "keepFirst", "keepLast", "onShort"];
  const format = readObject(place, type === "alphabet" ? [...known, "characters"] : known);
  const alphabet =
    type === "alphabet" ? readCharacters(format.required("characters")) : createAlphabet(namedAlphabets[type]!);
  const engine = readEngine(format);
  const keepFirst = optionalInteger(format, "keepFirst", { min: 0, max: longest, otherwise: 0 });
  const keepLast = optionalInteger(format, "keepLast", { min: 0, max: longest, otherwise: 0 });
  const kept = keepFirst + keepLast;
  const fitting = kept + shortestFor(alphabet.radix);
  if (fitting > longest) {
    throw wrong(format.optional("keepLast") ?? format.required("keepFirst"), `leaves too few of ${longest} characters`);
  }
  const minLength = optionalInteger(format, "minLength", { min: kept + 1, max: longest, otherwise: fitting });
  if (engine === "ff1" && minLength < fitting) {
    throw tooSmall(format.optional("minLength")!, `${fitting} would fit`);
  }
  const otherwise = Math.max(defaultMaxLength, minLength);
  const maxLength = optionalInteger(format, "maxLength", { min: minLength, max: longest, otherwise });
  const onShort = readOnShort(format);
  const isKept = engine === "vault" || onShort === "vault";
  if (type === "alphabet" && isKept) refuseControls(format.required("characters"), alphabet.characters);
  return createTextFormat({ name, type, engine, alphabet, minLength, maxLength, keepFirst, keepLast, onShort });
}

/** Reads a format of type `template`. */
export function readTemplate(name: string, place: Place): Format {
  const format = readObject(place, ["type", "engine", "parts", "onShort"]);
  const engine = readEngine(format);
  const onShort = readOnShort(format);
  const places = readArray(format.required("parts"), mostParts);
  const parts = places.map(readPart);
  if (engine === "vault" || onShort === "vault") {
    for (const [i, part] of parts.entries()) {
      refuseControls(places[i]!, typeof part === "string" ? [part] : part.alphabet.characters);
    }
  }
  if (parts.reduce((sum, part) => sum + (typeof part === "string" ? 0 : part.maxLength), 0) > longest) {
    throw wrong(format.required("parts"), `the groups have more than ${longest} characters together`);
  }
  const ambiguous = ambiguousPart(parts);
  if (ambiguous >= 0) {
    throw wrong(
      places[ambiguous]!,
      "a group of several lengths ends a template, or a literal outside its alphabet follows",
    );
  }
  if (!parts.some((part) => typeof part !== "string" && !part.keep)) {
    throw wrong(format.required("parts"), "expects a group that is not kept");
  }
  const template = createTemplateFormat({ name, engine, parts, onShort });
  if (engine === "ff1" && onShort === "refuse" && template.space < BigInt(domainFloor)) {
    throw tooSmall(format.required("parts"), "lengthen a group");
  }
  return template;
}

function readPart(place: Place): string | Group {
  if (typeof place.value === "string") {
    const literal = readString(place, { pattern: /^.{1,256}$/su, says: "a literal of 1 to 256 characters" });
    if (loneSurrogate.test(literal) || literal.normalize("NFC") !== literal || joinsBefore(Array.from(literal)[0]!)) {
      throw wrong(place, "expects a literal in NFC that does not join the character before it");
    }
    return literal;
  }
  const group = readObject(place, ["alphabet", "characters", "length", "minLength", "maxLength", "keep"]);
  const named = group.optional("alphabet");
  const characters = group.optional("characters");
  if ((named === undefined) === (characters === undefined)) {
    throw wrong(place, 'expects either "alphabet" or "characters"');
  }
  const alphabet =
    named === undefined
      ? readCharacters(characters!)
      : createAlphabet(namedAlphabets[readOneOf(named, Object.keys(namedAlphabets))]!);
  const keep = group.optional("keep");
  return { alphabet, ...readLengths(group), keep: keep !== undefined && readBoolean(keep) };
}

function readLengths(group: Properties): { minLength: number; maxLength: number } {
  const length = group.optional("length");
  if (length !== undefined) {
    const other = group.optional("minLength") ?? group.optional("maxLength");
    if (other !== undefined) throw wrong(other, 'stands beside "length"');
    const fixed = readInteger(length, 1, longest);
    return { minLength: fixed, maxLength: fixed };
  }
  const minLength = readInteger(group.required("minLength"), 0, longest);
  return { minLength, maxLength: readInteger(group.required("maxLength"), Math.max(1, minLength), longest) };
}

/** What a vault would refuse of its own tokens, but only where it drew such a character. */
function refuseControls(place: Place, texts: readonly string[]): void {
  if (texts.some((text) => /\p{Cc}/u.test(text))) throw wrong(place, "a vault's tokens hold no control characters");
}

function readCharacters(place: Place): Alphabet {
  const characters = readString(place);
  const fault = alphabetFault(characters);
  if (fault !== null) throw wrong(place, `not an alphabet: ${fault}`);
  return createAlphabet(characters);
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly otherwise: number;
}

function optionalInteger(properties: Properties, name: string, { min, max, otherwise }: Range): number {
  const place = properties.optional(name);
  return place === undefined ? otherwise : readInteger(place, min, max);
}

function tooSmall(place: Place, fits: string): Error {
  return wrong(
    place,
    `fewer than ${domainFloor} values, which FF1 does not protect: ${fits}, or set "engine" to "vault"`,
  );
}
