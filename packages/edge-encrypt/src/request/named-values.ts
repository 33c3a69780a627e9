// Values of request headers and cookies that rules are for (RFC 9110 section 5, RFC 6265 section 4.2). Pure.
import { looseText, utf8Bytes } from "@fieldseal/core/bytes";
import type { Span } from "@fieldseal/core/envelope";
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import { foldName, type NamedRule, type Policy, type Route } from "@fieldseal/core/policy";
import { looksSealed } from "../refuse-foreign-envelopes.ts";

/** Values of each header line, by the header's lower-case name. */
export type HeaderLines = Readonly<Record<string, readonly string[]>>;

/** One value of a header line. */
export interface NamedValue {
  readonly rule: NamedRule;
  /** Byte span of the value. */
  readonly start: number;
  readonly end: number;
  /** The cookie from one separator to the next; null where the whole line is the value. */
  readonly piece: Span | null;
}

/** One line of a header, and the values in it. */
export interface NamedLine {
  readonly header: string;
  /** Which of the header's lines. */
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly values: readonly NamedValue[];
}

const comma = 0x2c;
const semicolon = 0x3b;
const equalsSign = 0x3d;
const doubleQuote = 0x22;

/**
 * Selects the headers and cookies that rules are for.
 *
 * @throws {FieldsealError} `FIELD_NAME_VARIANT`, `FIELD_REQUIRED_MISSING`, `COOKIE_MALFORMED`, `FOREIGN_ENVELOPE`.
 */
export function selectNamedValues(headers: HeaderLines, route: Route, policy: Policy): NamedLine[] {
  const lines: NamedLine[] = [];
  if (route.headers.length > 0) {
    for (const [header, texts] of Object.entries(headers)) {
      const rule = ruleFor(header, route.headers, route);
      if (rule === null) continue;
      for (const [index, text] of texts.entries()) {
        const bytes = utf8Bytes(text);
        lines.push({ header, index, bytes, values: [{ rule, start: 0, end: bytes.length, piece: null }] });
      }
    }
  }
  if (route.cookies.length > 0) {
    for (const [index, text] of (headers.cookie ?? []).entries()) {
      const bytes = utf8Bytes(text);
      const values = cookiesOf(bytes, route);
      if (values.length > 0) lines.push({ header: "cookie", index, bytes, values });
    }
  }
  refuseForeign(lines, route, policy);
  return lines;
}

/** @throws {FieldsealError} `FIELD_REQUIRED_MISSING` where a required header or cookie is absent. */
export function requireNamedValues(lines: readonly NamedLine[], route: Route): void {
  const found = new Set(lines.flatMap(({ values }) => values.map(({ rule }) => rule)));
  for (const rule of [...route.headers, ...route.cookies]) {
    if (rule.required && !found.has(rule)) {
      throw refusal("FIELD_REQUIRED_MISSING", "a required header or cookie is missing", rule);
    }
  }
}

/** The rule for a name; a name that differs only in case or separators does what `onNameVariant` says. */
function ruleFor(name: string, rules: readonly NamedRule[], route: Route): NamedRule | null {
  const exact = rules.find(({ of }) => of === name);
  if (exact !== undefined || route.onNameVariant === "ignore") return exact ?? null;
  const folded = foldName(name);
  const near = rules.find(({ of }) => foldName(of) === folded);
  if (near === undefined || route.onNameVariant === "select") return near ?? null;
  throw refusal("FIELD_NAME_VARIANT", "a name differs from the rule's only in case, width or separators", near);
}

/** `name=value` between semicolons; white space around name and value does not belong to them. */
function cookiesOf(line: Uint8Array, route: Route): NamedValue[] {
  const values: NamedValue[] = [];
  for (let from = 0; from <= line.length; ) {
    const found = line.indexOf(semicolon, from);
    const to = found < 0 ? line.length : found;
    const equals = line.subarray(from, to).indexOf(equalsSign);
    if (equals >= 0) {
      const name = trimmed(line, from, from + equals);
      const text = looseText(line, name.start, name.end);
      const rule = ruleFor(text, route.cookies, route);
      const { start, end } = trimmed(line, from + equals + 1, to);
      refuseBehindComma(line, start, end, route);
      if (rule !== null) {
        refuseOpenQuote(line, start, end, rule);
        values.push({ rule, start, end, piece: { start: from, end: to } });
      }
    }
    from = to + 1;
  }
  return values;
}

/** Some servers part cookies at commas as well: a covered name behind one would leave in clear. */
function refuseBehindComma(line: Uint8Array, start: number, end: number, route: Route): void {
  if (!line.subarray(start, end).includes(comma)) return;
  const [, ...pieces] = looseText(line, start, end).split(",");
  for (const piece of pieces) {
    const equals = piece.indexOf("=");
    const folded = foldName(piece.slice(0, Math.max(equals, 0)).trim());
    const rule = route.cookies.find(({ of }) => equals >= 0 && foldName(of) === folded);
    if (rule !== undefined) {
      throw refusal("COOKIE_MALFORMED", "the name of a covered cookie stands behind a comma in another", rule);
    }
  }
}

/** Some servers read on to the closing quote, across semicolons: what stands there would leave in clear. */
function refuseOpenQuote(line: Uint8Array, start: number, end: number, rule: NamedRule): void {
  if (line[start] !== doubleQuote || end <= start) return;
  const closing = line.indexOf(doubleQuote, start + 1);
  if (closing === end - 1) return;
  throw refusal("COOKIE_MALFORMED", "the quotes around a covered cookie's value do not close where it ends", rule);
}

function refuseForeign(lines: readonly NamedLine[], route: Route, policy: Policy): void {
  if (route.onForeignEnvelope !== "reject") return;
  for (const { bytes, values } of lines) {
    for (const { rule, start, end } of values) {
      if (!looksSealed(bytes.subarray(start, end), policy)) continue;
      throw refusal("FOREIGN_ENVELOPE", "a covered header or cookie already looks like an envelope", rule);
    }
  }
}

function trimmed(line: Uint8Array, from: number, to: number): Span {
  let start = from;
  let end = to;
  while (start < end && isSpace(line[start]!)) start++;
  while (end > start && isSpace(line[end - 1]!)) end--;
  return { start, end };
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09;

function refusal(code: ErrorCode, message: string, rule: NamedRule): FieldsealError {
  return new FieldsealError(code, message, { field: rule.name, selector: rule.of });
}
