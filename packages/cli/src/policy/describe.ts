// A policy's rules as rows, for tables and reports. Pure.
import type { Action, FieldRule, NamedRule, Policy, RingKey, Route } from "@fieldseal/core/policy";
import { printable } from "../errors/render-error.ts";
import { table } from "../terminal/table.ts";

export type Place = "body" | "query" | "header" | "cookie";

/** One rule and where it stands. */
export interface PlacedRule {
  readonly route: Route;
  readonly place: Place;
  readonly rule: FieldRule | NamedRule;
}

/** A rule as a report shows it. */
export interface RuleRow {
  readonly methods: string;
  readonly path: string;
  readonly place: Place;
  readonly field: string;
  /** Selector, header name or cookie name. */
  readonly select: string;
  readonly action: string;
  readonly required: boolean;
}

/** Every rule of a policy, in its order. */
export function placedRules(policy: Policy): PlacedRule[] {
  return policy.routes.flatMap((route) => [
    ...route.fields.map((rule) => ({ route, place: "body" as const, rule })),
    ...route.query.map((rule) => ({ route, place: "query" as const, rule })),
    ...route.headers.map((rule) => ({ route, place: "header" as const, rule })),
    ...route.cookies.map((rule) => ({ route, place: "cookie" as const, rule })),
  ]);
}

export function rowOf({ route, place, rule }: PlacedRule): RuleRow {
  return {
    methods: methodsOf(route),
    path: route.path.text,
    place,
    field: rule.name,
    select: "within" in rule && rule.within ? `${selectOf(rule)} within json` : selectOf(rule),
    action: actionText(rule.action),
    required: rule.required,
  };
}

interface RuleTable {
  readonly headings: readonly string[];
  /** One for each rule, in the order of `placedRules`. */
  readonly rows: readonly (readonly string[])[];
}

/** A table below the methods and path of each route. */
export function tablesOf(policy: Policy, { headings, rows }: RuleTable): string {
  const placed = placedRules(policy);
  const texts = policy.routes.map((route) => {
    const own = rows.filter((_, index) => placed[index]!.route === route);
    const title = `${methodsOf(route)} ${printable(route.path.text)}`;
    if (own.length === 0) return `${title}\n  no rule\n`;
    return `${title}\n${table(headings, own).replace(/^(?=.)/gm, "  ")}`;
  });
  return texts.length === 0 ? "no route\n" : texts.join("\n");
}

function methodsOf({ methods }: Route): string {
  return methods === null ? "*" : [...methods].join(",");
}

/** Selector, header name or cookie name of a rule. */
export function selectOf(rule: FieldRule | NamedRule): string {
  return "query" in rule ? rule.query.text : rule.of;
}

/** What a rule does, with its settings; of `encrypt` those that are not the default. */
export function actionText(action: Action): string {
  const { kind, ...settings } = action;
  return [kind, ...settingTexts(settings)].join(" ");
}

const defaults: readonly string[] = ["format native", "pad 32", "dataKey request", "context null"];

function settingTexts(settings: object): string[] {
  return Object.entries(settings).flatMap(([name, value]: [string, unknown]) => {
    if (Array.isArray(value)) return [`${name} ${value.length === 0 ? "none" : value.join(",")}`];
    if (isKey(value)) return [`under ${value.kid}`];
    if (typeof value === "object" && value !== null) {
      const { name: format, ...own } = value as { readonly name?: string };
      return [`${name} ${format ?? ""}`.trim(), ...settingTexts(own)].filter((text) => !defaults.includes(text));
    }
    const text = `${name} ${String(value)}`;
    return defaults.includes(text) ? [] : [text];
  });
}

function isKey(value: unknown): value is RingKey {
  return typeof value === "object" && value !== null && "kid" in value;
}
