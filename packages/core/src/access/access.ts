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

/** How much of a value somebody sees; `mask` shows at most that many characters at its end. */
export type Grant = "full" | "none" | { readonly mask: number };

/** Who asks, and what for. */
export interface Who {
  /** `role:NAME`, an ARN, or whatever the host has verified. */
  readonly principal?: string;
  readonly purpose?: string;
  /** Verified claims, which rules bind context values to. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Identifies the request in audit events. */
  readonly requestId?: string;
}

/** Access rules as they are written down. */
export interface AccessDocument {
  readonly rules: readonly {
    readonly principal: string;
    readonly purpose?: string;
    readonly context?: Readonly<Record<string, { readonly claim: string }>>;
    readonly fields: Readonly<Record<string, Grant>>;
  }[];
}

/** Parsed access rules. */
export interface Access {
  readonly rules: readonly Rule[];
}

interface Rule {
  readonly principal: RegExp;
  readonly purpose: string | undefined;
  /** Context key -> claim. */
  readonly context: ReadonlyMap<string, string>;
  readonly fields: ReadonlyMap<string, Grant>;
}

const maxRules = 10_000;
const maxMask = 64;

/**
 * Parses access rules from their JSON value.
 *
 * @throws {FieldsealError} `ACCESS_INVALID` with the JSON Pointer of what is wrong.
 */
export function parseAccess(value: unknown): Access {
  const document = readObject({ value, pointer: "", code: "ACCESS_INVALID" }, ["$schema", "rules"]);
  return { rules: readArray(document.required("rules"), maxRules).map(readRule) };
}

/**
 * What `who` sees of a field: the first rule that fits principal, purpose and context and names the field, or has `*`,
 * decides; without one it is `none`.
 */
export function grantOf(access: Access, who: Who, field: string, context: Readonly<Record<string, string>>): Grant {
  for (const rule of access.rules) {
    if (who.principal === undefined || !rule.principal.test(who.principal)) continue;
    if (rule.purpose !== undefined && rule.purpose !== who.purpose) continue;
    if (![...rule.context].every(([key, claim]) => isBound(context[key], who.claims?.[claim]))) continue;
    const grant = rule.fields.get(field) ?? rule.fields.get("*");
    if (grant !== undefined) return grant;
  }
  return "none";
}

function isBound(value: string | undefined, claim: unknown): boolean {
  return value !== undefined && typeof claim === "string" && value === claim;
}

function readRule(place: Place): Rule {
  const rule = readObject(place, ["principal", "purpose", "context", "fields"]);
  const purpose = rule.optional("purpose");
  const context = rule.optional("context");
  return {
    principal: patternOf(readString(rule.required("principal"), { pattern: /^.{1,512}$/u, says: "a principal" })),
    purpose: purpose && readString(purpose),
    context: new Map(context === undefined ? [] : readEntries(context).map(([key, entry]) => [key, readClaim(entry)])),
    fields: new Map(readEntries(rule.required("fields")).map(([field, entry]) => [field, readGrant(entry)])),
  };
}

/** `*` stands for any characters within one part of a principal, between `:` and `/`. */
function patternOf(principal: string): RegExp {
  if (principal === "*") return /^/;
  const escaped = principal.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${escaped.join("[^:/]*")}$`);
}

function readClaim(place: Place): string {
  return readString(readObject(place, ["claim"]).required("claim"));
}

function readGrant(place: Place): Grant {
  if (typeof place.value === "string") return readOneOf(place, ["full", "none"]);
  if (typeof place.value !== "object") throw wrong(place, 'expects "full", "none" or { "mask": n }');
  return { mask: readInteger(readObject(place, ["mask"]).required("mask"), 0, maxMask) };
}
