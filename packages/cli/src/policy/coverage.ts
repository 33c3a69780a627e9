// What the rules of a policy cover in recorded bodies and requests, and what looks sensitive and is not covered. Reports
// hold names and counts, never a value.
import { isUtf8 } from "node:buffer";
import {
  type Codec,
  type MatchState,
  type MediaType,
  parseMediaType,
  queryString,
  scanBody,
} from "@fieldseal/core/body";
import { utf8Bytes } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import {
  type FieldRule,
  matchRoute,
  type NamedRule,
  type Policy,
  type Route,
  routeReads,
} from "@fieldseal/core/policy";
import type { Step } from "../walk.ts";
import { type Place, placedRules, selectOf } from "./describe.ts";
import { cookiesOf, headersOf, type NamedText } from "./named-texts.ts";
import { type ByteSpan, type OpenValue, openValues } from "./open-values.ts";
import { refusalOf } from "./refusal-of.ts";
import type { Sample } from "./sample-file.ts";
import type { RequestHead } from "./sample-request.ts";
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
  readonly problems: readonly { readonly sample: string; readonly code: string }[];
}

/** Holds a policy against samples. */
export async function coverageOf(policy: Policy, samples: readonly Sample[]): Promise<Coverage> {
  const tally = createTally(policy);
  for (const sample of samples) {
    try {
      const routes = routesOf(policy, sample);
      if (routes.length === 0) tally.problem(sample.name, "ROUTE_UNMATCHED");
      if (sample.body !== null) {
        const { body } = sample;
        const covered = routes.flatMap((route) =>
          selectedSpans(body, tally, { rules: route.fields, root: route.matcher }),
        );
        for (const value of openValues(body, covered)) tally.open(sample.name, "body", value);
      }
      if (sample.request?.head != null)
        for (const route of routes) readHead(sample.name, sample.request.head, route, tally);
      const refusal = await refusalOf(policy, sample);
      if (refusal !== null) tally.problem(sample.name, refusal);
    } catch (error) {
      if (!(error instanceof FieldsealError)) throw error;
      tally.problem(sample.name, error.code);
    }
  }
  return tally.coverage();
}

/** The routes that a sample can be on. */
function routesOf(policy: Policy, { request, body }: Sample): Route[] {
  if (request !== null) {
    const match = matchRoute(policy, request.method, request.path);
    return match.kind === "route" ? [match.route] : [];
  }
  return body === null ? [] : policy.routes.filter((route) => routeReads(route, body.mediaType, body.codec));
}

const queryType: MediaType = parseMediaType("application/x-www-form-urlencoded");

function readHead(sample: string, { querystring, headers }: RequestHead, route: Route, tally: Tally): void {
  const query = { bytes: utf8Bytes(querystring), codec: queryString, mediaType: queryType };
  const covered = selectedSpans(query, tally, { rules: route.query, root: route.queryMatcher });
  for (const value of openValues(query, covered)) tally.open(sample, "query", value);
  readNamed(sample, "header", { texts: headersOf(headers), rules: route.headers }, tally);
  readNamed(sample, "cookie", { texts: cookiesOf(headers), rules: route.cookies }, tally);
}

function readNamed(
  sample: string,
  place: "header" | "cookie",
  { texts, rules }: { readonly texts: readonly NamedText[]; readonly rules: readonly NamedRule[] },
  tally: Tally,
): void {
  for (const rule of rules) tally.count(rule, texts.filter(({ name }) => name === rule.of).length);
  const taken = new Set(rules.map(({ of }) => of));
  for (const { name, text } of texts) {
    if (!taken.has(name)) tally.open(sample, place, { path: [name], within: null, text });
  }
}

/** The spans that rules select; each rule is told how many. */
function selectedSpans(
  { bytes, mediaType, codec }: { readonly bytes: Uint8Array; readonly mediaType: MediaType; readonly codec: Codec },
  tally: Tally,
  { rules, root }: { readonly rules: readonly FieldRule[]; readonly root: MatchState },
): ByteSpan[] {
  const values = new Map(rules.map((rule) => [rule, 0]));
  const spans: ByteSpan[] = [];
  const limits = { maxFields: 1_000_000, maxDepth: 1000, maxOutputBytes: Number.MAX_SAFE_INTEGER };
  for (const { state, start, end } of scanBody(codec, { bytes, mediaType, root, limits, isUtf8 }).matches) {
    for (const index of state.selects) {
      const rule = rules[index];
      if (rule === undefined) continue;
      values.set(rule, values.get(rule)! + 1);
      spans.push({ start, end });
    }
  }
  for (const [rule, found] of values) tally.count(rule, found);
  return spans;
}

interface Tally {
  /** A sample in which a rule could have selected something, and how much it did. */
  count(rule: Rule, values: number): void;
  open(sample: string, place: Place, value: OpenValue): void;
  problem(sample: string, code: string): void;
  coverage(): Coverage;
}

function createTally(policy: Policy): Tally {
  const placed = placedRules(policy);
  const counts = new Map(placed.map(({ rule }) => [rule as Rule, { samples: 0, matched: 0, values: 0 }]));
  const coveredNames = new Set(
    placed.flatMap(({ place, rule }) => (place === "body" ? lastNames(selectOf(rule)) : [])),
  );
  const uncovered = new Map<string, { field: Omit<UncoveredField, "samples">; samples: Set<string> }>();
  const hidden = new Map<string, string>();
  const problems: { sample: string; code: string }[] = [];
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
    problem(sample, code) {
      problems.push({ sample, code });
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
  // Headers of one's own often begin with `x-`.
  const isNamed = name !== undefined && (isSensitiveName(name) || isSensitiveName(name.replace(/^x-/, "")));
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
