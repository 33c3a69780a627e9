// Values of request headers and cookies that rules are for (RFC 9110 section 5, RFC 6265 section 4.2). Pure.
import { nothingBelow, plainText, type ValueCodec, ValueKind } from "@fieldseal/core/body";
import { looseText, utf8Bytes } from "@fieldseal/core/bytes";
import type { Span } from "@fieldseal/core/envelope";
import { foldName, type NamedRule, type Policy, type Route } from "@fieldseal/core/policy";
import { refusal } from "../refusal.ts";
import { looksSealed } from "../refuse-foreign-envelopes.ts";
import type { SelectedField, Selection } from "../select-fields.ts";
import type { HeaderLines } from "./message-head.ts";
import { decodedName } from "./query.ts";
import { removePieces } from "./removal.ts";

/** One line of a header, and the values in it. */
export interface NamedLine extends Selection {
  readonly header: string;
  /** Which of the header's lines. */
  readonly index: number;
}

/** A header's value is its whole line. What an action leaves of it may have no controls (RFC 9110 section 5.5). */
const headerValue: ValueCodec = { ...plainText, encodeValue: unless(/[^\P{Cc}\t]/u) };

/** A cookie is removed from one separator to the next; what an action leaves is `*cookie-octet`. */
const cookieValue: ValueCodec = {
  ...plainText,
  encodeValue: unless(/[^!#-+\--:<-[\]-~]/),
  remove: (line, matches) =>
    removePieces(
      line,
      matches.map(({ outerStart, outerEnd }) => ({ start: outerStart, end: outerEnd! })),
    ),
};

function unless(forbidden: RegExp): ValueCodec["encodeValue"] {
  return (text) => (forbidden.test(text) ? null : plainText.encodeValue(text));
}

const backslash = 0x5c;
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
      // Servers of the CGI tradition write `_` for whatever is neither letter nor digit.
      const rule = ruleFor(header, route.headers, route, header.replace(/[^\da-z]/g, "-"));
      if (rule === null) continue;
      for (const [index, text] of texts.entries()) {
        const bytes = utf8Bytes(text);
        const line = { start: 0, end: bytes.length };
        lines.push({ header, index, bytes, codec: headerValue, fields: [fieldOf(rule, line, line)] });
      }
    }
  }
  if (route.cookies.length > 0) {
    for (const [index, text] of (headers.cookie ?? []).entries()) {
      const bytes = utf8Bytes(text);
      const fields = cookiesOf(bytes, route);
      if (fields.length > 0) lines.push({ header: "cookie", index, bytes, codec: cookieValue, fields });
    }
  }
  refuseForeign(lines, route, policy);
  return lines;
}

/** @throws {FieldsealError} `FIELD_REQUIRED_MISSING` where a required header or cookie is absent. */
export function requireNamedValues(lines: readonly NamedLine[], route: Route): void {
  const found = new Set(lines.flatMap(({ fields }) => fields.map(({ rule }) => rule)));
  for (const rule of [...route.headers, ...route.cookies]) {
    if (rule.required && !found.has(rule)) {
      throw refusal("FIELD_REQUIRED_MISSING", "a required header or cookie is missing", rule);
    }
  }
}

function fieldOf(rule: NamedRule, { start, end }: Span, piece: Span): SelectedField {
  const span = { start, end, outerStart: piece.start, outerEnd: piece.end };
  return { rule, match: { state: nothingBelow, kind: ValueKind.string, ...span, parent: -1, empty: false }, inner: [] };
}

/** The rule for a name; one that differs only in case or separators, or is `read` so, does what `onNameVariant` says. */
function ruleFor(name: string, rules: readonly NamedRule[], route: Route, read: string): NamedRule | null {
  const exact = rules.find(({ of }) => of === name);
  if (exact !== undefined || route.onNameVariant === "ignore") return exact ?? null;
  const near = nearest(rules, name, read);
  if (near === undefined || route.onNameVariant === "select") return near ?? null;
  throw refusal("FIELD_NAME_VARIANT", "a name differs from the rule's only in case, width or separators", near);
}

function nearest(rules: readonly NamedRule[], ...names: string[]): NamedRule | undefined {
  const folded = names.map(foldName);
  return rules.find(({ of }) => folded.includes(foldName(of)));
}

/** `name=value` between semicolons; white space around name and value does not belong to them. */
function cookiesOf(line: Uint8Array, route: Route): SelectedField[] {
  const fields: SelectedField[] = [];
  for (let from = 0; from <= line.length; ) {
    const found = line.indexOf(semicolon, from);
    const to = found < 0 ? line.length : found;
    const equals = line.subarray(from, to).indexOf(equalsSign);
    if (equals >= 0) {
      const name = trimmed(line, from, from + equals);
      const text = looseText(line, name.start, name.end);
      const rule = ruleFor(text, route.cookies, route, readName(line, name.start, name.end));
      const value = trimmed(line, from + equals + 1, to);
      refuseInside(looseText(line, name.start, value.end), route);
      if (rule !== null) {
        refuseOpenQuote(line, value.start, value.end, rule);
        fields.push(fieldOf(rule, value, { start: from, end: to }));
      }
    }
    from = to + 1;
  }
  return fields;
}

/** A cookie's name to servers that decode names, cut them at NUL, or build arrays from brackets. */
function readName(bytes: Uint8Array, start: number, end: number): string {
  return /^.[^\0[]*/s.exec(decodedName(bytes, start, end))?.[0] ?? "";
}

/** Some servers part cookies at commas and white space as well: a covered name behind one would leave in clear. */
function refuseInside(cookie: string, route: Route): void {
  for (const [, name] of cookie.matchAll(/[\s,]([^\s,=]+)\s*=/g)) {
    const bytes = utf8Bytes(name!);
    const rule = nearest(route.cookies, name!, readName(bytes, 0, bytes.length));
    if (rule !== undefined) {
      throw refusal("COOKIE_MALFORMED", "the name of a covered cookie stands inside another", rule);
    }
  }
}

/** Some servers read on to the closing quote, across semicolons: what stands there would leave in clear. */
function refuseOpenQuote(line: Uint8Array, start: number, end: number, rule: NamedRule): void {
  if (line[start] !== doubleQuote || end <= start) return;
  const closing = line.indexOf(doubleQuote, start + 1);
  if (closing === end - 1 && line[end - 2] !== backslash) return;
  throw refusal("COOKIE_MALFORMED", "the quotes around a covered cookie's value do not close where it ends", rule);
}

function refuseForeign(lines: readonly NamedLine[], route: Route, policy: Policy): void {
  if (route.onForeignEnvelope !== "reject") return;
  for (const { bytes, fields } of lines) {
    for (const { rule, match } of fields) {
      if (!looksSealed(bytes.subarray(match.start, match.end), policy)) continue;
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
