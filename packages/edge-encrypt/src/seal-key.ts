// A data key that is ready to seal with, and its wrapping.
import {
  type FieldSealer,
  type PlaintextKind,
  type SealingKey,
  spellWrapped,
  wrapDataKey,
} from "@fieldseal/core/envelope";
import type { EncryptAction, RingKey } from "@fieldseal/core/policy";
import { wrappingKeyOf } from "./policy.ts";
import { sealPrimitives } from "./primitives.ts";

export interface Seal {
  readonly wrapped: Uint8Array;
  /** By which receipts name it; made when one does. */
  digest?: string;
  /** `wrapped` as all envelopes under this data key spell it. */
  readonly wrappedText: Uint8Array;
  readonly key: SealingKey;
  /** What was prepared for the rules that seal under this data key, in its one context. */
  readonly sealers: Map<EncryptAction, Partial<Record<PlaintextKind, FieldSealer>>>;
}

/** A fresh data key for `ringKey`; its bytes do not outlive this call. */
export function newSeal(ringKey: RingKey, random: Uint8Array): Seal {
  const { dataKey, wrapped } = wrapDataKey(ringKey.alg, wrappingKeyOf(ringKey), random, sealPrimitives);
  const key = sealPrimitives.importSealingKey(dataKey);
  dataKey.fill(0);
  return { wrapped, wrappedText: spellWrapped(wrapped), key, sealers: new Map() };
}
