// The strict parser of policies: everything unknown is refused with its position. Pure.
import { deepestNesting, defaultLimits, type Limits } from "../body/index.ts";
import {
  type Place,
  type Properties,
  readArray,
  readInteger,
  readObject,
  readOneOf,
  readString,
  type StringSyntax,
  wrong,
} from "../config/index.ts";
import type { Primitives } from "../envelope/index.ts";
import { readContext } from "./context-source.ts";
import { readDirectPairs } from "./direct-pairs.ts";
import { readKeyRing } from "./key-ring.ts";
import { createMatcher } from "./matcher.ts";
import { parsePathPattern } from "./path-pattern.ts";
import { readFieldRules, readNamedRules } from "./rules.ts";
import type { FilterEngine } from "./selector.ts";
import { unsupported } from "./support.ts";
import type { Policy, PolicyContent, RingKey, Route } from "./types.ts";

const idSyntax = { pattern: /^[A-Za-z0-9._-]{1,64}$/, says: "1 to 64 of A-Z, a-z, 0-9, dot, - and _" };
const methodSyntax = { pattern: /^[A-Z][A-Z-]{0,31}$/, says: "an HTTP method in upper case" };
const mediaTypeSyntax = { pattern: /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/, says: "a media type in lower case" };
const maxRoutes = 500;

export interface PolicyOptions {
  /** For selectors with filters; without it they are refused. */
  readonly filters?: FilterEngine | undefined;
}

/**
 * Parses a policy from its JSON value.
 *
 * @throws {FieldsealError} `POLICY_INVALID`, `POLICY_UNSUPPORTED`, `SELECTOR_INVALID`, `PUBLIC_KEY_INVALID`,
 * `PUBLIC_KEY_WEAK` or `FINGERPRINT_MISMATCH`, each with the JSON Pointer of what is wrong.
 */
export function parsePolicy(value: unknown, primitives: Primitives, options: PolicyOptions = {}): Policy {
  const whole: Place = { value, pointer: "", code: "POLICY_INVALID" };
  const policy = readObject(whole, ["$schema", "version", "id", "keys", "routes", "onUnmatched"]);
  const version = policy.required("version");
  if (version.value !== 1) throw wrong(version, "expects 1");
  const keys = readKeyRing(policy.required("keys"), primitives);
  const onUnmatched = policy.optional("onUnmatched");
  const routes = readArray(policy.required("routes"), maxRoutes).map((place) => readRoute(place, keys, options));
  const content: PolicyContent = {
    id: readString(policy.required("id"), idSyntax),
    keys,
    routes,
    directPairs: readDirectPairs(whole, keys.values(), routes),
    onUnmatched: onUnmatched === undefined ? "forward" : readOneOf(onUnmatched, ["forward", "reject"]),
  };
  return content as Policy;
}

function readRoute(place: Place, keys: ReadonlyMap<string, RingKey>, { filters }: PolicyOptions): Route {
  const route = readObject(place, [
    "methods",
    "path",
    "context",
    "fields",
    "query",
    "headers",
    "cookies",
    "mediaTypes",
    "limits",
    "detect",
    "onForeignEnvelope",
    "onNameVariant",
    "onShapeMismatch",
  ]);
  const detect = route.optional("detect");
  if (detect !== undefined) throw unsupported(detect, "detectors");
  const pathPlace = route.required("path");
  const path = parsePathPattern(readString(pathPlace));
  if (path === null) throw wrong(pathPlace, "expects a path of literal segments, *, ** and {name}");
  const context = readContext(route.optional("context"), path);
  const fields = readFieldRules(route.optional("fields"), keys, { filters });
  const onNameVariant = choice(route, "onNameVariant", ["refuse", "select", "ignore"]);
  const onShapeMismatch = choice(route, "onShapeMismatch", ["refuse", "ignore"]);
  const contextQueries = context.flatMap((source) => (source.from === "select" ? [source.query] : []));
  return {
    methods: readSet(route.optional("methods"), methodSyntax),
    path,
    context,
    fields,
    query: readFieldRules(route.optional("query"), keys, { notBuilt: "query rules" }),
    headers: readNamedRules(route.optional("headers"), keys, "header"),
    cookies: readNamedRules(route.optional("cookies"), keys, "cookie"),
    mediaTypes: readSet(route.optional("mediaTypes"), mediaTypeSyntax),
    limits: readLimits(route.optional("limits")),
    onForeignEnvelope: choice(route, "onForeignEnvelope", ["reject", "encrypt", "allow"]),
    onNameVariant,
    onShapeMismatch,
    matcher: createMatcher({
      rules: [
        ...fields.map(({ query, required }) => ({ query, traced: required })),
        ...contextQueries.map((query) => ({ query, traced: false })),
      ],
      onNameVariant,
      checkShapes: onShapeMismatch === "refuse",
    }),
  };
}

function choice<const T extends string>(route: Properties, name: string, choices: readonly [T, ...T[]]): T {
  const place = route.optional(name);
  return place === undefined ? choices[0] : readOneOf(place, choices);
}

function readSet(place: Place | undefined, syntax: StringSyntax): ReadonlySet<string> | null {
  if (place === undefined) return null;
  const entries = readArray(place).map((entry) => readString(entry, syntax));
  if (entries.length === 0) throw wrong(place, "expects at least one entry; leave it out for all");
  return new Set(entries);
}

function readLimits(place: Place | undefined): Limits {
  if (place === undefined) return defaultLimits;
  const limits = readObject(place, ["maxFields", "maxDepth", "maxOutputBytes"]);
  const read = (name: keyof Limits, max: number): number => {
    const found = limits.optional(name);
    return found === undefined ? defaultLimits[name] : readInteger(found, 1, max);
  };
  return {
    maxFields: read("maxFields", 100_000),
    maxDepth: read("maxDepth", deepestNesting),
    maxOutputBytes: read("maxOutputBytes", 1_398_101),
  };
}
