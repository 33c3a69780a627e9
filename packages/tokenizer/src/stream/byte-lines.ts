// A byte stream as lines with their line ends, in constant memory. Pure but for its source.
import { FieldsealError } from "@fieldseal/core/errors";
import { maxRecordBytes } from "./record.ts";

const lineFeed = 0x0a;

/**
 * Lines that end with LF, the last one also without.
 *
 * @throws {FieldsealError} `RECORD_INVALID` for a line above 16 MiB.
 */
export async function* byteLines(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  // The beginning of a line, in the first `length` bytes: chunks may be as small as a byte.
  let held: Buffer = Buffer.alloc(0);
  let length = 0;
  let number = 1;
  for await (const chunk of source) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      const line = bytes.subarray(start, end + 1);
      start = end + 1;
      if (length + line.length > maxRecordBytes) throw tooLong(number);
      yield length === 0 ? line : Buffer.concat([held.subarray(0, length), line]);
      length = 0;
      number++;
    }
    if (start === bytes.length) continue;
    const filled = length + bytes.length - start;
    if (filled > maxRecordBytes) throw tooLong(number);
    if (filled > held.length) held = Buffer.concat([held.subarray(0, length)], Math.max(filled, 2 * length));
    held.set(bytes.subarray(start), length);
    length = filled;
  }
  if (length > 0) yield Buffer.from(held.subarray(0, length));
}

function tooLong(record: number): FieldsealError {
  return new FieldsealError("RECORD_INVALID", `record ${record}: longer than ${maxRecordBytes} bytes`);
}
