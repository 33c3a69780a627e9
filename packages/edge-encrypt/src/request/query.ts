// The query of a request: the form grammar, sealed in place, every other character as it came (WHATWG URL section 5).
import { defaultLimits, type MatchState, queryString, scanBody } from "@fieldseal/core/body";
import { looseText, utf8Bytes } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import { createMatcher, foldName, nameKeys, type Policy, type Route, type Selector } from "@fieldseal/core/policy";
import { sealPrimitives } from "../primitives.ts";
import { refuseForeignEnvelopes } from "../refuse-foreign-envelopes.ts";
import { requireValues } from "../require-values.ts";
import { type Selection, selectFields } from "../select-fields.ts";

const mediaType = { essence: "application/x-www-form-urlencoded", parameters: new Map<string, string>() };
const { isUtf8 } = sealPrimitives;
let everyPair: MatchState | null = null;

export interface QueryOptions {
  readonly policy: Policy;
  /** The request's path: what stands behind a `;` or `#` in it is a query to some servers. */
  readonly path: string;
  /** False: required values may be missing. */
  readonly isAsked: boolean;
}

/**
 * Selects the values of a query that rules are for; a required one must be there where `isAsked`.
 *
 * @throws {FieldsealError} `FIELD_IN_QUERY`, `FIELD_NAME_VARIANT`, `FIELD_REQUIRED_MISSING`, `FIELD_OVERLAP`,
 * `FOREIGN_ENVELOPE`, `TOO_MANY_FIELDS`.
 */
export function planQuery(bytes: Uint8Array, route: Route, { policy, path, isAsked }: QueryOptions): Selection {
  if (route.onFieldInQuery === "refuse") {
    refuseBodyNames(bytes, route);
    const end = path.search(/[;#]/);
    if (end >= 0) refuseBodyNames(utf8Bytes(path.slice(end).replace("#", ";")), route);
  }
  if (route.query.length === 0) return { bytes, codec: queryString, fields: [] };
  const { query: rules, queryMatcher: root, limits, onShapeMismatch } = route;
  const scan = scanBody(queryString, { bytes, mediaType, root, limits, isUtf8 });
  const fields = selectFields(scan, { fields: rules, onShapeMismatch }, queryString);
  if (isAsked) requireValues(scan, rules, queryString);
  refuseForeignEnvelopes({ bytes, scan, codec: queryString, policy, route, fields });
  return { bytes, codec: queryString, fields };
}

/** One pair of a query, decoded. */
export interface QueryPair {
  readonly name: string;
  readonly value: string;
  /** Byte offset of the pair. */
  readonly at: number;
}

/** The pairs of a query. */
export function queryPairs(bytes: Uint8Array): QueryPair[] {
  if (bytes.length === 0) return [];
  everyPair ??= matcherOf([{ kind: "wildcard" }]);
  const { matches } = scanBody(queryString, { bytes, mediaType, root: everyPair, limits: unlimited, isUtf8 });
  return matches.map(({ outerStart, start, end }) => {
    const nameEnd = bytes[start - 1] === equalsSign ? start - 1 : end;
    const name = decodedName(bytes, outerStart, nameEnd);
    const value = queryString.decodeValue(bytes.subarray(start, end)) ?? "";
    return { name, value, at: outerStart };
  });
}

/** A name without its percent encoding; what is no UTF-8 shows as U+FFFD. */
export function decodedName(bytes: Uint8Array, start: number, end: number): string {
  return looseText(queryString.decodeText(bytes, { start, end, escaped: true, isName: true }).bytes);
}

/** The automaton of a selector of one step, that belongs to no policy; variants of its names are noted, too. */
export function matcherOf(selectors: readonly Selector[]): MatchState {
  const segments = [{ descendant: false, selectors, dotWildcard: true }];
  const rules = [{ query: { text: "", segments }, traced: false }];
  return createMatcher({ rules, onNameVariant: "refuse", checkShapes: false });
}

const unlimited = { ...defaultLimits, maxFields: Number.POSITIVE_INFINITY };
const semicolon = 0x3b;
const ampersand = 0x26;
const equalsSign = 0x3d;

/** Some servers part pairs at `;` as well: behind one, even a name that has a query rule would leave in clear. */
function refuseBodyNames(query: Uint8Array, { bodyNames, query: rules }: Route): void {
  if (query.length === 0) return;
  const queryNames = new Map(
    rules.flatMap((rule) => nameKeys(rule.query.segments[0]!).map((key) => [key, rule] as const)),
  );
  if (bodyNames.size === 0 && queryNames.size === 0) return;
  for (const { name, at } of queryPairs(query.map((byte) => (byte === semicolon ? ampersand : byte)))) {
    const rule = readingsOf(name)
      .map((key) => bodyNames.get(key) ?? (query[at - 1] === semicolon ? queryNames.get(key) : undefined))
      .find((found) => found);
    if (rule === undefined) continue;
    throw new FieldsealError("FIELD_IN_QUERY", "the query names a field that no query rule covers there", {
      field: rule.name,
      selector: rule.query.text,
      offset: at,
      hint: "send the value in the body, add a query rule, or set onFieldInQuery",
    });
  }
}

/**
 * Names nest at brackets and dots, end at NUL, and begin behind `?`, `!`, `#` and brackets, each to some servers: keys of
 * the name, of what is before its brackets, of its first part, and of what is nested.
 */
function readingsOf(name: string): string[] {
  const parts = name.split(/[\0!#.?[\]]+/);
  if (parts.length === 1) return [foldName(name)];
  const [first = "", ...nested] = parts.filter((part) => part !== "");
  const base = /[^!#?[\]][^\0[]*/.exec(name)?.[0] ?? "";
  return [...[name, base, first].map(foldName), ...nested.map((part) => `.${foldName(part)}`)];
}
