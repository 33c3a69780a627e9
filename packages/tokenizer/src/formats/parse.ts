// Formats compiled from their declarations: everything unknown, unsafe or contradictory is refused with its place. Pure.
import { createHash } from "node:crypto";
import {
  canonicalJson,
  type Place,
  type Properties,
  readEntries,
  readInteger,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "@fieldseal/core/config";
import { createDateFormat, daysOf } from "./date.ts";
import type { FormatDeclarations } from "./declaration.ts";
import { createEmailFormat } from "./email.ts";
import type { Format, FormatDescription } from "./format.ts";
import { createIbanFormat } from "./iban.ts";
import { createPhoneFormat } from "./phone.ts";
import { readPan } from "./read-card.ts";
import { readChoice, readEngine, readOnShort } from "./read-choices.ts";
import { readTemplate, readText } from "./read-text.ts";
import { createUsSsnFormat } from "./us-ssn.ts";

/** Compiled formats by name. */
export interface Formats {
  readonly byName: ReadonlyMap<string, Format>;
  /** What each format is, how many tokens it has and what its tokens show. */
  describe(): FormatDescription[];
}

const nameSyntax = { pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, says: "1 to 64 of A-Z, a-z, 0-9, dot, - and _" };
const types = [
  "pan",
  "us-ssn",
  "phone",
  "email",
  "iban",
  "date",
  "digits",
  "alphanumeric",
  "alphabet",
  "template",
] as const;
const maxShiftDays = 36_525;

/**
 * Compiles and checks format declarations.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` with the JSON Pointer of what is wrong.
 *
 * @example
 * ```ts
 * import { parseFormats } from "@fieldseal/tokenizer";
 * const formats = parseFormats({ card: { type: "pan", keepLast: 4 }, staff: { type: "template", parts: ["E-", { alphabet: "digits", length: 8 }] } });
 * formats.describe().map(({ name, space }) => `${name}: ${space}`); // ["card: 10000000", "staff: 100000000"]
 * ```
 */
export function parseFormats(declarations: FormatDeclarations): Formats {
  return readFormats({ value: declarations, pointer: "", code: "CONFIG_INVALID" });
}

/** As `parseFormats`, for a place of a larger document. */
export function readFormats(place: Place): Formats {
  const entries = readEntries(place).map(([name, one]) => {
    if (!nameSyntax.pattern.test(name)) throw wrong(one, `a format's name has ${nameSyntax.says}`);
    return [name, readFormat(name, one)] as const;
  });
  if (entries.length === 0) throw wrong(place, "expects a format");
  const declarations = new Map(readEntries(place).map(([name, { value }]) => [name, digestOf(value)]));
  const byName = new Map(entries);
  return {
    byName,
    describe: () => [...byName.values()].map((format) => describe(format, declarations.get(format.name)!)),
  };
}

function readFormat(name: string, place: Place): Format {
  // Only to see the type: what else may stand here depends on it.
  const { type: typePlace, properties } = typeOf(place);
  const type = readOneOf(typePlace, types);
  switch (type) {
    case "pan":
      return readPan(name, place);
    case "us-ssn":
      return readUsSsn(name, place);
    case "phone": {
      const format = properties(["type", "engine", "onShort"]);
      return createPhoneFormat({ name, engine: readEngine(format), onShort: readOnShort(format) });
    }
    case "email": {
      const format = properties(["type", "engine", "domain", "letterCase", "onShort"]);
      return createEmailFormat({
        name,
        engine: readEngine(format),
        domain: readChoice(format, "domain", ["keep", "tokenize"]),
        letterCase: readChoice(format, "letterCase", ["fold", "keep"]),
        onShort: readOnShort(format),
      });
    }
    case "iban":
      return createIbanFormat({ name, engine: readEngine(properties(["type", "engine"])) });
    case "date":
      return readDate(name, place);
    case "template":
      return readTemplate(name, place);
    default:
      return readText(name, type, place);
  }
}

function typeOf(place: Place): { type: Place; properties: (known: readonly string[]) => Properties } {
  const names = readEntries(place).map(([name]) => name);
  return { type: readObject(place, names).required("type"), properties: (known) => readObject(place, known) };
}

function readUsSsn(name: string, place: Place): Format {
  const format = readObject(place, ["type", "engine", "keepLast", "range"]);
  const engine = readEngine(format);
  const range = readChoice(format, "range", ["issued", "never-issued"]);
  const keep = format.optional("keepLast");
  if (keep !== undefined && keep.value !== 0 && keep.value !== 4) throw wrong(keep, "expects 0 or 4");
  const keepLast = keep?.value === 4 ? 4 : 0;
  if (engine === "ff1" && keepLast === 4) {
    throw wrong(keep!, 'the other five digits allow fewer than a million values: set "engine" to "vault"');
  }
  if (engine === "ff1" && range === "never-issued") {
    throw wrong(format.required("range"), 'the range is smaller than the set of numbers: set "engine" to "vault"');
  }
  return createUsSsnFormat({ name, engine, keepLast, range });
}

function readDate(name: string, place: Place): Format {
  const engine = readOneOf(readObject(place, ["type", "engine", "from", "to", "maxDays"]).required("engine"), [
    "vault",
    "shift",
  ]);
  if (engine === "shift") {
    const maxDays = readInteger(readObject(place, ["type", "engine", "maxDays"]).required("maxDays"), 1, maxShiftDays);
    return createDateFormat({ name, engine, from: 0, to: 0, maxDays });
  }
  const format = readObject(place, ["type", "engine", "from", "to"]);
  const from = readDay(format.required("from"));
  const to = readDay(format.required("to"));
  if (to <= from) throw wrong(format.required("to"), 'expects a date after "from"');
  return createDateFormat({ name, engine, from, to, maxDays: 0 });
}

function readDay(place: Place): number {
  const days = daysOf(readString(place));
  if (days === null) throw wrong(place, "expects a date as YYYY-MM-DD");
  return days;
}

function describe({ name, type, engine, space, leaks }: Format, declaration: string): FormatDescription {
  return { name, type, engine, space, authenticated: engine === "vault", leaks, declaration };
}

function digestOf(declaration: unknown): string {
  return createHash("sha256").update(canonicalJson(declaration)).digest("base64url");
}
