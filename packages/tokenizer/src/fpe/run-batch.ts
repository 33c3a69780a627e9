// Many texts through FF1 at once: those of one key and radix share a batch, whatever their formats, lengths and tenants.
import type { NumeralBatch } from "../ff1/numeral-batch.ts";
import type { Shape } from "../formats/shape.ts";
import type { Ff1Cipher } from "./cipher.ts";
import { fromRank, type RankParameters, rankCount, rankParameters, toRank } from "./mixed-radix.ts";

/** One text's numerals and tweak, as places in the buffers of the batch. */
export interface BatchEntry {
  readonly cipher: Ff1Cipher;
  readonly shape: Shape;
  readonly start: number;
  readonly tweakStart: number;
  readonly tweakEnd: number;
}

/** Buffers that the entries point into; numerals are replaced in place. */
export interface BatchBuffers {
  readonly numerals: Uint16Array;
  readonly tweaks: Uint8Array;
}

export type Direction = "encrypt" | "decrypt";

/** Encrypts or decrypts the numerals of all entries in place. */
export function runBatch(entries: readonly BatchEntry[], buffers: BatchBuffers, direction: Direction): void {
  const [first] = entries;
  if (first === undefined) return;
  if (entries.every(({ cipher, shape }) => cipher === first.cipher && shape === first.shape)) {
    runAlike(first, entries, buffers, direction);
    return;
  }
  for (const group of grouped(entries).values()) runAlike(group[0]!, group, buffers, direction);
}

/** Entries by key, and then by radix, or by shape where its radices are mixed. */
function grouped(entries: readonly BatchEntry[]): Map<object | string, BatchEntry[]> {
  const groups = new Map<object | string, BatchEntry[]>();
  const numbers = new Map<object, number>();
  const numberOf = (one: object): number => {
    const known = numbers.get(one) ?? numbers.size;
    numbers.set(one, known);
    return known;
  };
  for (const entry of entries) {
    const { cipher, shape } = entry;
    const name = `${numberOf(cipher)} ${shape.radix ?? `mixed ${numberOf(shape)}`}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [entry]);
    else group.push(entry);
  }
  return groups;
}

function runAlike(
  first: BatchEntry,
  entries: readonly BatchEntry[],
  buffers: BatchBuffers,
  direction: Direction,
): void {
  if (first.shape.radix === null) runMixed(first, entries, buffers, direction);
  else runUniform(first.cipher, first.shape.radix, { entries, buffers, direction });
}

interface Run {
  readonly entries: readonly BatchEntry[];
  readonly buffers: BatchBuffers;
  readonly direction: Direction;
}

function runUniform(cipher: Ff1Cipher, radix: number, { entries, buffers, direction }: Run): void {
  const lengths = new Uint32Array(entries.length);
  for (let i = 0; i < entries.length; i++) lengths[i] = entries[i]!.shape.radices.length;
  const inPlace = contiguous(entries, lengths, buffers);
  if (inPlace !== null) {
    crypt(cipher, radix, inPlace, direction);
    return;
  }
  const batch = gathered(entries, lengths, buffers.tweaks);
  let at = 0;
  for (const [i, { start }] of entries.entries()) {
    for (let k = 0; k < lengths[i]!; k++) batch.numerals[at++] = buffers.numerals[start + k]!;
  }
  crypt(cipher, radix, batch, direction);
  at = 0;
  for (const [i, { start }] of entries.entries()) {
    for (let k = 0; k < lengths[i]!; k++) buffers.numerals[start + k] = batch.numerals[at++]!;
  }
  batch.numerals.fill(0);
}

/** The batch without copying, where its entries lie one behind the other; else null. */
function contiguous(
  entries: readonly BatchEntry[],
  lengths: Uint32Array,
  { numerals, tweaks }: BatchBuffers,
): NumeralBatch | null {
  const tweakLengths = new Uint32Array(entries.length);
  let at = entries[0]!.start;
  let tweakAt = entries[0]!.tweakStart;
  for (let i = 0; i < entries.length; i++) {
    const { start, tweakStart, tweakEnd } = entries[i]!;
    if (start !== at || tweakStart !== tweakAt) return null;
    at += lengths[i]!;
    tweakAt = tweakEnd;
    tweakLengths[i] = tweakEnd - tweakStart;
  }
  return {
    numerals: numerals.subarray(entries[0]!.start, at),
    lengths,
    tweaks: tweaks.subarray(entries[0]!.tweakStart, tweakAt),
    tweakLengths,
  };
}

const parametersOf = new WeakMap<Shape, RankParameters>();

function runMixed(
  { cipher, shape }: BatchEntry,
  entries: readonly BatchEntry[],
  buffers: BatchBuffers,
  direction: Direction,
): void {
  let parameters = parametersOf.get(shape);
  if (parameters === undefined) {
    parameters = rankParameters(rankCount(shape));
    parametersOf.set(shape, parameters);
  }
  const { length } = parameters;
  let walking = entries;
  let ranks = entries.map(({ start }) => toRank(shape, buffers.numerals, start, parameters));
  // Cycle walking: what leaves the set of values is encrypted again; the input is in the set, so its cycle comes back.
  while (walking.length > 0) {
    const batch = gathered(walking, new Uint32Array(walking.length).fill(length), buffers.tweaks);
    for (const [i, rank] of ranks.entries()) batch.numerals.set(rank, i * length);
    crypt(cipher, parameters.radix, batch, direction);
    const outside: BatchEntry[] = [];
    const next: Uint16Array[] = [];
    for (const [i, entry] of walking.entries()) {
      const ranked = batch.numerals.slice(i * length, (i + 1) * length);
      const numerals = fromRank(shape, ranked, parameters);
      if (numerals !== null && (shape.holds === null || shape.holds(numerals, 0))) {
        buffers.numerals.set(numerals, entry.start);
        continue;
      }
      outside.push(entry);
      next.push(ranked);
    }
    walking = outside;
    ranks = next;
  }
}

/** An empty batch of these lengths with the tweaks of `entries`. */
function gathered(entries: readonly BatchEntry[], lengths: Uint32Array, tweaks: Uint8Array): NumeralBatch {
  const tweakLengths = Uint32Array.from(entries, ({ tweakStart, tweakEnd }) => tweakEnd - tweakStart);
  const together = new Uint8Array(tweakLengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const { tweakStart, tweakEnd } of entries) {
    for (let k = tweakStart; k < tweakEnd; k++) together[at++] = tweaks[k]!;
  }
  const numerals = new Uint16Array(lengths.reduce((sum, length) => sum + length, 0));
  return { numerals, lengths, tweaks: together, tweakLengths };
}

function crypt(cipher: Ff1Cipher, radix: number, batch: NumeralBatch, direction: Direction): void {
  const engine = cipher.engine(radix);
  if (direction === "encrypt") engine.encryptInPlace(batch);
  else engine.decryptInPlace(batch);
}
