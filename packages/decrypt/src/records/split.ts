// Chunks of bytes, cut anew where records end.
import { FieldsealError } from "@fieldseal/core/errors";

export interface SplitOptions {
  readonly maxRecordBytes: number;
  /** Where the first record of `bytes` ends, or 0; no end is before `from`. */
  readonly endOf: (bytes: Buffer, from: number) => number;
}

/**
 * Yields records; the last may lack its end.
 *
 * @throws {FieldsealError} `BODY_TOO_LARGE` for a record above the limit.
 */
export async function* splitAfter(
  source: AsyncIterable<Uint8Array>,
  { maxRecordBytes, endOf }: SplitOptions,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let seen = 0;
  for await (const chunk of source) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (let end = endOf(rest, seen); end > 0; end = endOf(rest, 0)) {
      if (end > maxRecordBytes) throw tooLarge(maxRecordBytes);
      yield rest.subarray(0, end);
      rest = rest.subarray(end);
    }
    if (rest.length > maxRecordBytes) throw tooLarge(maxRecordBytes);
    seen = rest.length;
  }
  if (rest.length > 0) yield rest;
}

export function tooLarge(maxRecordBytes: number): FieldsealError {
  return new FieldsealError("BODY_TOO_LARGE", `a record of the stream is longer than ${maxRecordBytes} bytes`);
}
