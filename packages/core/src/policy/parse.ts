// The strict parser of policies: everything unknown is refused with its position. Pure.
import { deepestNesting, defaultLimits } from "../body/index.ts";
import { encodeBase64url, utf8Bytes } from "../bytes/index.ts";
import {
  canonicalJson,
  type Place,
  readArray,
  readChoice,
  readInteger,
  readObject,
  readString,
  type StringSyntax,
  wrong,
} from "../config/index.ts";
import type { Primitives } from "../envelope/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { compileRoute } from "./compile-route.ts";
import { readContext } from "./context-source.ts";
import { readDirectPairs } from "./direct-pairs.ts";
import { readKeyRing } from "./key-ring.ts";
import { addressesNames } from "./match.ts";
import { parsePathPattern } from "./path-pattern.ts";
import { type RuleScope, readFieldRules, readNamedRules, requireAgreement } from "./rules.ts";
import type { FilterEngine } from "./selector.ts";
import { unsupported } from "./support.ts";
import type { FieldRule, Policy, PolicyContent, RingKey, Route, RouteLimits } from "./types.ts";

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
  const policy = readObject(whole, [
    "$schema",
    "version",
    "id",
    "keys",
    "routes",
    "onUnmatched",
    "onAmbiguousPath",
    "onUncoveredMethod",
  ]);
  const version = policy.required("version");
  if (version.value !== 1) throw wrong(version, "expects 1, the one version that this release reads");
  const keys = readKeyRing(policy.required("keys"), primitives);
  const routes = readArray(policy.required("routes"), maxRoutes).map((place) => readRoute(place, keys, options));
  const rules = routes.flatMap(({ fields, query, headers, cookies }) => [...fields, ...query, ...headers, ...cookies]);
  requireAgreement(rules);
  const content: PolicyContent = {
    id: readString(policy.required("id"), idSyntax),
    keys,
    routes,
    directPairs: readDirectPairs(whole, keys.values(), rules),
    digest: digestOf(value as object, primitives),
    onUnmatched: readChoice(policy, "onUnmatched", ["forward", "reject"]),
    onAmbiguousPath: readChoice(policy, "onAmbiguousPath", ["refuse", "ignore"]),
    onUncoveredMethod: readChoice(policy, "onUncoveredMethod", ["refuse", "forward"]),
  };
  return content as Policy;
}

/** What a receipt says of the policy: equal for documents that say the same. */
function digestOf(document: object, primitives: Primitives): string {
  const { $schema: _, ...said } = document as { $schema?: unknown };
  return encodeBase64url(primitives.sha256(utf8Bytes(canonicalJson(said))));
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
    "onFieldInQuery",
    "onCompressed",
  ]);
  const detect = route.optional("detect");
  if (detect !== undefined) throw unsupported(detect, "detectors");
  const pathPlace = route.required("path");
  const path = parsePathPattern(readString(pathPlace));
  if (path === null) throw wrong(pathPlace, "expects a path of literal segments, *, ** and {name}");
  const context = readContext(route.optional("context"), path);
  const scope = { keys, context };
  return compileRoute({
    methods: readSet(route.optional("methods"), methodSyntax),
    path,
    context,
    fields: readFieldRules(route.optional("fields"), scope, filters),
    query: readQueryRules(route.optional("query"), scope),
    headers: readNamedRules(route.optional("headers"), scope, "header"),
    cookies: readNamedRules(route.optional("cookies"), scope, "cookie"),
    mediaTypes: readSet(route.optional("mediaTypes"), mediaTypeSyntax),
    limits: readLimits(route.optional("limits")),
    onForeignEnvelope: readChoice(route, "onForeignEnvelope", ["reject", "encrypt", "allow"]),
    onNameVariant: readChoice(route, "onNameVariant", ["refuse", "select", "ignore"]),
    onShapeMismatch: readChoice(route, "onShapeMismatch", ["refuse", "ignore"]),
    onFieldInQuery: readChoice(route, "onFieldInQuery", ["refuse", "ignore"]),
    onCompressed: readChoice(route, "onCompressed", ["refuse", "open"]),
  });
}

function readQueryRules(place: Place | undefined, scope: RuleScope): FieldRule[] {
  const rules = readFieldRules(place, scope);
  for (const { query, within, pointer } of rules) {
    if (within) throw unsupported({ pointer: `${pointer}/within` }, "strings of JSON in a query");
    if (addressesNames(query)) continue;
    const message = `${pointer}/select: a query has names only: expects $.name or $.name[0]`;
    throw new FieldsealError("POLICY_INVALID", message, { pointer: `${pointer}/select` });
  }
  return rules;
}

function readSet(place: Place | undefined, syntax: StringSyntax): ReadonlySet<string> | null {
  if (place === undefined) return null;
  const entries = readArray(place).map((entry) => readString(entry, syntax));
  if (entries.length === 0) throw wrong(place, "expects at least one entry; leave it out for all");
  return new Set(entries);
}

const defaultRouteLimits: RouteLimits = { ...defaultLimits, maxDecodedBytes: 1_000_000 };

function readLimits(place: Place | undefined): RouteLimits {
  if (place === undefined) return defaultRouteLimits;
  const limits = readObject(place, ["maxFields", "maxDepth", "maxOutputBytes", "maxDecodedBytes"]);
  const read = (name: keyof RouteLimits, max: number): number => {
    const found = limits.optional(name);
    return found === undefined ? defaultRouteLimits[name] : readInteger(found, 1, max);
  };
  return {
    maxFields: read("maxFields", 100_000),
    maxDepth: read("maxDepth", deepestNesting),
    maxOutputBytes: read("maxOutputBytes", 1_398_101),
    maxDecodedBytes: read("maxDecodedBytes", 16_777_216),
  };
}
