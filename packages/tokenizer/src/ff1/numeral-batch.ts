// The flat form in which many numeral strings and tweaks travel: no array for each value. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/** Numeral strings and their tweaks, one behind the other in the order of the values. */
export interface NumeralBatch {
  /** All numerals, each below the radix; overwritten by the result. */
  readonly numerals: Uint16Array;
  /** Numerals in each value; their sum is the length of `numerals`. */
  readonly lengths: Uint32Array;
  /** All tweaks. */
  readonly tweaks: Uint8Array;
  /** Bytes in each tweak, one entry for each value; their sum is the length of `tweaks`. */
  readonly tweakLengths: Uint32Array;
}

/** What a batch must satisfy before anything in it is touched. */
export interface BatchLimits {
  readonly radix: number;
  readonly minLength: number;
  readonly maxLength: number;
  readonly maxTlen: number;
}

/** Values of one length that go through the rounds together: `order[start ... start + count]` are their indexes. */
export interface Chunk extends NumeralBatch {
  readonly offsets: Uint32Array;
  readonly tweakOffsets: Uint32Array;
  readonly order: Uint32Array;
  readonly start: number;
  readonly count: number;
}

/** Refuses the whole batch where one value, numeral or tweak is outside the limits. */
export function checkBatch({ numerals, lengths, tweaks, tweakLengths }: NumeralBatch, limits: BatchLimits): void {
  if (lengths.length !== tweakLengths.length) {
    throw new FieldsealError("FF1_TWEAK_INVALID", "a batch takes one tweak for each value");
  }
  let numeralCount = 0;
  let tweakBytes = 0;
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i]!;
    if (length < limits.minLength) {
      throw new FieldsealError(
        "FF1_DOMAIN_TOO_SMALL",
        `numeral strings in radix ${limits.radix} take at least ${limits.minLength} numerals`,
      );
    }
    if (length > limits.maxLength) {
      throw new FieldsealError("FF1_LENGTH_INVALID", `a numeral string has more than ${limits.maxLength} numerals`);
    }
    if (tweakLengths[i]! > limits.maxTlen) {
      throw new FieldsealError("FF1_TWEAK_INVALID", `a tweak exceeds ${limits.maxTlen} bytes`);
    }
    numeralCount += length;
    tweakBytes += tweakLengths[i]!;
  }
  if (numeralCount !== numerals.length) {
    throw new FieldsealError("FF1_LENGTH_INVALID", "the lengths do not add up to the numerals given");
  }
  if (tweakBytes !== tweaks.length) {
    throw new FieldsealError("FF1_TWEAK_INVALID", "the tweak lengths do not add up to the tweak bytes given");
  }
  // Negative as soon as one difference is: no branch for each numeral.
  let room = 0;
  for (let i = 0; i < numerals.length; i++) room |= limits.radix - 1 - numerals[i]!;
  if (room < 0) throw new FieldsealError("FF1_NUMERAL_INVALID", `a numeral is not below the radix ${limits.radix}`);
}

/** Index of the first element of each value, for lengths laid one behind the other. */
export function startOffsets(lengths: Uint32Array): Uint32Array {
  const offsets = new Uint32Array(lengths.length);
  for (let i = 1; i < lengths.length; i++) offsets[i] = offsets[i - 1]! + lengths[i - 1]!;
  return offsets;
}

/** Indexes of the values of each length. */
export function groupByLength(lengths: Uint32Array): Map<number, Uint32Array> {
  const first = lengths[0];
  const order = new Uint32Array(lengths.length);
  let same = 0;
  while (same < lengths.length && lengths[same] === first) order[same] = same++;
  if (first !== undefined && same === lengths.length) return new Map([[first, order]]);
  const counts = new Map<number, number>();
  for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1);
  const groups = new Map<number, Uint32Array>();
  for (const [length, count] of counts) groups.set(length, new Uint32Array(count));
  counts.clear();
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i]!;
    const filled = counts.get(length) ?? 0;
    groups.get(length)![filled] = i;
    counts.set(length, filled + 1);
  }
  return groups;
}
