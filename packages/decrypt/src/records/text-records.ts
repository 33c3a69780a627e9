// Stretches of plain text, cut where no envelope can be: behind ends of lines, or where those are far apart, white space.

import type { StreamRecord } from "./record.ts";
import { splitAfter } from "./split.ts";

const breaks = [0x0a, 0x20, 0x09];
const maxStretch = 65_536;

export async function* textRecords(
  source: AsyncIterable<Uint8Array>,
  { maxRecordBytes }: { readonly maxRecordBytes: number },
): AsyncGenerator<StreamRecord> {
  const stretch = Math.min(maxStretch, maxRecordBytes);
  const endOf = (bytes: Buffer, from: number): number => {
    return bytes.length < stretch ? 0 : endOfStretch(bytes.subarray(0, maxRecordBytes), stretch, from);
  };
  for await (const raw of splitAfter(source, { maxRecordBytes, endOf })) {
    yield { raw, sealed: "text", write: (opened) => opened };
  }
}

/** Behind the last end of a line within a stretch, else the last blank there, else the first of either behind it. */
function endOfStretch(bytes: Buffer, stretch: number, from: number): number {
  for (const one of breaks) {
    const last = bytes.lastIndexOf(one, stretch - 1);
    if (last >= 0) return last + 1;
  }
  const next = breaks.map((one) => bytes.indexOf(one, Math.max(from, stretch))).filter((at) => at >= 0);
  return next.length === 0 ? 0 : Math.min(...next) + 1;
}
