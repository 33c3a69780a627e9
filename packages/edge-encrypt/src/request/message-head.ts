// A request without its body. Types only.

/** Values of each header line, by the header's lower-case name. */
export type HeaderLines = Readonly<Record<string, readonly string[]>>;

/** A request without its body. */
export interface MessageHead {
  readonly method: string;
  /** Path without query. */
  readonly uri: string;
  readonly query: Uint8Array;
  readonly headers: HeaderLines;
}
