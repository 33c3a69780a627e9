// Reading a parsed JSON document strictly: every property known, every error with its JSON Pointer (RFC 6901). Pure.
import { type ErrorCode, FieldsealError } from "../errors/index.ts";
import { nearestName } from "./nearest-name.ts";

/** One place of a document. */
export interface Place {
  readonly value: unknown;
  /** RFC 6901; empty for the whole document. */
  readonly pointer: string;
  /** Raised by everything that is wrong here. */
  readonly code: ErrorCode;
}

/** The properties of an object; those not asked for by the end are refused. */
export interface Properties {
  readonly place: Place;
  /** The property, or undefined where it is absent. */
  optional(name: string): Place | undefined;
  /** The property; absent is an error. */
  required(name: string): Place;
}

/** What a string must look like, and how to say so. */
export interface StringSyntax {
  readonly pattern: RegExp;
  readonly says: string;
}

export const filled: StringSyntax = { pattern: /^.{1,2048}$/su, says: "a text that is not empty" };

/**
 * Reads an object of exactly the properties `known`.
 *
 * @throws {FieldsealError} with the place's code where it is no object or has another property.
 */
export function readObject(place: Place, known: readonly string[]): Properties {
  const object = asRecord(place);
  for (const name of Object.keys(object)) {
    if (!known.includes(name)) {
      const what = `unknown property; known here: ${known.join(", ")}`;
      throw misspelt({ place: child(place, name, undefined), what, name, known });
    }
  }
  const optional = (name: string): Place | undefined =>
    Object.hasOwn(object, name) ? child(place, name, object[name]) : undefined;
  return {
    place,
    optional,
    required: (name) => {
      const found = optional(name);
      if (found === undefined) throw wrong(place, `the property "${name}" is missing`);
      return found;
    },
  };
}

/** Reads an object with names of the document's own choosing. */
export function readEntries(place: Place): (readonly [string, Place])[] {
  return Object.entries(asRecord(place)).map(([name, value]) => [name, child(place, name, value)] as const);
}

export function readArray(place: Place, maxLength = 10_000): Place[] {
  const { value } = place;
  if (!Array.isArray(value)) throw wrong(place, "expects an array");
  if (value.length > maxLength) throw wrong(place, `has more than ${maxLength} elements`);
  return value.map((element, index) => child(place, String(index), element));
}

export function readString(place: Place, syntax?: StringSyntax): string {
  const { value } = place;
  if (typeof value !== "string") throw wrong(place, "expects a string");
  if (syntax !== undefined && !syntax.pattern.test(value)) throw wrong(place, `expects ${syntax.says}`);
  return value;
}

export function readBoolean(place: Place): boolean {
  const { value } = place;
  if (typeof value !== "boolean") throw wrong(place, "expects true or false");
  return value;
}

export function readInteger(place: Place, min: number, max: number): number {
  const { value } = place;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max) {
    throw wrong(place, min === max ? `expects ${min}` : `expects an integer from ${min} to ${max}`);
  }
  return value;
}

export function readOneOf<const T extends string>(place: Place, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === place.value);
  if (found !== undefined) return found;
  const { value } = place;
  const what = `expects one of ${choices.join(", ")}`;
  throw typeof value === "string" ? misspelt({ place, what, name: value, known: choices }) : wrong(place, what);
}

/** One of `choices` where the property is there; else the first of them. */
export function readChoice<const T extends string>(
  properties: Properties,
  name: string,
  choices: readonly [T, ...T[]],
): T {
  const place = properties.optional(name);
  return place === undefined ? choices[0] : readOneOf(place, choices);
}

/** The error for a place. */
export function wrong({ pointer, code }: Place, what: string): FieldsealError {
  return new FieldsealError(code, said(pointer, what), { pointer });
}

/** The same, with the name that was meant, if one is near. */
function misspelt({ place, what, name, known }: Misspelt): FieldsealError {
  const { pointer, code } = place;
  const nearest = nearestName(name, known);
  const hint = nearest === null ? {} : { hint: `did you mean "${nearest}"?` };
  return new FieldsealError(code, said(pointer, what), { pointer, ...hint });
}

interface Misspelt {
  readonly place: Place;
  readonly what: string;
  readonly name: string;
  readonly known: readonly string[];
}

function said(pointer: string, what: string): string {
  return `${pointer === "" ? "the document" : pointer}: ${what}`;
}

function asRecord(place: Place): Record<string, unknown> {
  const { value } = place;
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(place, "expects an object");
  return value as Record<string, unknown>;
}

function child(place: Place, name: string, value: unknown): Place {
  const token = name.replaceAll("~", "~0").replaceAll("/", "~1");
  return { value, pointer: `${place.pointer}/${token}`, code: place.code };
}
