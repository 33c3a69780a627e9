// Routes that refuse what they are for, or see nothing of it: remarks on each that need no sample. Pure.
import { codecFor, parseMediaType } from "@fieldseal/core/body";
import { matchRoute, type Policy, type Route, routeReads } from "@fieldseal/core/policy";
import { isHiddenHeader } from "@fieldseal/emulator";
import type { JsonFile } from "../json-file.ts";
import { guardRemarks } from "./guard-warnings.ts";
import type { Remark, Warning } from "./warning.ts";
import { pathWitnesses } from "./witness.ts";

/** Remarks on the routes, in their order. */
export function routeWarnings({ parsed: policy, locate }: JsonFile<Policy>): Warning[] {
  return policy.routes.flatMap((route, index) => {
    const remarks = [
      ...shadowed(policy, route),
      ...methodRemarks(route),
      ...mediaTypeRemarks(route),
      ...contextRemarks(route),
      ...overlaps(route),
      ...guardRemarks(route),
      ...relaxed(route, routeSettings),
    ];
    return remarks.map(({ property, ...warning }) => ({ ...warning, place: locate(`/routes/${index}/${property}`) }));
  });
}

/** Remarks on the settings of the whole policy. */
export function settingWarnings({ parsed, locate }: JsonFile<Policy>): Warning[] {
  return relaxed(parsed, policySettings).map(({ property, ...warning }) => ({
    ...warning,
    place: locate(`/${property}`),
  }));
}

// Some request of a reachable route chooses it; one that no pattern names stands for all others.
const otherMethod = "OTHER";

function shadowed(policy: Policy, route: Route): Remark[] {
  const methods = route.methods ?? [otherMethod];
  const chosen = pathWitnesses([route.path]).flatMap((path) =>
    [...methods].map((method) => choice(policy, method, path)),
  );
  const before = chosen[0];
  if (before === null || before === undefined || chosen.some((one) => one === null || one === route)) return [];
  const message = `no request reaches the route ${route.path.text}: routes before it, such as ${before.path.text}, take them`;
  return [{ kind: "route-shadowed", message, property: "path", hint: "put narrow routes before wide ones" }];
}

/** The route that a request chooses; null where that is in doubt. */
function choice(policy: Policy, method: string, path: string): Route | null {
  try {
    const match = matchRoute(policy, method, path);
    return match.kind === "route" ? match.route : null;
  } catch {
    return null;
  }
}

const withoutBody = ["GET", "HEAD", "OPTIONS"];
const allowed: ReadonlySet<string> = new Set([...withoutBody, "PUT", "POST", "PATCH", "DELETE"]);

function methodRemarks({ methods, fields }: Route): Remark[] {
  if (methods === null) return [];
  const unknown = [...methods].filter((method) => !allowed.has(method));
  const found: Remark[] = unknown.map((method) => ({
    kind: "method-unknown",
    message: `CloudFront lets no request with the method ${method} through`,
    property: "methods",
    hint: `its methods are ${[...allowed].join(", ")}`,
  }));
  if (fields.length > 0 && [...methods].every((method) => withoutBody.includes(method))) {
    const message = "the rules for the body select nothing: with these methods CloudFront shows a function no body";
    found.push({
      kind: "body-never-seen",
      message,
      property: "methods",
      hint: "leave methods out, or add POST or PUT",
    });
  }
  return found;
}

function mediaTypeRemarks(route: Route): Remark[] {
  if (route.fields.length === 0) return [];
  return [...(route.mediaTypes ?? [])].flatMap((essence): Remark[] => {
    const mediaType = parseMediaType(essence);
    const codec = codecFor(mediaType);
    if (codec !== undefined && codec !== null && routeReads(route, mediaType, codec)) return [];
    const why = codec ? "not every selector of the route has a meaning in it" : "no rule can look into it";
    const message = `every body of the type ${essence} is refused: ${why}`;
    const hint = codec ? "give such bodies a route of their own" : "a route without rules before this one lets it pass";
    return [{ kind: "media-type-refused", message, property: "mediaTypes", hint }];
  });
}

function contextRemarks({ context }: Route): Remark[] {
  return context.flatMap((source): Remark[] => {
    if (source.from !== "header" || !isHiddenHeader(source.header)) return [];
    const message = `every request is refused: CloudFront keeps the header ${source.header} from functions`;
    return [{ kind: "context-never-there", message, property: `context/${source.key}` }];
  });
}

function overlaps({ fields }: Route): Remark[] {
  const first = new Map<string, { readonly name: string; readonly kid: string }>();
  return fields.flatMap(({ name, query, action }, index): Remark[] => {
    if (action.kind !== "encrypt") return [];
    const own = { name, kid: action.key.kid };
    const steps = JSON.stringify(query.segments);
    const other = first.get(steps);
    first.set(steps, other ?? own);
    if (other === undefined || (other.name === name && other.kid === own.kid)) return [];
    const message = `the rules "${other.name}" and "${name}" select the same values: a body that has one is refused (FIELD_OVERLAP)`;
    return [{ kind: "rules-overlap", message, property: `fields/${index}`, hint: "keep one of them" }];
  });
}

// What passes under a setting that turns a refusal off.
const routeSettings = {
  onNameVariant: ["ignore", "values under names that servers may take for covered ones pass in clear"],
  onShapeMismatch: ["ignore", "values in other places than the selectors say pass in clear"],
  onFieldInQuery: ["ignore", "values in the query under covered names pass in clear"],
} as const;
const policySettings = {
  onAmbiguousPath: ["ignore", "bodies pass in clear by other spellings of covered paths"],
  onUncoveredMethod: ["forward", "bodies on covered paths pass in clear with methods that no route lists"],
} as const;

function relaxed<S extends keyof typeof routeSettings | keyof typeof policySettings>(
  of: Readonly<Record<NoInfer<S>, string>>,
  settings: Readonly<Record<S, readonly [string, string]>>,
): Remark[] {
  return (Object.keys(settings) as S[]).flatMap((property): Remark[] => {
    const [value, passes] = settings[property];
    if (of[property] !== value) return [];
    return [{ kind: "setting-relaxed", message: `"${property}": "${value}": ${passes}`, property }];
  });
}
