// The NDJSON codec: application/x-ndjson, application/jsonl. Each line is a JSON text with a `$` of its own. Pure.
import { byteOrderMarkLength } from "../bytes/index.ts";
import type { Codec, ScanInput } from "./codec.ts";
import { json } from "./json.ts";
import { malformed, scanJson, viewOf } from "./json-scanner.ts";
import { createTextReader } from "./json-text.ts";
import { nothingBelow, type Scan } from "./match.ts";
import { createScan } from "./scan.ts";
import { skipSpace } from "./white-space.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

export const ndjson: Codec = { ...json, name: "ndjson", scan: scanLines };

/** Scans lines that end with LF or CRLF, the last one also without; blank lines say nothing. */
function scanLines({ bytes, root, limits }: ScanInput): Scan {
  refuseOtherLineEnds(bytes);
  const into = createScan();
  // What a line needs is made once: a body may have half a million of them.
  const arrayLengths: number[] = [];
  const view = viewOf(bytes);
  const counting = { root: nothingBelow, limits, into: createScan(), countInto: arrayLengths, view };
  const matching = { root, limits, into, arrayLengths, view, readText: createTextReader(into, limits) };
  for (let start = byteOrderMarkLength(bytes); start < bytes.length; ) {
    const end = lineEnd(bytes, start);
    if (skipSpace(bytes, start, end) < end) {
      if (root.countsLengths) scanJson(bytes, start, end, counting);
      scanJson(bytes, start, end, matching);
    }
    start = end + 1;
  }
  return into;
}

/** A carriage return alone is white space in JSON and ends a line to many a reader, which would find another `$` there. */
function refuseOtherLineEnds(bytes: Uint8Array): void {
  for (let at = bytes.indexOf(carriageReturn); at >= 0; at = bytes.indexOf(carriageReturn, at + 1)) {
    if (at + 1 < bytes.length && bytes[at + 1] !== lineFeed) throw malformed(at);
  }
}

/** Offset of the line feed that ends the line at `start`. The platform's search costs more than a short line is long. */
function lineEnd(bytes: Uint8Array, start: number): number {
  for (let i = start; i < start + 32; i++) if (i === bytes.length || bytes[i] === lineFeed) return i;
  const found = bytes.indexOf(lineFeed, start);
  return found < 0 ? bytes.length : found;
}
