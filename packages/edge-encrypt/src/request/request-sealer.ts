// The keys of one request: one data key for each key of the ring, shared by body, query, headers and cookies
// (docs/wire-format.md, Data key). Everything is drawn and wrapped at once, when the first value is sealed.
import {
  createFieldSealer,
  dataKeyLength,
  drawDataKey,
  type EnvelopeShape,
  envelopeLength,
  type FieldSealer,
  ivLength,
  type PlaintextKind,
} from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Action, RingKey } from "@fieldseal/core/policy";
import { wrappingKeyOf } from "../policy.ts";
import { sealPrimitives } from "../primitives.ts";

/** What sealing needs of a rule for a body, a query, a header or a cookie. */
export interface SealingRule {
  readonly name: string;
  readonly action: Action;
}

export interface RequestSealer {
  /** The sealer of one rule's values; `reserve` an iv for each value before the first one of the request is sealed. */
  fieldSealer(rule: SealingRule, kind: PlaintextKind): RuleSealer;
  /** Wrapped data keys by key id; none before something is sealed. */
  wrappedKeys(): ReadonlyMap<string, readonly Uint8Array[]>;
}

/** Seals the values of one rule. */
export interface RuleSealer {
  /** Characters of the envelope of a value of `valueLength` bytes. */
  length(valueLength: number): number;
  /** Sets an iv aside; returns its number. */
  reserve(): number;
  /** Writes the envelope of `bytes[start, end)` into `out` at `at`; returns the offset behind it. */
  seal(iv: number, bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number;
}

/** Creates the sealer of one request; `context` is the canonical bytes. */
export function createRequestSealer(context: Uint8Array): RequestSealer {
  const rules = new Map<SealingRule, RuleSealer>();
  const ringKeys = new Set<RingKey>();
  let reserved = 0;
  let drawn: Drawn | null = null;

  const sealerOf = (rule: SealingRule, kind: PlaintextKind): RuleSealer => {
    const { key, pad } = sealingAction(rule);
    const { alg, kid, publicKey } = key;
    const shape: EnvelopeShape = { alg, kid, field: rule.name, wrappedLength: publicKey.wrappedLength, pad };
    ringKeys.add(key);
    let sealer: FieldSealer | null = null;
    return {
      length: (valueLength) => envelopeLength(shape, valueLength),
      reserve: () => {
        if (drawn !== null) throw new FieldsealError("INTERNAL_ERROR", "an iv was asked for after sealing had begun");
        return reserved++;
      },
      seal: (iv, bytes, start, end, out, at) => {
        drawn ??= draw(ringKeys, reserved);
        sealer ??= createFieldSealer({ shape, kind, context, ...drawn.keys.get(key)! }, sealPrimitives);
        return sealer.seal(bytes, start, end, drawn.ivs.subarray(iv * ivLength, (iv + 1) * ivLength), out, at);
      },
    };
  };
  return {
    fieldSealer: (rule, kind) => {
      const known = rules.get(rule) ?? sealerOf(rule, kind);
      rules.set(rule, known);
      return known;
    },
    wrappedKeys: () => new Map(Array.from(drawn?.keys ?? [], ([{ kid }, { wrapped }]) => [kid, [wrapped]])),
  };
}

interface Drawn {
  readonly keys: ReadonlyMap<RingKey, Pick<Parameters<typeof createFieldSealer>[0], "wrapped" | "key">>;
  readonly ivs: Uint8Array;
}

/** One draw for all data keys and ivs of the request, and one wrap for each key of the ring. */
function draw(ringKeys: ReadonlySet<RingKey>, ivs: number): Drawn {
  const random = new Uint8Array(ringKeys.size * dataKeyLength + ivs * ivLength);
  sealPrimitives.randomFill(random);
  let at = 0;
  const keys = new Map<RingKey, Pick<Parameters<typeof createFieldSealer>[0], "wrapped" | "key">>();
  for (const ringKey of ringKeys) {
    const dataKey = drawDataKey(random.subarray(at, at + dataKeyLength), sealPrimitives);
    at += dataKeyLength;
    const wrapped = sealPrimitives.wrapRsaOaep256(wrappingKeyOf(ringKey), dataKey);
    keys.set(ringKey, { wrapped, key: sealPrimitives.importSealingKey(dataKey) });
    dataKey.fill(0);
  }
  return { keys, ivs: random.subarray(at) };
}

function sealingAction(rule: SealingRule): Action & { kind: "encrypt" } {
  return rule.action as Action & { kind: "encrypt" };
}
