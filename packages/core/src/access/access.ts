// Who may see which field, how much of it, for what purpose: decided by name, before any key is touched. Pure.
import {
  type Place,
  readArray,
  readEntries,
  readInteger,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "../config/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { type PrincipalPattern, readPrincipal } from "./principal.ts";

/** How much of a value somebody sees; `mask` shows at most that many characters at its end. */
export type Grant = "full" | "none" | { readonly mask: number };

/** Who asks, and what for; all of it verified by the host. */
export interface Who {
  /** `role:NAME`, an ARN, or another name. */
  readonly principal?: string;
  readonly purpose?: string;
  /** Verified claims, which rules bind principals and context values to. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Identifies the request in audit events. */
  readonly requestId?: string;
}

/** Where the value of a context key must come from. */
export type ContextBinding = { readonly claim: string } | { readonly value: string };

/** Access rules as they are written down. */
export interface AccessDocument {
  readonly $schema?: string;
  readonly rules: readonly {
    /** `*`, `role:NAME`, an ARN in which `*` stands for any characters of one part, or `claim:NAME=VALUE`. */
    readonly principal: string;
    readonly purpose?: string;
    readonly context?: Readonly<Record<string, ContextBinding>>;
    readonly fields: Readonly<Record<string, Grant>>;
  }[];
}

/** Parsed access rules. */
export interface Access {
  readonly rules: readonly Rule[];
}

interface Rule {
  readonly isFor: PrincipalPattern;
  readonly purpose: string | undefined;
  readonly context: ReadonlyMap<string, ContextBinding>;
  readonly fields: ReadonlyMap<string, Grant>;
}

/** What is asked of the rules, for any field. */
export interface AccessQuestion {
  readonly who: Who;
  readonly context: Readonly<Record<string, string>>;
  /** True: rules that leave a key of the context unbound do not count. */
  readonly requireBoundContext: boolean;
}

const maxRules = 10_000;
const maxMask = 64;

/**
 * Parses access rules from their JSON value.
 *
 * @throws {FieldsealError} `ACCESS_INVALID` with the JSON Pointer of what is wrong.
 */
export function parseAccess(value: unknown): Access {
  return readAccess({ value, pointer: "", code: "ACCESS_INVALID" });
}

/**
 * Access rules that stand in another document, checked.
 *
 * @throws {FieldsealError} `ACCESS_INVALID` with the JSON Pointer in that document.
 */
export function checkAccess({ value, pointer }: Pick<Place, "value" | "pointer">): AccessDocument {
  readAccess({ value, pointer, code: "ACCESS_INVALID" });
  return value as AccessDocument;
}

function readAccess(place: Place): Access {
  const document = readObject(place, ["$schema", "rules"]);
  return { rules: readArray(document.required("rules"), maxRules).map(readRule) };
}

/**
 * What somebody sees of each field: the first rule that fits principal, purpose and context and names the field, or has
 * `*`, decides; without one it is `none`. The rules are gone through once, however many fields are asked for.
 */
export function grantsOf({ rules }: Access, question: AccessQuestion): (field: string) => Grant {
  const fitting = rules.filter((rule) => fits(rule, question));
  return (field) => {
    for (const { fields } of fitting) {
      const grant = fields.get(field) ?? fields.get("*");
      if (grant !== undefined) return grant;
    }
    return "none";
  };
}

function fits(rule: Rule, { who, context, requireBoundContext }: AccessQuestion): boolean {
  if (!rule.isFor(who) || (rule.purpose !== undefined && rule.purpose !== who.purpose)) return false;
  if (![...rule.context].every(([key, binding]) => isBound(context, key, binding, who))) return false;
  return !requireBoundContext || Object.keys(context).every((key) => rule.context.has(key));
}

/**
 * Refuses a context key that no rule binds: its value could be anybody's choice.
 *
 * @throws {FieldsealError} `CONTEXT_UNBOUND`.
 */
export function refuseUnboundContext({ rules }: Access, context: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(context)) {
    if (!rules.some((rule) => rule.context.has(key))) {
      throw new FieldsealError("CONTEXT_UNBOUND", "a context key is given that no access rule binds");
    }
  }
}

function isBound(context: AccessQuestion["context"], key: string, binding: ContextBinding, { claims }: Who): boolean {
  const value = Object.hasOwn(context, key) ? context[key] : undefined;
  if ("value" in binding) return value === binding.value;
  const claim = claims !== undefined && Object.hasOwn(claims, binding.claim) ? claims[binding.claim] : undefined;
  return typeof claim === "string" && value === claim;
}

function readRule(place: Place): Rule {
  const rule = readObject(place, ["principal", "purpose", "context", "fields"]);
  const purpose = rule.optional("purpose");
  const context = rule.optional("context");
  return {
    isFor: readPrincipal(rule.required("principal")),
    purpose: purpose && readString(purpose),
    context: new Map(
      context === undefined ? [] : readEntries(context).map(([key, entry]) => [key, readBinding(entry)]),
    ),
    fields: new Map(readEntries(rule.required("fields")).map(([field, entry]) => [field, readGrant(entry)])),
  };
}

function readBinding(place: Place): ContextBinding {
  const binding = readObject(place, ["claim", "value"]);
  const value = binding.optional("value");
  if (value === undefined) return { claim: readString(binding.required("claim")) };
  if (binding.optional("claim") !== undefined) throw wrong(place, 'expects either "claim" or "value"');
  return { value: readString(value) };
}

function readGrant(place: Place): Grant {
  if (typeof place.value === "string") return readOneOf(place, ["full", "none"]);
  if (typeof place.value !== "object") throw wrong(place, 'expects "full", "none" or { "mask": n }');
  return { mask: readInteger(readObject(place, ["mask"]).required("mask"), 0, maxMask) };
}
