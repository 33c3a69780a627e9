// Whether a policy was parsed. In JavaScript no type says that its document is none: rules in it would never be found.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";

/** @throws {FieldsealError} `CONFIG_INVALID` */
export function requireParsed(policy: Policy): void {
  if (policy?.keys instanceof Map) return;
  const hint = (policy as unknown) instanceof Promise ? { hint: "await it first" } : {};
  throw new FieldsealError("CONFIG_INVALID", "the policy is not a parsed one: give what parsePolicy returns", hint);
}
