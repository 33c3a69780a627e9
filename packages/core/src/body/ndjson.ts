// The NDJSON codec: application/x-ndjson, application/jsonl. Each line is a JSON text with a `$` of its own. Pure.
import { byteOrderMarkLength } from "../bytes/index.ts";
import type { Codec, ScanInput } from "./codec.ts";
import { json } from "./json.ts";
import { scanJson, viewOf } from "./json-scanner.ts";
import { createTextReader } from "./json-text.ts";
import { nothingBelow, type Scan } from "./match.ts";
import { createScan } from "./scan.ts";

const lineFeed = 0x0a;

export const ndjson: Codec = { ...json, name: "ndjson", scan: scanLines };

/** Scans lines that end with LF or CRLF, the last one also without; blank lines say nothing. */
function scanLines({ bytes, root, limits }: ScanInput): Scan {
  const into = createScan();
  // What a line needs is made once: a body may have half a million of them.
  const arrayLengths: number[] = [];
  const view = viewOf(bytes);
  const counting = { root: nothingBelow, limits, into: createScan(), countInto: arrayLengths, view };
  const matching = { root, limits, into, arrayLengths, view, readText: createTextReader(into, limits) };
  for (let start = byteOrderMarkLength(bytes); start < bytes.length; ) {
    const found = bytes.indexOf(lineFeed, start);
    const end = found < 0 ? bytes.length : found;
    if (!isBlank(bytes, start, end)) {
      if (root.countsLengths) scanJson(bytes, start, end, counting);
      scanJson(bytes, start, end, matching);
    }
    start = end + 1;
  }
  return into;
}

/** True for a line of spaces, tabs and carriage returns. */
function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  let i = start;
  while (i < end && (bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === 0x0d)) i++;
  return i === end;
}
