// Everything that FF1 derives from radix and length alone: SP 800-38G Algorithm 7, steps 1, 3, 4 and 6.v. Pure.

/** radix^u or radix^v as a double, with what reduction by it needs. */
export interface Modulus {
  readonly value: number;
  readonly inverse: number;
  /** value = high * 2^26 + low: factors small enough for exact products with a 24-bit quotient. */
  readonly high: number;
  readonly low: number;
}

/** The standard's u, v, b and d for numeral strings of length n, and the moduli of both halves. */
export interface LengthParameters {
  readonly radix: number;
  readonly n: number;
  readonly u: number;
  readonly v: number;
  readonly b: number;
  readonly d: number;
  /** Blocks at the end of Q that hold the round number and NUM_radix(B); what stands before depends on the tweak only. */
  readonly tailBlocks: number;
  /** The moduli as doubles where all arithmetic fits them, else null. */
  readonly doubles: { readonly u: Modulus; readonly v: Modulus } | null;
  readonly modulusU: bigint;
  readonly modulusV: bigint;
}

/** Moduli up to here are reduced in doubles; one bit of 53 is left for sums and for a quotient that is off by one. */
const doubleModulusLimit = 2 ** 52;

/** Derives the parameters of numeral strings of `n` numerals in `radix`, by integers only. */
export function lengthParameters(radix: number, n: number): LengthParameters {
  // step 1
  const u = Math.floor(n / 2);
  const v = n - u;
  const modulusU = BigInt(radix) ** BigInt(u);
  const modulusV = u === v ? modulusU : modulusU * BigInt(radix);
  // step 3: ceil(v * log2(radix)) is the bit length of radix^v - 1; a logarithm is wrong at powers of two
  const b = Math.ceil((modulusV - 1n).toString(16).length / 2);
  // step 4
  const d = 4 * Math.ceil(b / 4) + 4;
  const doubles =
    modulusV <= BigInt(doubleModulusLimit) ? { u: modulus(Number(modulusU)), v: modulus(Number(modulusV)) } : null;
  return { radix, n, u, v, b, d, tailBlocks: Math.ceil((b + 1) / 16), doubles, modulusU, modulusV };
}

function modulus(value: number): Modulus {
  const high = Math.floor(value / 2 ** 26);
  return { value, inverse: 1 / value, high, low: value - high * 2 ** 26 };
}
