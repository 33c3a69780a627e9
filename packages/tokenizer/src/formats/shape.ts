// What texts of one layout have in common: how many choices each free position has. Pure.
import { domainFloor } from "../ff1/index.ts";

/** The free positions of a text, after everything that is kept or computed was taken out. */
export interface Shape {
  /** Choices at each free position, in order; each at most 65,536. */
  readonly radices: readonly number[];
  /** The radix where all positions have the same, else null. */
  readonly radix: number | null;
  /** Number of numeral strings that are values: the number of tokens. */
  readonly space: bigint;
  /** True where FF1 is not to be used: below the domain floor, or below the format's own `minLength`. */
  readonly short: boolean;
  /** Where given: false for numeral strings that are no values, although each numeral is below its radix. */
  readonly holds: ((numerals: Uint16Array, start: number) => boolean) | null;
}

export interface ShapeOptions {
  readonly radices: readonly number[];
  /** Further strings that are no values, and how many those are. */
  readonly except?: { readonly count: number; readonly holds: (numerals: Uint16Array, start: number) => boolean };
  /** Free positions from which on FF1 is used. */
  readonly minLength?: number;
}

/** Describes texts with these free positions. */
export function createShape({ radices, except, minLength = 0 }: ShapeOptions): Shape {
  let space = 1n;
  for (const radix of radices) space *= BigInt(radix);
  if (except !== undefined) space -= BigInt(except.count);
  const [first] = radices;
  const uniform = except === undefined && first !== undefined && radices.every((radix) => radix === first);
  return {
    radices,
    radix: uniform ? first : null,
    space,
    short: space < BigInt(domainFloor) || radices.length < minLength,
    holds: except?.holds ?? null,
  };
}

/** `length` free positions of `radix` choices each. */
export function uniformShape(radix: number, length: number, minLength = 0): Shape {
  return createShape({ radices: new Array<number>(length).fill(radix), minLength });
}

/** A function that remembers the shape of each length; lengths are bounded by the format. */
export function shapeByLength(create: (length: number) => Shape): (length: number) => Shape {
  const known = new Map<number, Shape>();
  return (length) => {
    let shape = known.get(length);
    if (shape === undefined) {
      shape = create(length);
      known.set(length, shape);
    }
    return shape;
  };
}
