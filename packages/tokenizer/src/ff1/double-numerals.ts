// NUM_radix and STR_radix^m (SP 800-38G section 4.5, Algorithms 1 and 3) for numbers up to 2^52. Pure.

/** A numeral string in a buffer of numerals, most significant first. */
export interface NumeralSpan {
  readonly radix: number;
  readonly start: number;
  readonly length: number;
}

/** NUM_radix: the number that the span spells. */
export function readDouble(numerals: Uint16Array, { radix, start, length }: NumeralSpan): number {
  let value = 0;
  for (let i = start; i < start + length; i++) value = value * radix + numerals[i]!;
  return value;
}

/** STR_radix^m: writes `value` into the span. */
export function writeDouble(value: number, numerals: Uint16Array, { radix, start, length }: NumeralSpan): void {
  const inverse = 1 / radix;
  let rest = value;
  let i = start + length - 1;
  if (rest >= 2 ** 51) {
    const quotient = Math.floor(rest / radix);
    numerals[i--] = rest - quotient * radix;
    rest = quotient;
  }
  for (; i >= start; i--) {
    // Below 2^51 the half keeps the rounded product on the right side of every integer: no division, no correction.
    const quotient = Math.floor((rest + 0.5) * inverse);
    numerals[i] = rest - quotient * radix;
    rest = quotient;
  }
}
