// The end of a file of lines, read backwards: its last whole line, and what a crash left behind it. I/O.
import type { FileHandle } from "node:fs/promises";
import { hashTorn, parseLine } from "@fieldseal/core/audit";
import { openPrimitives } from "../primitives.ts";
import type { TrailEnd } from "./sink.ts";

const lineFeed = 0x0a;
const chunkLength = 65_536;

/** Reads as much of the end of `file` as it takes to find a whole line. */
export async function readTrailEnd(file: FileHandle): Promise<TrailEnd> {
  const torn: string[] = [];
  let start = (await file.stat()).size;
  let rest: Buffer = Buffer.alloc(0);
  let isEnd = true;
  while (start > 0) {
    const chunk = Buffer.alloc(Math.min(chunkLength, start));
    start -= chunk.length;
    await file.read(chunk, 0, chunk.length, start);
    rest = Buffer.concat([chunk, rest]);
    if (isEnd && rest.at(-1) === lineFeed) rest = rest.subarray(0, -1);
    isEnd = false;
    // The first line of `rest` may begin before it, unless the file does.
    for (let feed = rest.lastIndexOf(lineFeed); feed >= 0 || start === 0; feed = rest.lastIndexOf(lineFeed)) {
      const bytes = rest.subarray(feed + 1);
      const line = parseLine(bytes, openPrimitives);
      if (line !== null) {
        const { writer, seq, hash } = line;
        return { joins: { writer, seq, hash }, torn: torn.reverse() };
      }
      torn.push(hashTorn(bytes, openPrimitives));
      if (feed < 0) break;
      rest = rest.subarray(0, feed);
    }
  }
  return { joins: null, torn: torn.reverse() };
}
