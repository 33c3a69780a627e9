// Where formats put what they read: free numerals into one array, kept parts behind each value's tweak prefix. Pure.

/** Flat buffers of one batch; a format writes at the ends and moves them. */
export interface NumeralSink {
  numerals: Uint16Array;
  end: number;
  tweaks: Uint8Array;
  tweakEnd: number;
}

/** An empty sink with room for `length` UTF-16 units of text and `prefixes` tweak bytes before kept parts. */
export function createSink(length: number, prefixes: number): NumeralSink {
  return { numerals: new Uint16Array(length), end: 0, tweaks: new Uint8Array(length + prefixes + 64), tweakEnd: 0 };
}

/** Makes room for a text of `length` UTF-16 units and `prefix` tweak bytes before its kept part. */
export function reserve(sink: NumeralSink, length: number, prefix: number): void {
  if (sink.end + length > sink.numerals.length) {
    const larger = new Uint16Array(2 * (sink.end + length));
    larger.set(sink.numerals);
    sink.numerals.fill(0);
    sink.numerals = larger;
  }
  // Three bytes of UTF-8 at most for each UTF-16 unit, and one to close a half-filled byte.
  const bytes = prefix + 3 * length + 1;
  if (sink.tweakEnd + bytes > sink.tweaks.length) {
    const larger = new Uint8Array(2 * (sink.tweakEnd + bytes));
    larger.set(sink.tweaks);
    sink.tweaks.fill(0);
    sink.tweaks = larger;
  }
}

/** Appends kept digits, two to a byte: the width depends on their number only. */
export function keepDigits(sink: NumeralSink, digits: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i += 2) {
    sink.tweaks[sink.tweakEnd++] = (digits[i]! << 4) | (i + 1 < end ? digits[i + 1]! : 0);
  }
}

const encoder = new TextEncoder();

/** Appends kept text as UTF-8. */
export function keepText(sink: NumeralSink, text: string): void {
  sink.tweakEnd += encoder.encodeInto(text, sink.tweaks.subarray(sink.tweakEnd)).written;
}
