// The data keys and ivs of one request: planned first, so that sizes are known before anything is drawn or wrapped.
import {
  createFieldSealer,
  createJweSealer,
  dataKeyLength,
  type EnvelopeShape,
  envelopeLength,
  type FieldSealer,
  ivLength,
  jweLength,
  type PlaintextKind,
} from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { EncryptAction, RingKey } from "@fieldseal/core/policy";
import { reusedSeal } from "../data-key-reuse.ts";
import { sealPrimitives } from "../primitives.ts";
import { newSeal, type Seal } from "../seal-key.ts";

/** What a value is sealed as. */
export interface Sealing {
  /** The rule's name. */
  readonly field: string;
  readonly action: EncryptAction;
  readonly kind: PlaintextKind;
}

/** An envelope that is planned. */
export interface PlannedEnvelope {
  /** Its length in characters. */
  readonly length: number;
  /** Seals `value[start, end)` and writes the envelope into `out` at `at`; returns the offset behind it. */
  write(value: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number;
}

/** Seals the fields of one request, under one data key for each key of the ring. */
export interface RequestSealer {
  /** Plans the envelope of a value of `valueLength` bytes. All are planned before the first is written. */
  plan(sealing: Sealing, valueLength: number): PlannedEnvelope;
  /** Wrapped data keys of the request by key id, those of single values left out; none before something is sealed. */
  wrappedKeys(): ReadonlyMap<string, readonly Uint8Array[]>;
}

export interface RequestSealerOptions {
  /** Canonical bytes of the request's context; asked for when something is sealed. */
  readonly context: () => Uint8Array;
  /** Milliseconds since the epoch, for the age of reused data keys. */
  readonly now: () => number;
}

export function createRequestSealer({ context, now }: RequestSealerOptions): RequestSealer {
  const plans: Plan[] = [];
  const shapes = new Map<EncryptAction, EnvelopeShape>();
  const seals = new Map<RingKey, Seal>();
  let sealers: readonly FieldSealer[] | null = null;
  let ivs: Uint8Array;
  return {
    plan(sealing, valueLength) {
      if (sealers !== null) {
        throw new FieldsealError("INTERNAL_ERROR", "an envelope was planned after sealing had begun");
      }
      const { action, kind } = sealing;
      const shape = shapes.get(action) ?? shapeOf(sealing);
      shapes.set(action, shape);
      const index = plans.push({ sealing, shape, valueLength }) - 1;
      return {
        length: action.format.name === "jwe" ? jweLength(shape, kind, valueLength) : envelopeLength(shape, valueLength),
        write(value, start, end, out, at) {
          if (sealers === null) {
            const random = drawRandom(plans);
            ivs = random.ivs;
            sealers = prepare(plans, seals, { random: random.keys, context: context(), now: now() });
          }
          const iv = ivs.subarray(index * ivLength, (index + 1) * ivLength);
          return sealers[index]!.seal(value, start, end, iv, out, at);
        },
      };
    },
    wrappedKeys: () => new Map(Array.from(seals, ([{ kid }, { wrapped }]) => [kid, [wrapped]])),
  };
}

interface Plan {
  readonly sealing: Sealing;
  readonly shape: EnvelopeShape;
  readonly valueLength: number;
}

/** One draw for all data keys and ivs of the request. */
function drawRandom(plans: readonly Plan[]): { readonly keys: Uint8Array; readonly ivs: Uint8Array } {
  const shared = new Set(plans.map(({ sealing }) => sealing.action.key)).size;
  const own = plans.filter(({ sealing }) => sealing.action.dataKey === "field").length;
  const random = new Uint8Array((shared + own) * dataKeyLength + plans.length * ivLength);
  sealPrimitives.randomFill(random);
  const split = (shared + own) * dataKeyLength;
  return { keys: random.subarray(0, split), ivs: random.subarray(split) };
}

/** The sealer of each plan; values of one rule share one, unless each has a data key of its own. */
function prepare(
  plans: readonly Plan[],
  seals: Map<RingKey, Seal>,
  { random, context, now }: { readonly random: Uint8Array; readonly context: Uint8Array; readonly now: number },
): FieldSealer[] {
  let drawn = 0;
  const draw = (key: RingKey): Seal => {
    drawn += dataKeyLength;
    return newSeal(key, random.subarray(drawn - dataKeyLength, drawn));
  };
  const sealers = new Map<EncryptAction, Partial<Record<PlaintextKind, FieldSealer>>>();
  const sealOf = (key: RingKey): Seal => {
    const seal = seals.get(key) ?? (key.reuse === undefined ? draw(key) : reused(key));
    seals.set(key, seal);
    return seal;
  };
  const reused = (key: RingKey): Seal => {
    const own = plans.filter(({ sealing: { action } }) => action.key === key && action.dataKey === "request");
    const use = { messages: own.length, bytes: own.reduce((sum, plan) => sum + plan.valueLength, 0), now };
    return reusedSeal(key, context, use, () => draw(key));
  };
  return plans.map(({ sealing: { action, kind }, shape }) => {
    const known = sealers.get(action)?.[kind];
    if (known !== undefined) return known;
    const create = action.format.name === "jwe" ? createJweSealer : createFieldSealer;
    const seal = action.dataKey === "field" ? draw(action.key) : sealOf(action.key);
    const sealer = create({ shape, kind, context, ...seal }, sealPrimitives);
    if (action.dataKey === "request") sealers.set(action, { ...sealers.get(action), [kind]: sealer });
    return sealer;
  });
}

function shapeOf({ field, action: { key, pad } }: Sealing): EnvelopeShape {
  return { alg: key.alg, kid: key.kid, field, wrappedLength: key.publicKey.wrappedLength, pad };
}
