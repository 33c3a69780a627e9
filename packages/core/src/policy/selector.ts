// JSONPath selectors: RFC 9535 without filters and functions, parsed strictly. Pure.
import { FieldsealError } from "../errors/index.ts";

export type Selector =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | {
      readonly kind: "slice";
      readonly start: number | undefined;
      readonly end: number | undefined;
      readonly step: number;
    }
  | { readonly kind: "wildcard" };

/** One step of a query: RFC 9535 section 1.5, "segment". */
export interface Segment {
  /** True for `..`: the step looks at every depth. */
  readonly descendant: boolean;
  readonly selectors: readonly Selector[];
  /** True for `.*` and `..*`, which speak of members; `[*]` speaks of elements. */
  readonly dotWildcard: boolean;
}

/** A parsed selector; `text` is its spelling in the policy. */
export interface Query {
  readonly text: string;
  readonly segments: readonly Segment[];
  /** Where the selector has filters: what an engine compiled it to; `segments` then select nothing. */
  readonly filter?: CompiledFilter;
}

/**
 * The members or elements of a parsed document that a selector with filters selects. Variants of its names are refused
 * (`FIELD_NAME_VARIANT`) unless `takesVariants`.
 */
export type CompiledFilter = (
  document: unknown,
  takesVariants?: boolean,
) => readonly { readonly parent: unknown; readonly name: string }[];

/** Evaluates selectors with filters, which the compiled selectors do not cover. */
export interface FilterEngine {
  /** @throws {FieldsealError} `SELECTOR_INVALID` with the offset of what is wrong. */
  compile(selector: string): CompiledFilter;
}

const selectsNothing: readonly Segment[] = [{ descendant: false, selectors: [], dotWildcard: true }];

const maxSelectorLength = 1024;
const maxSegments = 32;
const maxSelectorsInBrackets = 64;

const nameFirst = /[A-Za-z_\u{80}-\u{d7ff}\u{e000}-\u{10ffff}]/u;
const nameShorthand = /[A-Za-z_\u{80}-\u{d7ff}\u{e000}-\u{10ffff}][A-Za-z0-9_\u{80}-\u{d7ff}\u{e000}-\u{10ffff}]*/uy;
const integer = /-?[1-9][0-9]{0,15}|0/y;

/**
 * Parses one selector.
 *
 * @throws {FieldsealError} `SELECTOR_INVALID` with the offset (in UTF-16 units) of what is wrong;
 * `POLICY_UNSUPPORTED` for a filter (`?`) without an engine.
 */
export function parseSelector(text: string, filters?: FilterEngine): Query {
  let at = 0;
  if (filters !== undefined && /\[\s*\?/.test(text))
    return { text, segments: selectsNothing, filter: filters.compile(text) };

  if (text.length > maxSelectorLength) throw invalid(`is longer than ${maxSelectorLength} characters`);
  if (text[0] !== "$") throw invalid("must begin with $");
  at = 1;
  const segments: Segment[] = [];
  for (;;) {
    const before = at;
    space();
    if (at === text.length) {
      if (at !== before) throw invalid("must not end with white space");
      return { text, segments };
    }
    if (segments.length === maxSegments) throw invalid(`has more than ${maxSegments} steps`);
    segments.push(segment());
  }

  function segment(): Segment {
    if (text[at] === "[") return { descendant: false, selectors: brackets(), dotWildcard: false };
    if (text[at] !== ".") throw invalid("expects . or [ here");
    at++;
    const descendant = text[at] === ".";
    if (descendant) {
      at++;
      if (text[at] === "[") return { descendant, selectors: brackets(), dotWildcard: false };
    }
    if (text[at] === "*") {
      at++;
      return { descendant, selectors: [{ kind: "wildcard" }], dotWildcard: true };
    }
    nameShorthand.lastIndex = at;
    const name = nameShorthand.exec(text)?.[0];
    if (name === undefined) throw invalid("expects a name or * here");
    at += name.length;
    return { descendant, selectors: [{ kind: "name", name }], dotWildcard: false };
  }

  function brackets(): Selector[] {
    const selectors: Selector[] = [];
    do {
      if (selectors.length === maxSelectorsInBrackets) throw invalid("has too many alternatives in one bracket");
      at++;
      space();
      selectors.push(selector());
      space();
    } while (text[at] === ",");
    if (text[at] !== "]") throw invalid("expects , or ] here");
    at++;
    return selectors;
  }

  function selector(): Selector {
    const first = text[at];
    if (first === "'" || first === '"') return { kind: "name", name: quotedName(first) };
    if (first === "*") {
      at++;
      return { kind: "wildcard" };
    }
    if (first === "?") {
      throw new FieldsealError("POLICY_UNSUPPORTED", "selectors with filters need a filter engine", {
        offset: at,
        hint: "give parsePolicy { filters: jsonpathPlus } from @fieldseal/edge-encrypt/jsonpath-plus",
      });
    }
    if (first !== ":" && (first === undefined || !/[-0-9]/.test(first))) {
      throw invalid(
        nameFirst.test(first ?? "") ? "expects quotes around a name in brackets" : "expects a selector here",
      );
    }
    const start = optionalInteger();
    space();
    if (text[at] !== ":") {
      return { kind: "index", index: start as number };
    }
    at++;
    space();
    const end = optionalInteger();
    space();
    let step: number | undefined;
    if (text[at] === ":") {
      at++;
      space();
      step = optionalInteger();
    }
    return { kind: "slice", start, end, step: step ?? 1 };
  }

  function optionalInteger(): number | undefined {
    integer.lastIndex = at;
    const found = integer.exec(text)?.[0];
    if (found === undefined) {
      if (/[-0-9]/.test(text[at] ?? "")) throw invalid("expects an integer without leading zeros here");
      return undefined;
    }
    const value = Number(found);
    if (!Number.isSafeInteger(value)) throw invalid("has an integer outside the exact range");
    at += found.length;
    if (/[0-9]/.test(text[at] ?? "")) throw invalid("expects an integer without leading zeros here");
    return value;
  }

  function quotedName(quote: string): string {
    at++;
    let name = "";
    for (;;) {
      const char = text[at];
      if (char === undefined || char < " ") throw invalid("has an unfinished quoted name");
      if (char === quote) {
        at++;
        if (/\p{Surrogate}/u.test(name)) throw invalid("has a lone surrogate in a quoted name");
        return name;
      }
      at++;
      name += char === "\\" ? escaped(quote) : char;
    }
  }

  function escaped(quote: string): string {
    const letter = text[at] ?? "";
    at++;
    const simple = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", "/": "/", "\\": "\\" }[letter];
    if (simple !== undefined) return simple;
    if (letter === quote) return quote;
    const digits = letter === "u" ? /^[0-9A-Fa-f]{4}/.exec(text.slice(at, at + 4))?.[0] : undefined;
    if (digits === undefined) {
      at -= 1;
      throw invalid("has an unknown escape in a quoted name");
    }
    at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  function space(): void {
    while (text[at] === " " || text[at] === "\t" || text[at] === "\n" || text[at] === "\r") at++;
  }

  function invalid(what: string): FieldsealError {
    return new FieldsealError("SELECTOR_INVALID", `the selector ${what}`, { offset: at });
  }
}
