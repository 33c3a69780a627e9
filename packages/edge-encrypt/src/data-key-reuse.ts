// Data keys that serve several requests of one context, where a policy allows it: bounded by age, messages and bytes.

import { hash } from "node:crypto";
import type { DataKeyReuse, RingKey } from "@fieldseal/core/policy";
import type { Seal } from "./seal-key.ts";

interface Held {
  readonly seal: Seal;
  readonly since: number;
  messages: number;
  bytes: number;
}

/** What one request is about to seal. */
export interface Use {
  readonly messages: number;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const maxContexts = 1000;
const heldFor = new WeakMap<RingKey, Map<string, Held>>();

/** The data key held for this key and context while its bounds allow the use; else a new one from `draw`, held anew. */
export function reusedSeal(key: RingKey, context: Uint8Array, use: Use, draw: () => Seal): Seal {
  const contexts = heldFor.get(key) ?? new Map<string, Held>();
  heldFor.set(key, contexts);
  const id = hash("sha256", context, "base64url");
  const known = contexts.get(id);
  const held =
    known !== undefined && allows(key.reuse!, known, use)
      ? known
      : { seal: draw(), since: use.now, messages: 0, bytes: 0 };
  held.messages += use.messages;
  held.bytes += use.bytes;
  contexts.delete(id);
  contexts.set(id, held);
  if (contexts.size > maxContexts) contexts.delete(contexts.keys().next().value!);
  return held.seal;
}

/** Also false where the clock went back: its age is then unknown. */
function allows(bounds: DataKeyReuse, held: Held, use: Use): boolean {
  const age = use.now - held.since;
  return (
    age >= 0 &&
    age < bounds.maxAge * 1000 &&
    held.messages + use.messages <= bounds.maxMessages &&
    held.bytes + use.bytes <= bounds.maxBytes
  );
}
