// The end of a file of lines, read backwards: its last whole line, and what a crash left behind it. I/O.
import type { FileHandle } from "node:fs/promises";
import { hashTorn, maxTornLines, parseLine } from "@fieldseal/core/audit";
import { FieldsealError } from "@fieldseal/core/errors";
import { openPrimitives } from "../primitives.ts";
import type { TrailEnd } from "./sink.ts";

const lineFeed = 0x0a;
const chunkLength = 65_536;
const maxTornBytes = 4_194_304;

/**
 * Reads as much of the end of `file` as it takes to find a whole line.
 *
 * @throws {FieldsealError} `AUDIT_UNAVAILABLE` where there is more in front of it than crashes leave: the file is no
 * trail, and a recovery line would not make one of it.
 */
export async function readTrailEnd(file: FileHandle): Promise<TrailEnd> {
  const torn: string[] = [];
  const { size } = await file.stat();
  let start = size;
  let rest: Buffer = Buffer.alloc(0);
  let isEnd = true;
  while (start > 0) {
    if (size - start > maxTornBytes) throw noTrail();
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
      if (torn.length === maxTornLines) throw noTrail();
      torn.push(hashTorn(bytes, openPrimitives));
      if (feed < 0) break;
      rest = rest.subarray(0, feed);
    }
  }
  return { joins: null, torn: torn.reverse() };
}

function noTrail(): FieldsealError {
  return new FieldsealError("AUDIT_UNAVAILABLE", "the file does not end in lines of an audit trail", {
    retryable: true,
    hint: "name a file of its own for the trail",
  });
}
