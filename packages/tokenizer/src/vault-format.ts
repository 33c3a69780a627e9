// What a vault needs to know of a format: the spelling by which it finds a value, and how a random token is drawn.

export interface VaultFormat {
  readonly name: string;
  /** canonical spelling of a value, throws its code */
  normalize(value: string): string;
  /** a random token of the same format; `below(n)` draws uniformly from [0,n) */
  draw(value: string, below: (n: number) => number): string;
}
