// One row for each way to wrap a data key. Pure.

/** JOSE-style names, as in a policy's `alg`. */
export type Alg = "RSA-OAEP-256" | "DHKEM-P256";

interface Algorithm {
  /** The letter in the envelope. */
  readonly letter: string;
  readonly alg: Alg;
  /** Lengths in bytes that `wrapped` can have; the one that it must have follows from the key. */
  readonly wrappedLengths: readonly number[];
}

export const algorithms: readonly Algorithm[] = [
  { letter: "r", alg: "RSA-OAEP-256", wrappedLengths: [256, 384, 512] },
  { letter: "e", alg: "DHKEM-P256", wrappedLengths: [33] },
];

export function algorithmOf(alg: Alg): Algorithm {
  return algorithms.find((row) => row.alg === alg)!;
}
