// Where envelopes may stand: `expect` compiled to one automaton over the reader's own document. Pure.
import type { Match, MatchState, Scan } from "@fieldseal/core/body";
import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import type { DirectPair } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { createMatcher, type NamedRule, type Policy, parseSelector, type Query } from "@fieldseal/core/policy";
import { formatsOfPolicy, noFormats, type PolicyFormats } from "./policy-formats.ts";

/** A policy, or for each field the selectors of its places in the reader's own document. */
export type Expect = Policy | ExpectedPlaces;

/** By field name. */
export type ExpectedPlaces = Readonly<Record<string, ExpectedPlace | readonly ExpectedPlace[]>>;

/** A selector; with `within`, one that goes on in the JSON of strings that it comes to. */
export type ExpectedPlace = string | { readonly select: string; readonly within: "json" };

const ofPlace: Named = {
  what: "a place within JSON",
  names: { select: true, within: true },
  code: "CONFIG_INVALID",
};

export interface Place {
  readonly field: string;
  /** The edge seals names as well that differ only in case or separators. */
  readonly takesVariants: boolean;
}

/** Selectors as one automaton. */
export interface Places {
  readonly matcher: MatchState;
  /** Of each selector of the matcher. */
  readonly places: readonly Place[];
}

/** A compiled `expect`. */
export interface Placement extends Places {
  /**
   * Those of each route of a policy. Only they tell what a name of a form leads to: a name that no selector is for is taken
   * apart, and another route may have one for it.
   */
  readonly routes: readonly Places[];
  /** Every field that may be asked for by itself or in text: with a policy, those of query, headers and cookies as well. */
  readonly names: ReadonlySet<string>;
  /** By field: the keys of context that a policy binds it to, where those are not all. */
  readonly boundKeys: ReadonlyMap<string, readonly string[]>;
  /** Pairs of the direct format that a policy tells of. */
  readonly direct: readonly DirectPair[];
  /** Most values of one record that have a data key of their own; 0 where the fields of a request share one. */
  readonly ownDataKeys: number;
}

const compiled = new WeakMap<Expect, Placement>();
const anywhere: Placement = compile([[]], noFormats);

/**
 * Compiles `expect`, once for each object.
 *
 * @throws {FieldsealError} `SELECTOR_INVALID`, `POLICY_UNSUPPORTED`, and `CONFIG_INVALID` for what is no `Expect`.
 */
export function placementOf(expect: Expect | undefined): Placement {
  if (expect === undefined) return anywhere;
  if (typeof expect !== "object" || expect === null || Array.isArray(expect)) throw neitherPolicyNorPlaces();
  const known = compiled.get(expect);
  if (known !== undefined) return known;
  const placement = isPolicy(expect)
    ? compile(placesOfPolicy(expect), formatsOfPolicy(expect), rulesOf(expect))
    : compile([placesOfFields(expect)], noFormats);
  compiled.set(expect, placement);
  return placement;
}

/** The values that selectors lead to, by their start. */
export interface ExpectedValues {
  readonly matches: ReadonlyMap<number, Match>;
  readonly places: readonly Place[];
}

export function expectedValues({ matches }: Scan, { places }: Places): ExpectedValues {
  const values = new Map<number, Match>();
  for (const match of matches) values.set(match.start, match);
  return { matches: values, places };
}

/** True where a selector of `field` leads to the value that is `[start, end)`. */
export function isExpected(
  field: string,
  { start, end }: { readonly start: number; readonly end: number },
  { matches, places }: ExpectedValues,
): boolean {
  const here = matches.get(start);
  if (here === undefined || here.end !== end) return false;
  const isOfField = (rule: number): boolean => places[rule]!.field === field;
  const { selects, variants } = here.state;
  return selects.some(isOfField) || variants.some((rule) => isOfField(rule) && places[rule]!.takesVariants);
}

/** `ENVELOPE_MISPLACED` for an envelope of `field` at `offset`. */
export function misplaced(field: string, offset: number): FieldsealError {
  const message = "an envelope stands where its field is not expected";
  return new FieldsealError("ENVELOPE_MISPLACED", message, { field, offset });
}

interface PlaceOf extends Place {
  readonly query: Query;
  readonly within: boolean;
}

type AnyRule = Pick<NamedRule, "name" | "action">;

function compile(
  ofRoutes: readonly (readonly PlaceOf[])[],
  formats: PolicyFormats,
  named: readonly AnyRule[] = [],
): Placement {
  const all = automatonOf(ofRoutes.flat());
  return {
    ...all,
    routes: ofRoutes.length > 1 ? ofRoutes.map(automatonOf) : [all],
    names: new Set([...all.places.map(({ field }) => field), ...named.map(({ name }) => name)]),
    boundKeys: new Map(named.flatMap((rule) => boundKeysOf(rule))),
    ...formats,
  };
}

function automatonOf(places: readonly PlaceOf[]): Places {
  const rules = places.map(({ query, within }) => ({ query, within, traced: false }));
  const onNameVariant = places.some(({ takesVariants }) => takesVariants) ? "refuse" : "ignore";
  return { matcher: createMatcher({ rules, onNameVariant, checkShapes: false }), places };
}

function isPolicy(expect: Expect): expect is Policy {
  return Array.isArray((expect as Policy).routes) && (expect as Policy).keys instanceof Map;
}

function placesOfPolicy(policy: Policy): PlaceOf[][] {
  return policy.routes.map(({ fields, onNameVariant }) => {
    const takesVariants = onNameVariant === "select";
    return fields.map(({ name, query, within }) => {
      return { field: name, query: untested(query), within, takesVariants };
    });
  });
}

/** A selector without the tests of its filters: what they asked for may be sealed by now. */
function untested(query: Query): Query {
  if (query.filter === undefined) return query;
  return parseSelector(query.text.replace(/\[\s*\?(?:"[^"]*"|'[^']*'|[^"'\]])*\]/g, "[*]"));
}

function rulesOf(policy: Policy): AnyRule[] {
  return policy.routes.flatMap(({ fields, query, headers, cookies }) => [...fields, ...query, ...headers, ...cookies]);
}

function boundKeysOf({ name, action }: AnyRule): [string, readonly string[]][] {
  return action.kind === "encrypt" && action.context !== null ? [[name, action.context]] : [];
}

function placesOfFields(expect: ExpectedPlaces): PlaceOf[] {
  return Object.entries(expect).flatMap(([field, selectors]) =>
    [selectors].flat().map((place) => {
      const select = typeof place === "string" ? place : selectorWithin(place);
      return { field, query: parseSelector(select), within: typeof place !== "string", takesVariants: false };
    }),
  );
}

/** @throws {FieldsealError} `CONFIG_INVALID` for what is not of `ExpectedPlace` */
function selectorWithin(place: Exclude<ExpectedPlace, string>): string {
  refuseUnknownNames(place, ofPlace);
  if (typeof place.select !== "string" || place.within !== "json") throw neitherPolicyNorPlaces();
  return place.select;
}

/** Of JavaScript, where types do not tell a policy's document from a policy. */
function neitherPolicyNorPlaces(): FieldsealError {
  const message = "expect is neither a policy that was parsed nor selectors by field";
  return new FieldsealError("CONFIG_INVALID", message);
}
