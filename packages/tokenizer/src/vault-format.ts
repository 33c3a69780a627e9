// What the vault asks of a format: one spelling for each value, and random tokens of the same shape. Pure.

/** A format as the vault sees it; the token bears no relation to the value but its shape. */
export interface VaultFormat {
  readonly name: string;
  /** Canonical spelling of a value, throws its code. */
  normalize(value: string): string;
  /** A random token of the same format; `below(n)` draws uniformly from [0,n). */
  draw(value: string, below: (n: number) => number): string;
}
