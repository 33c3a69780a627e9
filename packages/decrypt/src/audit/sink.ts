// Where lines of a trail go: the interface that files, streams and AWS services fill. Types only.
import type { LinePosition } from "@fieldseal/core/audit";

/** What a writer finds at the end of what is there. */
export interface TrailEnd {
  /** The last whole line; null where there is none, or none can be read. */
  readonly joins: LinePosition | null;
  /** Hashes of the lines behind it that a crash cut off. */
  readonly torn: readonly string[];
}

export interface LineSink {
  /** Called before the first line of each writer; without it, writers join nothing. */
  begin?(): Promise<TrailEnd>;
  /**
   * Resolves when all lines (without their line feeds) are kept, in order; after a rejection a new writer begins.
   * Without lines it only says whether it would keep some, as far as it can tell.
   */
  append(lines: readonly string[]): Promise<void>;
  close?(): Promise<void>;
}
