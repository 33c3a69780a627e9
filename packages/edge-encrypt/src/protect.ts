// From selected fields to edits: their lengths are known before anything is drawn, wrapped or sealed.
import type { Codec, Edit } from "@fieldseal/core/body";
import {
  createFieldSealer,
  dataKeyLength,
  drawDataKey,
  type EnvelopeShape,
  envelopeLength,
  type FieldSealer,
  ivLength,
} from "@fieldseal/core/envelope";
import type { Action, FieldRule, RingKey } from "@fieldseal/core/policy";
import { wrappingKeyOf } from "./policy.ts";
import { sealPrimitives } from "./primitives.ts";
import type { SelectedField } from "./select-fields.ts";

export interface ProtectInput {
  readonly bytes: Uint8Array;
  readonly codec: Codec;
  /** Canonical bytes of the context. */
  readonly context: Uint8Array;
}

/** The edit of each field, in order. Keys are drawn and wrapped when the first of them is written. */
export function protect(fields: readonly SelectedField[], input: ProtectInput): Edit[] {
  const { bytes, codec } = input;
  const shapes = new Map<FieldRule, EnvelopeShape>();
  for (const { rule } of fields) if (!shapes.has(rule)) shapes.set(rule, shapeOf(rule));
  const quote = codec.quote.length;
  let seals: Seals | null = null;
  return fields.map(({ rule, start, end }, index) => ({
    start,
    end,
    length: envelopeLength(shapes.get(rule)!, end - start) + 2 * quote,
    write: (out, at) => {
      seals ??= drawSeals(shapes, fields.length, input);
      const { sealers, ivs } = seals;
      const iv = ivs.subarray(index * ivLength, (index + 1) * ivLength);
      const after = sealers.get(rule)!.seal(bytes, start, end, iv, out, at + quote);
      if (quote === 1) out[at] = out[after] = codec.quote.charCodeAt(0);
    },
  }));
}

interface Seals {
  readonly sealers: ReadonlyMap<FieldRule, FieldSealer>;
  readonly ivs: Uint8Array;
}

/** One draw for all data keys and ivs of the call, and one wrap for each key of the ring. */
function drawSeals(shapes: ReadonlyMap<FieldRule, EnvelopeShape>, count: number, input: ProtectInput): Seals {
  const kind = input.codec.grammar;
  const { context } = input;
  const keys = new Set(Array.from(shapes.keys(), (rule) => sealingAction(rule).key));
  const random = new Uint8Array(keys.size * dataKeyLength + count * ivLength);
  sealPrimitives.randomFill(random);
  let drawn = 0;
  const wrapped = new Map<RingKey, Pick<Parameters<typeof createFieldSealer>[0], "wrapped" | "key">>();
  for (const ringKey of keys) {
    const bytes = random.subarray(drawn, drawn + dataKeyLength);
    drawn += dataKeyLength;
    const dataKey = drawDataKey(bytes, sealPrimitives);
    const wrap = sealPrimitives.wrapRsaOaep256(wrappingKeyOf(ringKey), dataKey);
    wrapped.set(ringKey, { wrapped: wrap, key: sealPrimitives.importSealingKey(dataKey) });
    dataKey.fill(0);
  }
  const sealers = new Map<FieldRule, FieldSealer>();
  for (const [rule, shape] of shapes) {
    const key = wrapped.get(sealingAction(rule).key)!;
    sealers.set(rule, createFieldSealer({ shape, kind, context, ...key }, sealPrimitives));
  }
  return { sealers, ivs: random.subarray(drawn) };
}

function shapeOf(rule: FieldRule): EnvelopeShape {
  const { key, pad } = sealingAction(rule);
  return { alg: key.alg, kid: key.kid, field: rule.name, wrappedLength: key.publicKey.wrappedLength, pad };
}

function sealingAction(rule: FieldRule): Action & { kind: "encrypt" } {
  return rule.action as Action & { kind: "encrypt" };
}
