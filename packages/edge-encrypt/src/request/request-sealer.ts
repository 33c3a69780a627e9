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
import { dataKeyDigest } from "../receipt/mac.ts";
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
  /**
   * Digests of the request's wrapped data keys by key id, those of single values left out; none before something is
   * sealed.
   */
  dataKeys(): ReadonlyMap<string, readonly string[]>;
}

export interface RequestSealerOptions {
  /** Canonical bytes of the request's context. */
  readonly context: Uint8Array;
  /** Canonical bytes of what a rule binds its values to. */
  readonly boundTo: (action: EncryptAction) => Uint8Array;
  /** Milliseconds since the epoch, for the age of reused data keys. */
  readonly now: () => number;
}

export function createRequestSealer({ context, boundTo, now }: RequestSealerOptions): RequestSealer {
  const plans: Plan[] = [];
  const shapes = new Map<EncryptAction, EnvelopeShape>();
  const seals = new Map<RingKey, Seal>();
  let random: RandomBytes | null = null;

  const draw = (key: RingKey): Seal => newSeal(key, random!.keys.next());
  const reused = (key: RingKey): Seal => {
    const use = { messages: 0, bytes: 0, now: now() };
    for (const { action, valueLength } of plans) {
      if (action.key !== key || action.dataKey !== "request") continue;
      use.messages++;
      use.bytes += valueLength;
    }
    return reusedSeal(key, context, use, () => draw(key));
  };
  const sealOf = (key: RingKey): Seal => {
    const seal = seals.get(key) ?? (key.reuse === undefined ? draw(key) : reused(key));
    seals.set(key, seal);
    return seal;
  };
  /** Values of one rule share a sealer, unless each has a data key of its own. */
  const sealerOf = (action: EncryptAction, kind: PlaintextKind): FieldSealer => {
    const seal = action.dataKey === "field" ? draw(action.key) : sealOf(action.key);
    const known = seal.sealers.get(action)?.[kind];
    if (known !== undefined) return known;
    const create = action.format.name === "jwe" ? createJweSealer : createFieldSealer;
    const { wrappedText, key } = seal;
    const input = { shape: shapes.get(action)!, kind, context: boundTo(action), wrappedText, key };
    const sealer = create(input, sealPrimitives);
    seal.sealers.set(action, { ...seal.sealers.get(action), [kind]: sealer });
    return sealer;
  };

  return {
    plan({ field, action, kind }, valueLength) {
      if (random !== null) {
        throw new FieldsealError("INTERNAL_ERROR", "an envelope was planned after sealing had begun");
      }
      const shape = shapes.get(action) ?? shapeOf(field, action);
      shapes.set(action, shape);
      plans.push({ action, valueLength });
      return {
        length: action.format.name === "jwe" ? jweLength(shape, kind, valueLength) : envelopeLength(shape, valueLength),
        write(value, start, end, out, at) {
          random ??= drawRandom(plans);
          return sealerOf(action, kind).seal(value, start, end, random.ivs.next(), out, at);
        },
      };
    },
    dataKeys() {
      const digests = new Map<string, readonly string[]>();
      for (const [{ kid }, seal] of seals) {
        seal.digest ??= dataKeyDigest(seal.wrapped);
        digests.set(kid, [seal.digest]);
      }
      return digests;
    },
  };
}

interface Plan {
  readonly action: EncryptAction;
  readonly valueLength: number;
}

interface RandomBytes {
  readonly keys: Slices;
  readonly ivs: Slices;
}

/** One draw for all data keys and ivs of the request. */
function drawRandom(plans: readonly Plan[]): RandomBytes {
  const shared = new Set<RingKey>();
  let own = 0;
  for (const { action } of plans) {
    if (action.dataKey === "field") own++;
    else shared.add(action.key);
  }
  const split = (shared.size + own) * dataKeyLength;
  const random = new Uint8Array(split + plans.length * ivLength);
  sealPrimitives.randomFill(random);
  return { keys: slices(random, 0, split, dataKeyLength), ivs: slices(random, split, random.length, ivLength) };
}

/** Bytes that are handed out in slices, each once. */
interface Slices {
  next(): Uint8Array;
}

function slices(bytes: Uint8Array, start: number, end: number, length: number): Slices {
  let at = start;
  return {
    next() {
      if (at + length > end) throw new FieldsealError("INTERNAL_ERROR", "more random bytes were used than were drawn");
      at += length;
      return bytes.subarray(at - length, at);
    },
  };
}

function shapeOf(field: string, { key, pad }: EncryptAction): EnvelopeShape {
  return { alg: key.alg, kid: key.kid, field, wrappedLength: key.publicKey.wrappedLength, pad };
}
