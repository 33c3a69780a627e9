// Policies for this package: parsed, and their public keys imported once.
import type { WrappingKey } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import {
  type Policy,
  type PolicyDocument,
  type PolicyOptions,
  parsePolicy as parse,
  type RingKey,
} from "@fieldseal/core/policy";
import { refuseFixedHeaders } from "./cloudfront/header-rules.ts";
import { sealPrimitives } from "./primitives.ts";

const wrappingKeys = new WeakMap<RingKey, WrappingKey>();

/**
 * Parses a policy from its JSON value, strictly, and imports its public keys.
 *
 * @throws {FieldsealError} `POLICY_INVALID`, `POLICY_UNSUPPORTED`, `SELECTOR_INVALID`, `PUBLIC_KEY_INVALID`,
 * `PUBLIC_KEY_WEAK`, `FINGERPRINT_MISMATCH`; `pointer` says where (RFC 6901).
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { parsePolicy } from "@fieldseal/edge-encrypt";
 * const policy = parsePolicy(JSON.parse(readFileSync("policy.json", "utf8")));
 * ```
 */
export function parsePolicy(value: unknown, options: PolicyOptions = {}): Policy {
  const hint = mistakeOf(value);
  if (hint !== null) throw new FieldsealError("POLICY_INVALID", "this is no JSON value of a policy", { hint });
  const policy = parse(value, sealPrimitives, options);
  for (const key of policy.keys.values()) {
    try {
      wrappingKeys.set(key, sealPrimitives.importWrappingKey(key.publicKey.spki));
    } catch (cause) {
      const pointer = `/keys/${key.kid}/publicKey`;
      const message = `${pointer}: not a public key that this platform can use`;
      throw new FieldsealError("PUBLIC_KEY_INVALID", message, { pointer, kid: key.kid, cause });
    }
  }
  refuseFixedHeaders(policy);
  return policy;
}

/**
 * A policy written as a typed literal: the same as `parsePolicy`, with completion in the editor.
 *
 * @throws {FieldsealError} the codes of `parsePolicy`.
 */
export function definePolicy(document: PolicyDocument): Policy {
  return parsePolicy(document);
}

/** What callers give in place of a policy's JSON value. */
function mistakeOf(value: unknown): string | null {
  if (typeof value === "string" || value instanceof Uint8Array) return "give what JSON.parse makes of its text";
  if (value instanceof Promise) return "await it first";
  return (value as Partial<Policy> | null | undefined)?.keys instanceof Map ? "it is parsed already" : null;
}

/** The imported public key of a policy's key. */
export function wrappingKeyOf(key: RingKey): WrappingKey {
  const known = wrappingKeys.get(key) ?? sealPrimitives.importWrappingKey(key.publicKey.spki);
  wrappingKeys.set(key, known);
  return known;
}
