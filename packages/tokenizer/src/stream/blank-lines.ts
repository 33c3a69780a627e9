// Lines without anything, taken out of CSV before it is parsed: to the parser each is a record with too few cells, for
// which it makes an error that nobody reads, at the cost of many records. Linear time.

const [lineFeed, carriageReturn, quote] = [0x0a, 0x0d, 0x22];

/** How many blank lines stand before a record, by its number (from 1) among those that are none. */
export type BlankLines = Map<number, number>;

/** The pieces of `source` without the blank lines behind the header, which are counted in `blanks`. */
export async function* withoutBlankLines(
  source: AsyncIterable<Uint8Array>,
  blanks: BlankLines,
): AsyncGenerator<Uint8Array> {
  let records = 0;
  let isQuoted = false;
  /** True: the line began in an earlier piece. */
  let isBegun = false;
  for await (const bytes of source) {
    const kept: Uint8Array[] = [];
    let from = 0;
    let line: number = isBegun ? -1 : 0;
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] === quote) isQuoted = !isQuoted;
      if (bytes[at] !== lineFeed || isQuoted) continue;
      const isBlank = line === at || (line === at - 1 && bytes[line] === carriageReturn);
      if (isBlank && records > 0) {
        if (line > from) kept.push(bytes.subarray(from, line));
        from = at + 1;
        blanks.set(records + 1, (blanks.get(records + 1) ?? 0) + 1);
      } else records++;
      line = at + 1;
    }
    isBegun = line < bytes.length;
    if (from < bytes.length) kept.push(bytes.subarray(from));
    if (kept.length > 0) yield kept.length === 1 ? kept[0]! : Buffer.concat(kept);
  }
}
