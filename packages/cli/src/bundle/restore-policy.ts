// A policy from the JSON that `compilePolicy` wrote and compared: trusted, since it is part of the deployed code. Takes
// what it is given apart, as cold starts wait for it.
import { Buffer } from "node:buffer";
import { compileRoute, type Policy, type RingKey } from "@fieldseal/core/policy";

/** What `compilePolicy` was given; `compiled` is used up. */
export function restorePolicy(compiled: unknown): Policy {
  const { keys: entries, ...rest } = compiled as { readonly keys: readonly (readonly [string, unknown])[] };
  const keys = new Map<string, RingKey>();
  for (const [kid, key] of entries) keys.set(kid, decode(key, keys) as RingKey);
  const content = decode(rest, keys) as Policy;
  return { ...content, keys, routes: content.routes.map(compileRoute) };
}

function decode(value: unknown, keys: ReadonlyMap<string, RingKey>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => decode(element, keys));
  const tagged = value as { readonly $?: string; readonly kid: string; readonly of: never };
  switch (tagged.$) {
    case "none":
      return undefined;
    case "key":
      return keys.get(tagged.kid);
    case "set":
      return new Set(decode(tagged.of, keys) as unknown[]);
    case "bytes":
      return new Uint8Array(Buffer.from(tagged.of, "base64"));
  }
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) members[name] = decode(members[name], keys);
  return members;
}
