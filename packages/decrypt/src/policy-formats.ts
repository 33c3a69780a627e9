// What a policy says of the formats of its values: marks of the direct format, and data keys of fields' own. Pure.
import { checkDirectPairs, type DirectPair } from "@fieldseal/core/envelope";
import type { Policy } from "@fieldseal/core/policy";

export interface PolicyFormats {
  readonly direct: readonly DirectPair[];
  /** Most values of one record that have a data key of their own; 0 where the fields of a request share one. */
  readonly ownDataKeys: number;
}

export const noFormats: PolicyFormats = { direct: [], ownDataKeys: 0 };

/**
 * The pairs at the keys and those that rules write, and how many data keys a record may well hold.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for pairs that break their rules.
 */
export function formatsOfPolicy(policy: Policy): PolicyFormats {
  const direct: DirectPair[] = [];
  for (const { kid, direct: pairs } of policy.keys.values()) for (const pair of pairs) direct.push({ ...pair, kid });
  let ownDataKeys = 0;
  for (const { fields, query, headers, cookies, limits } of policy.routes) {
    for (const { name, action } of [...fields, ...query, ...headers, ...cookies]) {
      if (action.kind !== "encrypt") continue;
      const pair = writtenPair(action);
      if (pair !== null) direct.push({ ...pair, fields: [name], kid: action.key.kid });
      const hasOwn = pair !== null || ("dataKey" in action && action.dataKey === "field");
      if (hasOwn) ownDataKeys = Math.max(ownDataKeys, limits.maxFields);
    }
  }
  if (direct.length > 0) ownDataKeys = Math.max(ownDataKeys, ...policy.routes.map(({ limits }) => limits.maxFields));
  const distinct = [...new Map(direct.map((pair) => [JSON.stringify(pair), pair])).values()];
  checkDirectPairs(distinct);
  return { direct: distinct, ownDataKeys };
}

/** The marks of a rule whose format is `direct`. */
function writtenPair({ format }: { readonly format: unknown }): Pick<DirectPair, "prefix" | "suffix"> | null {
  if (typeof format !== "object" || format === null || !("prefix" in format) || !("suffix" in format)) return null;
  const { prefix, suffix } = format;
  return typeof prefix === "string" && typeof suffix === "string" ? { prefix, suffix } : null;
}
