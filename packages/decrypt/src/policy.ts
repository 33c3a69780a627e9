// Policies for this package: what `expect` takes.
import { type Policy, parsePolicy as parse } from "@fieldseal/core/policy";
import { openPrimitives } from "./primitives.ts";

/**
 * Parses a policy from its JSON value, strictly; the result says where its envelopes may stand.
 *
 * @throws {FieldsealError} `POLICY_INVALID`, `POLICY_UNSUPPORTED`, `SELECTOR_INVALID`, `PUBLIC_KEY_INVALID`,
 * `PUBLIC_KEY_WEAK`, `FINGERPRINT_MISMATCH`; `pointer` says where (RFC 6901).
 */
export function parsePolicy(value: unknown): Policy {
  return parse(value, openPrimitives);
}
