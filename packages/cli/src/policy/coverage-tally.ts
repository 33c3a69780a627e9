// What the samples say of each rule and place, counted; names and counts alone, never a value. Pure.
import type { FieldRule, NamedRule, Policy } from "@fieldseal/core/policy";
import type { Step } from "../walk.ts";
import { type Place, placedRules, selectOf } from "./describe.ts";
import type { OpenValue } from "./open-values.ts";
import { identifierKind, isSensitiveName, showableName } from "./sensitive.ts";
import { lastNames } from "./warnings.ts";

type Rule = FieldRule | NamedRule;

/** In how many of the samples that a rule applies to it selects something. */
export interface RuleCoverage {
  readonly path: string;
  readonly place: Place;
  readonly field: string;
  readonly select: string;
  /** Samples that the rule's route reads, and that say something of its place. */
  readonly samples: number;
  /** Those of them in which it selects at least one value. */
  readonly matched: number;
  /** Values that it selects, over all samples. */
  readonly values: number;
}

/** A place whose values look sensitive, in the samples that hold it uncovered. */
export interface UncoveredField {
  readonly place: Place;
  /** JSONPath, or the name of a header or cookie; names that might be values are `*`. */
  readonly path: string;
  /** `name`, or the kind of identifier that values are. */
  readonly evidence: string;
  readonly samples: number;
}

export interface Coverage {
  /** One for each rule, in the order of the policy. */
  readonly rules: readonly RuleCoverage[];
  readonly uncovered: readonly UncoveredField[];
  /** Strings that hold JSON with a name that a rule covers elsewhere. */
  readonly hidden: readonly { readonly path: string; readonly name: string }[];
  /** Samples that are no bodies of their media type, that no route covers, or that the edge would refuse. */
  readonly problems: readonly SampleProblem[];
}

export interface SampleProblem {
  readonly sample: string;
  readonly code: string;
  /** The rule, and where in the sample. */
  readonly field?: string | undefined;
  readonly offset?: number | undefined;
  readonly hint?: string;
}

/** Counts while samples are read. */
export interface Tally {
  /** A sample in which a rule could have selected something, and how much it did. */
  count(rule: Rule, values: number): void;
  open(sample: string, place: Place, value: OpenValue): void;
  problem(problem: SampleProblem): void;
  coverage(): Coverage;
}

/** Counts for a policy's rules, none yet. */
export function createTally(policy: Policy): Tally {
  const placed = placedRules(policy);
  const counts = new Map(placed.map(({ rule }) => [rule as Rule, { samples: 0, matched: 0, values: 0 }]));
  const coveredNames = new Set(
    placed.flatMap(({ place, rule }) => (place === "body" ? lastNames(selectOf(rule)) : [])),
  );
  const uncovered = new Map<string, { field: Omit<UncoveredField, "samples">; samples: Set<string> }>();
  const hidden = new Map<string, string>();
  const problems: SampleProblem[] = [];
  return {
    count(rule, values) {
      const count = counts.get(rule)!;
      count.samples++;
      count.matched += values > 0 ? 1 : 0;
      count.values += values;
    },
    open(sample, place, { path, within, text }) {
      const name = (within ?? path).findLast((step) => typeof step === "string");
      if (within !== null && name !== undefined && coveredNames.has(name)) {
        hidden.set(showPath(path), name);
        return;
      }
      const evidence = evidenceOf(name, text);
      if (evidence === null) return;
      const shown = showPlace(place, path) + (within === null ? "" : ` in a string: ${showPath(within)}`);
      const known = uncovered.get(`${place} ${shown}`);
      const field = known?.field ?? { place, path: shown, evidence };
      uncovered.set(`${place} ${shown}`, { field, samples: (known?.samples ?? new Set<string>()).add(sample) });
    },
    problem(problem) {
      problems.push(problem);
    },
    coverage: () => ({
      rules: placed.map(({ route, place, rule }) => {
        return { path: route.path.text, place, field: rule.name, select: selectOf(rule), ...counts.get(rule)! };
      }),
      uncovered: Array.from(uncovered.values(), ({ field, samples }) => ({ ...field, samples: samples.size })),
      hidden: Array.from(hidden, ([path, name]) => ({ path, name })),
      problems,
    }),
  };
}

function evidenceOf(name: string | undefined, text: string): string | null {
  // Headers of one's own often begin with `x-`; attributes of XML are told by `@`.
  const isNamed = name !== undefined && (isSensitiveName(name) || isSensitiveName(name.replace(/^(?:x-|@)/, "")));
  return identifierKind(text) ?? (isNamed ? "name" : null);
}

function showPlace(place: Place, path: readonly Step[]): string {
  return place === "body" || place === "query" ? showPath(path) : showableName(String(path[0]));
}

/** A path as JSONPath, with elements as `[*]` and names only where they may be shown. */
function showPath(path: readonly Step[]): string {
  return path.reduce<string>((shown, step) => {
    if (typeof step === "number") return `${shown}[*]`;
    const name = showableName(step);
    return /^[A-Za-z_][A-Za-z0-9_]*$|^\*$/.test(name) ? `${shown}.${name}` : `${shown}['${name}']`;
  }, "$");
}
