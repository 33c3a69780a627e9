// What the rules of a policy cover in recorded bodies, and what looks sensitive and is not covered. Pure; reports hold
// names and counts, never a value.
import { isUtf8 } from "node:buffer";
import { codecFor, parseMediaType, scanBody, ValueKind } from "@fieldseal/core/body";
import { utf8Bytes } from "@fieldseal/core/bytes";
import { holdsEnvelopeLike } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { type FieldRule, matchRoute, type Policy, type Route, routeReads } from "@fieldseal/core/policy";
import { encryptBodySync } from "@fieldseal/edge-encrypt";
import { type Step, walkBody } from "../walk.ts";
import type { Sample } from "./sample-file.ts";
import { identifierKind, isSensitiveName, showableName } from "./sensitive.ts";
import { lastNames } from "./warnings.ts";

/** In how many of the samples that a rule applies to it selects something. */
export interface RuleCoverage {
  readonly path: string;
  readonly field: string;
  readonly select: string;
  /** Samples that the rule's route reads. */
  readonly samples: number;
  /** Those of them in which it selects at least one value. */
  readonly matched: number;
  /** Values that it selects, over all samples. */
  readonly values: number;
}

/** A place whose values look sensitive, in the samples that hold it uncovered. */
export interface UncoveredField {
  /** JSONPath; names that might be values are `*`. */
  readonly path: string;
  /** `name`, or the kind of identifier that values are. */
  readonly evidence: string;
  readonly samples: number;
}

export interface Coverage {
  readonly rules: readonly RuleCoverage[];
  readonly uncovered: readonly UncoveredField[];
  /** Strings that hold JSON with a name that a rule covers elsewhere. */
  readonly hidden: readonly { readonly path: string; readonly name: string }[];
  /** Samples that are no bodies of their media type, that no route covers, or that the edge would refuse. */
  readonly problems: readonly { readonly sample: string; readonly code: string }[];
}

/** Holds a policy against samples. */
export function coverageOf(policy: Policy, samples: readonly Sample[]): Coverage {
  const rules = new Map<FieldRule, { route: Route; samples: number; matched: number; values: number }>();
  for (const route of policy.routes) {
    for (const rule of route.fields) rules.set(rule, { route, samples: 0, matched: 0, values: 0 });
  }
  const uncovered = new Map<string, { evidence: string; samples: Set<string> }>();
  const hidden = new Map<string, string>();
  const problems: { sample: string; code: string }[] = [];
  const coveredNames = new Set([...rules.keys()].flatMap((rule) => lastNames(rule.query.text)));
  for (const sample of samples) {
    try {
      const routes = routesOf(policy, sample);
      const covered = routes.flatMap((route) => {
        for (const rule of route.fields) rules.get(rule)!.samples++;
        return selectedSpans(sample, route, (rule, values) => {
          const count = rules.get(rule)!;
          count.matched++;
          count.values += values;
        });
      });
      if (routes.length === 0) problems.push({ sample: sample.name, code: "ROUTE_UNMATCHED" });
      for (const { path, text } of openValues(sample, covered)) {
        const shown = showPath(path);
        const evidence = evidenceOf(path, text);
        if (evidence !== null) {
          const known = uncovered.get(shown) ?? { evidence, samples: new Set() };
          known.samples.add(sample.name);
          uncovered.set(shown, known);
        }
        const name = coveredNameWithin(text, coveredNames);
        if (name !== null) hidden.set(shown, name);
      }
      tryEncrypt(policy, sample);
    } catch (error) {
      if (!(error instanceof FieldsealError)) throw error;
      problems.push({ sample: sample.name, code: error.code });
    }
  }
  return {
    rules: Array.from(rules, ([{ name, query }, { route, ...counts }]) => {
      return { path: route.path.text, field: name, select: query.text, ...counts };
    }),
    uncovered: Array.from(uncovered, ([path, { evidence, samples: where }]) => {
      return { path, evidence, samples: where.size };
    }),
    hidden: Array.from(hidden, ([path, name]) => ({ path, name })),
    problems,
  };
}

/** The routes that a sample can be on. */
function routesOf(policy: Policy, { request, mediaType, codec }: Sample): Route[] {
  if (request === null) return policy.routes.filter((route) => routeReads(route, mediaType, codec));
  const match = matchRoute(policy, request.method, request.path);
  return match.kind === "route" ? [match.route] : [];
}

interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

function selectedSpans(
  { bytes, mediaType, codec }: Sample,
  route: Route,
  count: (rule: FieldRule, values: number) => void,
): ByteSpan[] {
  const values = new Map<FieldRule, number>();
  const spans: ByteSpan[] = [];
  for (const { state, start, end } of scanBody(codec, {
    bytes,
    mediaType,
    root: route.matcher,
    limits: route.limits,
    isUtf8,
  }).matches) {
    for (const index of state.selects) {
      const rule = route.fields[index];
      if (rule === undefined) continue;
      values.set(rule, (values.get(rule) ?? 0) + 1);
      spans.push({ start, end });
    }
  }
  for (const [rule, found] of values) count(rule, found);
  return spans;
}

/** The strings and numbers that no rule covers, decoded. */
function* openValues(sample: Sample, covered: readonly ByteSpan[]): Generator<{ path: readonly Step[]; text: string }> {
  const { bytes, codec, mediaType } = sample;
  const spans = covered.toSorted((a, b) => a.start - b.start);
  let next = 0;
  let coveredTo = 0;
  for (const { path, kind, start, end } of walkBody(bytes, codec, mediaType)) {
    for (; next < spans.length && spans[next]!.start <= start; next++)
      coveredTo = Math.max(coveredTo, spans[next]!.end);
    if (end <= coveredTo || (kind !== ValueKind.string && kind !== ValueKind.scalar)) continue;
    const text = codec.decodeValue(bytes.subarray(start, end));
    if (text === null || text === "" || text === "true" || text === "false") continue;
    if (!holdsEnvelopeLike(utf8Bytes(text))) yield { path, text };
  }
}

function evidenceOf(path: readonly Step[], text: string): string | null {
  const name = path.findLast((step) => typeof step === "string");
  return identifierKind(text) ?? (typeof name === "string" && isSensitiveName(name) ? "name" : null);
}

/** A covered name inside a string that is itself a JSON object or array; null where there is none. */
function coveredNameWithin(text: string, covered: ReadonlySet<string>): string | null {
  if (!/^\s*[[{]/.test(text)) return null;
  const mediaType = parseMediaType("application/json");
  try {
    const names = walkBody(utf8Bytes(text), codecFor(mediaType)!, mediaType).map(({ path }) => path.at(-1));
    return names.find((name): name is string => typeof name === "string" && covered.has(name)) ?? null;
  } catch {
    return null;
  }
}

/** Seals a sample whose request is known, to see whether the edge would refuse it. */
function tryEncrypt(policy: Policy, { request, bytes, contentType }: Sample): void {
  if (request === null) return;
  const match = matchRoute(policy, request.method, request.path);
  if (match.kind !== "route") return;
  const drawn = match.route.context.filter(({ from }) => from === "header");
  const context = Object.fromEntries(drawn.map(({ key }) => [key, "sample"]));
  encryptBodySync({ bytes, mediaType: contentType, ...request, context }, policy);
}

/** A path as JSONPath, with elements as `[*]` and names only where they may be shown. */
function showPath(path: readonly Step[]): string {
  return path.reduce<string>((shown, step) => {
    if (typeof step === "number") return `${shown}[*]`;
    const name = showableName(step);
    return /^[A-Za-z_][A-Za-z0-9_]*$|^\*$/.test(name) ? `${shown}.${name}` : `${shown}['${name}']`;
  }, "$");
}
