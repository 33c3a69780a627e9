// Chunks of bytes, cut anew where records end.
import { FieldsealError } from "@fieldseal/core/errors";

export interface SplitOptions {
  readonly maxRecordBytes: number;
  /** Where the first record of `bytes` ends, or 0; no end is before `from`, up to where it was asked the last time. */
  readonly endOf: (bytes: Buffer, from: number) => number;
}

/**
 * Yields records; the last may lack its end. However small the chunks are, each byte is moved a few times at most.
 *
 * @throws {FieldsealError} `BODY_TOO_LARGE` for a record above the limit.
 */
export async function* splitAfter(
  source: AsyncIterable<Uint8Array>,
  { maxRecordBytes, endOf }: SplitOptions,
): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  let length = 0;
  for await (const chunk of source) {
    const filled = length + chunk.length;
    if (filled > held.length) held = Buffer.concat([held.subarray(0, length)], Math.max(filled, 2 * length));
    held.set(chunk, length);
    let rest = held.subarray(0, filled);
    for (let end = endOf(rest, length); end > 0; end = endOf(rest, 0)) {
      if (end > maxRecordBytes) throw tooLarge(maxRecordBytes);
      yield rest.subarray(0, end);
      rest = rest.subarray(end);
    }
    if (rest.length > maxRecordBytes) throw tooLarge(maxRecordBytes);
    // What was yielded is others': nothing more is written to that memory.
    if (rest.length < filled) held = Buffer.from(rest);
    length = rest.length;
  }
  if (length > 0) yield held.subarray(0, length);
}

function tooLarge(maxRecordBytes: number): FieldsealError {
  return new FieldsealError("BODY_TOO_LARGE", `a record of the stream is longer than ${maxRecordBytes} bytes`);
}
