// Stretches of plain text, cut where no envelope can be: behind ends of lines, or where those are far apart, white space.

import type { StreamRecord } from "./record.ts";
import { splitAfter } from "./split.ts";

const [tab, lineFeed, space] = [0x09, 0x0a, 0x20];
const stretch = 65_536;

export async function* textRecords(
  source: AsyncIterable<Uint8Array>,
  { maxRecordBytes }: { readonly maxRecordBytes: number },
): AsyncGenerator<StreamRecord> {
  for await (const raw of splitAfter(source, { maxRecordBytes, endOf })) {
    yield { raw, sealed: "text", write: (opened) => opened };
  }
}

function endOf(bytes: Buffer): number {
  if (bytes.length < stretch) return 0;
  const feed = bytes.lastIndexOf(lineFeed);
  if (feed >= 0) return feed + 1;
  return Math.max(bytes.lastIndexOf(space), bytes.lastIndexOf(tab)) + 1;
}
