// The data keys and ivs of one request: planned first, so that sizes are known before anything is drawn or wrapped.
import {
  createFieldSealer,
  dataKeyLength,
  drawDataKey,
  type EnvelopeShape,
  envelopeLength,
  type FieldSealer,
  ivLength,
  type PlaintextKind,
  type SealingKey,
} from "@fieldseal/core/envelope";
import type { Action, RingKey } from "@fieldseal/core/policy";
import { wrappingKeyOf } from "./policy.ts";
import { sealPrimitives } from "./primitives.ts";

/** What a value is sealed as. */
export interface Sealing {
  /** The rule's name. */
  readonly field: string;
  readonly action: Action & { readonly kind: "encrypt" };
  readonly kind: PlaintextKind;
}

/** An envelope that is planned. */
export interface PlannedEnvelope {
  /** Its length in characters. */
  readonly length: number;
  /** Seals `value` and writes the envelope into `out` at `at`; returns the offset behind it. */
  write(value: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number;
}

/** Seals the fields of one request under one data key for each key of the ring. */
export interface RequestSealer {
  /** Plans the envelope of a value of `valueLength` bytes. All are planned before the first is written. */
  plan(sealing: Sealing, valueLength: number): PlannedEnvelope;
}

/** @param context canonical bytes of the request's context */
export function createRequestSealer(context: () => Uint8Array): RequestSealer {
  const kinds: Kinds = new Map();
  let planned = 0;
  let drawn: Drawn | null = null;
  return {
    plan(sealing, valueLength) {
      const { action } = sealing;
      const { shape } = kinds.get(action) ?? { shape: shapeOf(sealing) };
      kinds.set(action, { sealing, shape });
      const iv = planned++;
      return {
        length: envelopeLength(shape, valueLength),
        write(value, start, end, out, at) {
          drawn ??= draw(kinds, planned, context());
          const { sealers, ivs } = drawn;
          return sealers
            .get(action)!
            .seal(value, start, end, ivs.subarray(iv * ivLength, (iv + 1) * ivLength), out, at);
        },
      };
    },
  };
}

/** What is sealed alike: the values of one rule, known by its action. */
type Kinds = Map<Sealing["action"], { readonly sealing: Sealing; readonly shape: EnvelopeShape }>;

interface Drawn {
  readonly sealers: ReadonlyMap<Sealing["action"], FieldSealer>;
  readonly ivs: Uint8Array;
}

/** One draw for all data keys and ivs of the request, and one wrap for each key of the ring. */
function draw(kinds: Kinds, count: number, context: Uint8Array): Drawn {
  const keys = new Set(Array.from(kinds.keys(), ({ key }) => key));
  const random = new Uint8Array(keys.size * dataKeyLength + count * ivLength);
  sealPrimitives.randomFill(random);
  let at = 0;
  const wrapped = new Map<RingKey, { readonly wrapped: Uint8Array; readonly key: SealingKey }>();
  for (const ringKey of keys) {
    const dataKey = drawDataKey(random.subarray(at, at + dataKeyLength), sealPrimitives);
    at += dataKeyLength;
    const wrap = sealPrimitives.wrapRsaOaep256(wrappingKeyOf(ringKey), dataKey);
    wrapped.set(ringKey, { wrapped: wrap, key: sealPrimitives.importSealingKey(dataKey) });
    dataKey.fill(0);
  }
  const sealers = new Map<Sealing["action"], FieldSealer>();
  for (const [action, { sealing, shape }] of kinds) {
    const key = wrapped.get(action.key)!;
    sealers.set(action, createFieldSealer({ shape, kind: sealing.kind, context, ...key }, sealPrimitives));
  }
  return { sealers, ivs: random.subarray(at) };
}

function shapeOf({ field, action: { key, pad } }: Sealing): EnvelopeShape {
  return { alg: key.alg, kid: key.kid, field, wrappedLength: key.publicKey.wrappedLength, pad };
}
