// A parsed policy as JSON, for `restorePolicy`: the edge then carries neither the policy's parser nor its messages, half
// of what it would weigh. Pure.
import { isDeepStrictEqual } from "node:util";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import { restorePolicy } from "./restore-policy.ts";

/**
 * Writes a policy as JSON. What comes back from it is compared with what went in, so that a policy with parts that this
 * does not know cannot be shipped without them.
 *
 * @throws {FieldsealError} `INTERNAL_ERROR` where the policy would not come back as it is.
 */
export function compilePolicy(policy: Policy): string {
  const compiled = JSON.stringify({
    ...(encode(policy, policy) as object),
    keys: [...policy.keys].map(([kid, key]) => [kid, encodeMembers(key, policy)]),
  });
  if (!isDeepStrictEqual(restorePolicy(JSON.parse(compiled)), policy)) throw notShippable();
  return compiled;
}

function encode(value: unknown, policy: Policy): unknown {
  if (value === undefined) return { $: "none" };
  if (typeof value !== "object" || value === null) {
    if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") throw notShippable();
    return value;
  }
  if (Array.isArray(value)) return value.map((element) => encode(element, policy));
  if (value === policy.keys) return undefined;
  for (const [kid, key] of policy.keys) if (value === key) return { $: "key", kid };
  if (value instanceof Set) return { $: "set", of: [...value].map((element) => encode(element, policy)) };
  if (value instanceof Uint8Array) return { $: "bytes", of: Buffer.from(value).toString("base64") };
  if (Object.getPrototypeOf(value) !== Object.prototype) throw notShippable();
  return encodeMembers(value, policy);
}

/** What `compileRoute` makes of a route is left out: it is made again from the rules. */
const compiledMembers = ["matcher", "contextMatcher", "queryMatcher", "bodyNames"];

function encodeMembers(value: object, policy: Policy): Record<string, unknown> {
  const isRoute = policy.routes.some((route) => route === value);
  const members = Object.entries(value).filter(([name]) => !(isRoute && compiledMembers.includes(name)));
  return Object.fromEntries(members.map(([name, member]) => [name, encode(member, policy)]));
}

function notShippable(): FieldsealError {
  return new FieldsealError("INTERNAL_ERROR", "this policy has parts that a bundle cannot carry yet");
}
