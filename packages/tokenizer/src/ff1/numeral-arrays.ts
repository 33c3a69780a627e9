// Between the caller's arrays and the engine's flat batches: what is no numeral, no tweak or no array of ours ends here.
import { FieldsealError } from "@fieldseal/core/errors";
import { maxLength, maxRadix, maxTlenCeiling } from "./limits.ts";
import type { BatchLimits, NumeralBatch } from "./numeral-batch.ts";

/** Typed arrays of numbers; one whose elements are too small for a radix is refused: a Uint8Array serves up to 256. */
type TypedNumerals =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Uint8ClampedArray
  | Int8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** A numeral string: integers in [0, radix), most significant first. */
export type Numerals = readonly number[] | TypedNumerals;

/** The kind of array that comes out for the kind `T` that goes in. */
export type SameKind<T extends Numerals> = T extends Uint8Array
  ? Uint8Array<ArrayBuffer>
  : T extends Uint16Array
    ? Uint16Array<ArrayBuffer>
    : T extends Uint32Array
      ? Uint32Array<ArrayBuffer>
      : T extends TypedNumerals
        ? T
        : number[];

/** Every kind of typed array, and the largest radix whose numerals all fit. */
const typedKinds = [
  [Uint8Array, 256],
  [Uint16Array, maxRadix],
  [Uint32Array, maxRadix],
  [Uint8ClampedArray, 256],
  [Int8Array, 128],
  [Int16Array, 32_768],
  [Int32Array, maxRadix],
  [Float32Array, maxRadix],
  [Float64Array, maxRadix],
] as const;

/** Values, one tweak for each, and the limits of the engine that they are for. */
export interface ArrayBatch<T extends Numerals> {
  readonly values: readonly T[];
  readonly tweaks: readonly Uint8Array[];
  readonly limits: BatchLimits;
}

/** Flat buffers that one call at a time fills and empties: fresh ones for each call cost more than the copying. */
interface Staging {
  readonly numerals: Uint16Array;
  readonly lengths: Uint32Array;
  readonly tweaks: Uint8Array;
  readonly tweakLengths: Uint32Array;
}

const stagedValues = 1024;
let idle: Staging | null = null;

/**
 * Runs `inPlace` over the values and returns its results as arrays of the kinds given, in order.
 *
 * @throws FF1_NUMERAL_INVALID, FF1_LENGTH_INVALID, FF1_TWEAK_INVALID, and what `inPlace` throws
 */
export function runOnArrays<T extends Numerals>(
  inPlace: (batch: NumeralBatch) => void,
  { values, tweaks, limits }: ArrayBatch<T>,
): SameKind<T>[] {
  if (values.length !== tweaks.length) {
    throw new FieldsealError("FF1_TWEAK_INVALID", "a batch takes one tweak for each value");
  }
  // Taken, not borrowed: an array with accessors may call back into this module.
  const staging: Staging = idle ?? {
    numerals: new Uint16Array(maxLength),
    lengths: new Uint32Array(stagedValues),
    tweaks: new Uint8Array(maxTlenCeiling),
    tweakLengths: new Uint32Array(stagedValues),
  };
  idle = null;
  const results: SameKind<T>[] = [];
  try {
    while (results.length < values.length) {
      const batch = stage(staging, { values, tweaks, from: results.length, limits });
      inPlace(batch);
      let at = 0;
      for (const length of batch.lengths) {
        results.push(copyOut({ numerals: batch.numerals, start: at, length }, values[results.length]!));
        at += length;
      }
      batch.numerals.fill(0);
    }
  } catch (error) {
    staging.numerals.fill(0);
    throw error;
  } finally {
    idle = staging;
  }
  return results;
}

interface Source extends ArrayBatch<Numerals> {
  readonly from: number;
}

/** Copies as many values as fit, from `from` on; any one value within the limits fits. */
function stage(staging: Staging, { values, tweaks, from, limits }: Source): NumeralBatch {
  let numeralsEnd = 0;
  let tweaksEnd = 0;
  let count = 0;
  for (; count < stagedValues && from + count < values.length; count++) {
    const value = values[from + count]!;
    const tweak = tweaks[from + count]!;
    checkKinds(value, tweak, limits);
    const length = value.length;
    const t = tweak.length;
    if (numeralsEnd + length > staging.numerals.length || tweaksEnd + t > staging.tweaks.length) break;
    for (let k = 0; k < length; k++) {
      const numeral = value[k]!;
      // What 16 bits cannot hold is no numeral; whether it is below the radix is the engine's question.
      if (typeof numeral === "number") staging.numerals[numeralsEnd + k] = numeral;
      if (staging.numerals[numeralsEnd + k] !== numeral) {
        throw new FieldsealError("FF1_NUMERAL_INVALID", "a numeral is not an integer from 0 to the radix less one");
      }
    }
    for (let k = 0; k < t; k++) staging.tweaks[tweaksEnd + k] = tweak[k]!;
    staging.lengths[count] = length;
    staging.tweakLengths[count] = t;
    numeralsEnd += length;
    tweaksEnd += t;
  }
  return {
    numerals: staging.numerals.subarray(0, numeralsEnd),
    lengths: staging.lengths.subarray(0, count),
    tweaks: staging.tweaks.subarray(0, tweaksEnd),
    tweakLengths: staging.tweakLengths.subarray(0, count),
  };
}

function checkKinds(value: Numerals, tweak: Uint8Array, { radix, maxTlen }: BatchLimits): void {
  const largestRadix = Array.isArray(value) ? maxRadix : (typedKindOf(value)?.[1] ?? 0);
  if (radix > largestRadix) {
    throw new FieldsealError("FF1_NUMERAL_INVALID", "this kind of array does not hold numerals of this radix");
  }
  if (value.length > maxLength) {
    throw new FieldsealError("FF1_LENGTH_INVALID", `a numeral string has more than ${maxLength} numerals`);
  }
  if (!(tweak instanceof Uint8Array) || tweak.length > maxTlen) {
    throw new FieldsealError("FF1_TWEAK_INVALID", `a tweak is a Uint8Array of at most ${maxTlen} bytes`);
  }
}

interface Staged {
  readonly numerals: Uint16Array;
  readonly start: number;
  readonly length: number;
}

function copyOut<T extends Numerals>({ numerals, start, length }: Staged, like: T): SameKind<T> {
  const result = emptyLike(like, length);
  for (let k = 0; k < length; k++) result[k] = numerals[start + k]!;
  return result as SameKind<T>;
}

function emptyLike(like: Numerals, length: number): number[] | TypedNumerals {
  if (Array.isArray(like)) return new Array<number>(length);
  const [Kind] = typedKindOf(like)!;
  return new Kind(length);
}

/** The usual kinds first, one by one: this is asked twice for each value. */
function typedKindOf(value: object): (typeof typedKinds)[number] | undefined {
  if (value instanceof Uint8Array) return typedKinds[0];
  if (value instanceof Uint16Array) return typedKinds[1];
  return typedKinds.find(([kind]) => value instanceof kind);
}
