// FF1 on flat batches of numerals, in place: the form that the package's own formats use.
// Values of one length go through the rounds together, in chunks of bounded size, whatever their tweaks.
import { createBigNumerals } from "./big-numerals.ts";
import { runBigRounds } from "./big-rounds.ts";
import { createBlockCipher } from "./block-cipher.ts";
import { runDoubleRounds } from "./double-rounds.ts";
import { type LengthParameters, lengthParameters } from "./length-parameters.ts";
import { chunkBytes } from "./limits.ts";
import {
  type BatchLimits,
  type Chunk,
  checkBatch,
  groupByLength,
  type NumeralBatch,
  startOffsets,
} from "./numeral-batch.ts";
import { chainTweaks, encryptP } from "./tweak-chain.ts";

/** A key, and the limits that every batch is checked against. */
export interface EngineOptions {
  readonly key: Uint8Array;
  readonly limits: BatchLimits;
}

/** FF1 under one key and radix, on flat batches. */
export interface Ff1Engine {
  /**
   * Encrypts every value of `batch` in place; on an error nothing has changed.
   *
   * @throws FF1_NUMERAL_INVALID, FF1_DOMAIN_TOO_SMALL, FF1_LENGTH_INVALID, FF1_TWEAK_INVALID
   */
  encryptInPlace(batch: NumeralBatch): void;
  /** The inverse of `encryptInPlace`, with the same errors. */
  decryptInPlace(batch: NumeralBatch): void;
}

interface LengthEntry {
  readonly parameters: LengthParameters;
  readonly pBlocks: Map<number, Uint32Array>;
}

/** Lengths, and tweak lengths of each, whose parameters are kept; beyond that they are derived again. */
const cachedEntries = 256;
/** Longer numeral strings are not kept: their moduli are large, and deriving them is a small part of their cost. */
const cachedLength = 1024;

// Shared by all engines: the rounds are synchronous, and leave it zeroed.
const states: Uint8Array = new Uint8Array(chunkBytes);

/** An engine for a key of 16, 24 or 32 bytes; its caller has checked key and limits. */
export function createFf1Engine({ key, limits }: EngineOptions): Ff1Engine {
  const { radix } = limits;
  const encryptBlocks = createBlockCipher(key);
  const bigNumerals = createBigNumerals(radix);
  const entries = new Map<number, LengthEntry>();
  return {
    encryptInPlace: (batch) => run(batch, false),
    decryptInPlace: (batch) => run(batch, true),
  };

  function run(batch: NumeralBatch, decrypt: boolean): void {
    checkBatch(batch, limits);
    const offsets = startOffsets(batch.lengths);
    const tweakOffsets = startOffsets(batch.tweakLengths);
    for (const [n, order] of groupByLength(batch.lengths)) {
      const { parameters, pBlocks } = entryOf(n);
      const pBlock = (t: number): Uint32Array => remember(pBlocks, t, () => encryptP(encryptBlocks, parameters, t));
      const lanes = Math.max(1, Math.floor(chunkBytes / (16 * parameters.tailBlocks)));
      for (let start = 0; start < order.length; start += lanes) {
        const count = Math.min(lanes, order.length - start);
        const chunk: Chunk = { ...batch, offsets, tweakOffsets, order, start, count };
        chainTweaks({ encryptBlocks, parameters, pBlock, states }, chunk);
        const moduli = parameters.doubles;
        if (moduli === null) runBigRounds({ encryptBlocks, parameters, bigNumerals, states, decrypt }, chunk);
        else runDoubleRounds({ encryptBlocks, parameters, moduli, states, decrypt }, chunk);
      }
    }
  }

  function entryOf(n: number): LengthEntry {
    const derive = (): LengthEntry => ({ parameters: lengthParameters(radix, n), pBlocks: new Map() });
    return n > cachedLength ? derive() : remember(entries, n, derive);
  }
}

function remember<T>(cache: Map<number, T>, name: number, derive: () => T): T {
  let known = cache.get(name);
  if (known === undefined) {
    known = derive();
    if (cache.size >= cachedEntries) cache.clear();
    cache.set(name, known);
  }
  return known;
}
