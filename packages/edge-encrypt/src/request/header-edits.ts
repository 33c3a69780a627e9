// Header lines with what the rules make of their values; every other byte of a line leaves as it came.
import { applyEdits, splicedLength } from "@fieldseal/core/body";
import { bufferOf } from "../buffer-of.ts";
import { type ProtectInput, protect } from "../protect.ts";
import type { NamedLine } from "./named-values.ts";

/** What becomes of one line. */
export interface HeaderEdit {
  readonly header: string;
  readonly index: number;
  /** Bytes of the line afterwards, known before anything is sealed. */
  readonly length: number;
  /** The line afterwards; null where it is gone. */
  write(): string | null;
}

/** The edits of header lines; a line of which nothing is left is removed. */
export function headerEdits(lines: readonly NamedLine[], by: Pick<ProtectInput, "sealer" | "tokens">): HeaderEdit[] {
  return lines.map(({ header, index, bytes, codec, fields }) => {
    const edits = protect(fields, { bytes, codec, ...by });
    const length = splicedLength(bytes.length, edits);
    return {
      header,
      index,
      length,
      write: () => (length === 0 ? null : bufferOf(applyEdits(bytes, edits)).toString("utf8")),
    };
  });
}
