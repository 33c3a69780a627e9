// What changes between two policies: places that gain or lose a rule, fields under another key, weaker checks. Pure.
// Compared by witnesses (concrete requests and values), so that a rule that moved to another route, was widened or is
// now shadowed by an earlier route is told for what it does.
import { bytesEqual, utf8Bytes } from "@fieldseal/core/bytes";
import {
  type FieldRule,
  matchRoute,
  type NamedRule,
  type Policy,
  type RingKey,
  type Route,
} from "@fieldseal/core/policy";
import { actionText, type Place, type PlacedRule, selectOf } from "./describe.ts";
import { type DocumentStep, pathWitnesses, valueWitnesses } from "./witness.ts";

/** One place and what happens to it. */
export interface RuleChange {
  /** Path pattern of the route. */
  readonly path: string;
  readonly methods: string;
  readonly place: Place;
  readonly field: string;
  readonly select: string;
  /** A request of which it is true; `x` stands for any segment. */
  readonly example: string;
  /** Key ids, actions or settings, where both policies have one. */
  readonly from?: string;
  readonly to?: string;
}

export interface PolicyDiff {
  readonly covered: readonly RuleChange[];
  readonly uncovered: readonly RuleChange[];
  readonly rekeyed: readonly RuleChange[];
  /** The same place and key, under another field name, action or format. */
  readonly changed: readonly RuleChange[];
  /** Settings that refuse less than before. */
  readonly weakened: readonly {
    readonly path: string;
    readonly setting: string;
    readonly from: string;
    readonly to: string;
  }[];
  /** Keys of the ring that were replaced or removed. */
  readonly keys: readonly { readonly kid: string; readonly change: "removed" | "replaced" | "moved" }[];
}

// No policy lists it: it stands for all methods that are not named.
const otherMethod = "OTHER";

/** Compares two policies. */
export function diffPolicies(before: Policy, after: Policy): PolicyDiff {
  const requests = witnessRequests(before, after);
  const gone = new Changes();
  const rekeyed = new Changes();
  const changed = new Changes();
  const weakened = new Map<string, PolicyDiff["weakened"][number]>();
  for (const request of requests) {
    const [old, now] = [routeAt(before, request), routeAt(after, request)];
    if (old === null) continue;
    for (const weaker of weakerSettings(old, now)) weakened.set(JSON.stringify(weaker), weaker);
    for (const [place, rule] of rulesOf(old)) {
      for (const twin of counterparts(rule, place, now)) {
        if (twin === null) gone.add({ route: old, place, rule }, request);
        else if (keyOf(rule) !== keyOf(twin))
          rekeyed.add({ route: old, place, rule }, request, [keyOf(rule), keyOf(twin)]);
        else if (textOf(rule) !== textOf(twin))
          changed.add({ route: old, place, rule }, request, [textOf(rule), textOf(twin)]);
      }
    }
  }
  const gained = new Changes();
  for (const request of requests) {
    const [old, now] = [routeAt(before, request), routeAt(after, request)];
    if (now === null) continue;
    for (const [place, rule] of rulesOf(now)) {
      if (counterparts(rule, place, old).includes(null)) gained.add({ route: now, place, rule }, request);
    }
  }
  for (const weaker of weakerOf<keyof typeof policySettings>(policySettings, before, after))
    weakened.set(weaker.setting, { path: "*", ...weaker });
  return {
    covered: gained.list(),
    uncovered: gone.list(),
    rekeyed: rekeyed.list(),
    changed: changed.list(),
    weakened: [...weakened.values()],
    keys: keyChanges(before, after),
  };
}

interface Request {
  readonly method: string;
  readonly path: string;
}

function witnessRequests(before: Policy, after: Policy): Request[] {
  const routes = [...before.routes, ...after.routes];
  const methods = new Set([...routes.flatMap((route) => [...(route.methods ?? [])]), otherMethod]);
  const patterns = new Map(routes.map(({ path }) => [path.text, path]));
  return pathWitnesses([...patterns.values()]).flatMap((path) => [...methods].map((method) => ({ method, path })));
}

function routeAt(policy: Policy, { method, path }: Request): Route | null {
  const match = matchRoute(policy, method, path);
  return match.kind === "route" ? match.route : null;
}

type AnyRule = FieldRule | NamedRule;

function rulesOf(route: Route): (readonly [Place, AnyRule])[] {
  return [
    ...route.fields.map((rule) => ["body", rule] as const),
    ...route.query.map((rule) => ["query", rule] as const),
    ...route.headers.map((rule) => ["header", rule] as const),
    ...route.cookies.map((rule) => ["cookie", rule] as const),
  ];
}

/** For each value that `rule` stands for, the rule that another route has for it; null where it has none. */
function counterparts(rule: AnyRule, place: Place, route: Route | null): (AnyRule | null)[] {
  if (route === null) return [null];
  if (!("query" in rule) || place !== "body") {
    const same = rulesOf(route).find(([where, other]) => where === place && selectOf(other) === selectOf(rule));
    return [same?.[1] ?? null];
  }
  return valueWitnesses(rule.query).map((steps) => ruleAt(route, steps, rule));
}

/** The rule that covers a value: of several the one that is most like `like`; one that covers a container covers it. */
function ruleAt(route: Route, steps: readonly DocumentStep[], like: FieldRule): FieldRule | null {
  let state = route.matcher;
  const found = new Set<FieldRule>();
  const note = (isValue: boolean): void => {
    for (const index of state.selects) {
      const rule = route.fields[index];
      // What stands in a string of JSON, only a rule that goes on there covers, or one for something around it.
      if (rule !== undefined && (rule.within || !like.within || !isValue)) found.add(rule);
    }
  };
  note(steps.length === 0);
  for (const [at, step] of steps.entries()) {
    if ("name" in step) {
      const name = utf8Bytes(step.name);
      state = state.member(name, 0, name.length);
    } else state = state.element(step.index, step.length);
    note(at === steps.length - 1);
  }
  const rules = [...found];
  return (
    rules.find((rule) => textOf(rule) === textOf(like)) ??
    rules.find((rule) => keyOf(rule) === keyOf(like)) ??
    rules[0] ??
    null
  );
}

function keyOf({ action }: AnyRule): string {
  return action.kind === "encrypt" ? action.key.kid : "-";
}

function textOf({ name, action, required }: AnyRule): string {
  return `${name}: ${actionText(action)}${required ? ", required" : ""}`;
}

// What each setting is called, from the strictest value on.
const policySettings = {
  onUnmatched: ["reject", "forward"],
  onUncoveredMethod: ["refuse", "forward"],
  onAmbiguousPath: ["refuse", "ignore"],
} as const;
const routeSettings = {
  onForeignEnvelope: ["reject", "encrypt", "allow"],
  onNameVariant: ["refuse", "select", "ignore"],
  onShapeMismatch: ["refuse", "ignore"],
  onFieldInQuery: ["refuse", "ignore"],
} as const;

type Weaker = Omit<PolicyDiff["weakened"][number], "path">;

function weakerSettings(old: Route, now: Route | null): PolicyDiff["weakened"][number][] {
  if (now === null) return [];
  const weaker = [...weakerOf<keyof typeof routeSettings>(routeSettings, old, now), ...weakerContext(old, now)];
  return weaker.map((one) => ({ path: old.path.text, ...one }));
}

function weakerOf<S extends string>(
  settings: Readonly<Record<S, readonly string[]>>,
  old: Readonly<Record<S, string>>,
  now: Readonly<Record<S, string>>,
): Weaker[] {
  return (Object.keys(settings) as S[]).flatMap((setting) => {
    const [from, to] = [old[setting], now[setting]];
    return settings[setting].indexOf(to) > settings[setting].indexOf(from) ? [{ setting, from, to }] : [];
  });
}

/** Envelopes are no longer bound to a value, or to another one: readers that have the old context do not open them. */
function weakerContext(old: Route, now: Route): Weaker[] {
  return old.context.flatMap((source) => {
    const twin = now.context.find(({ key }) => key === source.key);
    const [from, to] = [sourceText(source), twin === undefined ? "none" : sourceText(twin)];
    return from === to ? [] : [{ setting: `context.${source.key}`, from, to }];
  });
}

function sourceText(source: Route["context"][number]): string {
  switch (source.from) {
    case "constant":
      return `"${source.value}"`;
    case "header":
      return `header ${source.header}`;
    case "pathParam":
      return `pathParam ${source.name}`;
    case "select":
      return `select ${source.query.text}`;
  }
}

function keyChanges(before: Policy, after: Policy): PolicyDiff["keys"][number][] {
  return [...before.keys.values()].flatMap((old) => {
    const change = keyChange(old, after.keys.get(old.kid));
    return change === null ? [] : [{ kid: old.kid, change }];
  });
}

function keyChange(old: RingKey, now: RingKey | undefined): "removed" | "replaced" | "moved" | null {
  if (now === undefined) return "removed";
  if (now.alg !== old.alg || !bytesEqual(now.publicKey.spki, old.publicKey.spki)) return "replaced";
  return now.kms === old.kms ? null : "moved";
}

/** Changes by place, with the methods that they concern. */
class Changes {
  private readonly found = new Map<string, { change: Omit<RuleChange, "methods" | "example">; requests: Request[] }>();

  add({ route, place, rule }: PlacedRule, request: Request, [from, to]: readonly string[] = []): void {
    const change = {
      path: route.path.text,
      place,
      field: rule.name,
      select: selectOf(rule),
      ...(from === undefined || to === undefined ? {} : { from, to }),
    };
    const key = JSON.stringify(change);
    const known = this.found.get(key) ?? { change, requests: [] };
    known.requests.push(request);
    this.found.set(key, known);
  }

  list(): RuleChange[] {
    return Array.from(this.found.values(), ({ change, requests }) => {
      const methods = new Set(requests.map(({ method }) => method));
      const { method, path } = requests[0]!;
      return {
        ...change,
        methods: methods.has(otherMethod) ? "*" : [...methods].join(","),
        example: `${method === otherMethod ? "*" : method} ${path}`,
      };
    });
  }
}
