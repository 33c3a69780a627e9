// Which line of NDJSON a place is in: each line is a record of its own. Pure.

const lineFeed = 0x0a;

/** Finds the line (from 0) of an offset in `bytes`; offsets come line after line, so that all together cost one pass. */
export function createLineFinder(bytes: Uint8Array): (offset: number) => number {
  let line = 0;
  let end = endOf(bytes, 0);
  return (offset) => {
    while (offset >= end) {
      line++;
      end = endOf(bytes, end);
    }
    return line;
  };
}

/** Offset behind the line that begins at `start`; the last one has no end. */
function endOf(bytes: Uint8Array, start: number): number {
  const feed = bytes.indexOf(lineFeed, start);
  return feed < 0 ? Number.POSITIVE_INFINITY : feed + 1;
}
