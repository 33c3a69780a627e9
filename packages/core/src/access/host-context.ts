// The context of a host's callers: from verified claims or configuration, never from a request. Pure.
import { FieldsealError } from "../errors/index.ts";
import { type AccessDocument, type ContextBinding, parseAccess, type Who } from "./access.ts";

/** Where a host takes each key of the context from. */
export type ContextSources = Readonly<Record<string, ContextBinding>>;

/**
 * The rules that bind every key of the context; a key that none binds could be anybody's choice.
 *
 * @throws {FieldsealError} `ACCESS_INVALID`; `CONTEXT_UNBOUND` for a key that no rule binds.
 */
export function bindingRules(access: AccessDocument, keys: readonly string[]): AccessDocument {
  parseAccess(access);
  const binds = (rule: AccessDocument["rules"][number], key: string): boolean => Object.hasOwn(rule.context ?? {}, key);
  for (const key of keys) {
    if (!access.rules.some((rule) => binds(rule, key))) {
      throw new FieldsealError("CONTEXT_UNBOUND", `no access rule binds the context key "${key}"`);
    }
  }
  return { ...access, rules: access.rules.filter((rule) => keys.every((key) => binds(rule, key))) };
}

/**
 * The context of a caller.
 *
 * @throws {FieldsealError} `CONTEXT_MISSING` where the caller has no claim, or an empty one, for a key.
 */
export function contextOf(sources: ContextSources, { claims = {} }: Who): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sources).map(([key, source]) => {
      if ("value" in source) return [key, source.value];
      const value = Object.hasOwn(claims, source.claim) ? claims[source.claim] : undefined;
      if (typeof value === "string" && value !== "") return [key, value];
      throw new FieldsealError("CONTEXT_MISSING", `the caller has no claim for the context key "${key}"`);
    }),
  );
}
