// Header lines with their selected values sealed or removed; every other byte of a line leaves as it came.
import { Buffer } from "node:buffer";
import { applyEdits, type Edit, splicedLength } from "@fieldseal/core/body";
import type { NamedLine } from "./named-values.ts";
import { removePieces } from "./removal.ts";
import type { RequestSealer } from "./request-sealer.ts";

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
export function headerEdits(lines: readonly NamedLine[], sealer: RequestSealer): HeaderEdit[] {
  return lines.map((line) => {
    const { header, index, bytes } = line;
    if (line.values.some(({ rule, piece }) => piece === null && rule.action.kind === "remove")) {
      return { header, index, length: 0, write: () => null };
    }
    const edits = editsOf(line, sealer);
    const length = splicedLength(bytes.length, edits);
    return { header, index, length, write: () => (length === 0 ? null : textOf(applyEdits(bytes, edits))) };
  });
}

function editsOf({ bytes, values }: NamedLine, sealer: RequestSealer): Edit[] {
  const removed = values.flatMap(({ rule, piece }) => (rule.action.kind === "remove" && piece !== null ? [piece] : []));
  const edits = removePieces(bytes, removed);
  for (const { rule, start, end } of values) {
    if (rule.action.kind !== "encrypt") continue;
    const envelope = sealer.plan({ field: rule.name, action: rule.action, kind: "text" }, end - start);
    const { length } = envelope;
    edits.push({ start, end, length, write: (out, at) => void envelope.write(bytes, start, end, out, at) });
  }
  return edits.sort((a, b) => a.start - b.start);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}
