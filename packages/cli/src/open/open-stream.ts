// Opening what comes in without holding it all: records by the grammar of their media type, or lines of any text.
import { pipeline, Readable } from "node:stream";
import { codecFor, parseMediaType } from "@fieldseal/core/body";
import { concat } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import type { BodyResult, Decryptor } from "@fieldseal/decrypt";
import { type DecryptorStreamOptions, decryptStreamBy } from "@fieldseal/decrypt/stream";

const maxLineBytes = 256 * 1024 * 1024;
const lineFeed = 0x0a;

/** True for media types whose records open one after the other. @throws {FieldsealError} `MEDIA_TYPE_MISMATCH` */
export function isStreamed(mediaType: string): boolean {
  const parsed = parseMediaType(mediaType);
  return parsed.essence === "text/csv" || codecFor(parsed)?.name === "ndjson";
}

/** The opened bytes of `input`, as they come; `onOpened` is told of each call that opened some. */
export function openRecords(
  input: AsyncIterable<Uint8Array>,
  options: DecryptorStreamOptions,
  onOpened: () => void = () => {},
): AsyncIterable<Buffer> {
  const decryptor: Decryptor = {
    ...options.decryptor,
    decryptBodies: async (...asked) => {
      const results = await options.decryptor.decryptBodies(...asked);
      if (results.some(hasOpened)) onOpened();
      return results;
    },
  };
  // Whoever reads meets the error; `compose` would throw it where nobody catches it, and never end.
  return pipeline(Readable.from(input, { objectMode: false }), decryptStreamBy({ ...options, decryptor }), () => {});
}

function hasOpened(result: BodyResult): boolean {
  return "fields" in result && result.fields.some(({ outcome }) => outcome === "opened" || outcome === "masked");
}

/**
 * Whole lines, many at a time: no envelope runs over the end of one.
 *
 * @throws {FieldsealError} `BODY_TOO_LARGE` for a line above 256 MiB.
 */
export async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input) {
    const end = chunk.lastIndexOf(lineFeed) + 1;
    if (end > 0) yield concat([...parts, chunk.subarray(0, end)]);
    const rest = chunk.subarray(end);
    if (end > 0) {
      parts = [];
      length = 0;
    }
    parts.push(rest);
    length += rest.length;
    if (length > maxLineBytes) {
      throw new FieldsealError("BODY_TOO_LARGE", `a line of the input is longer than ${maxLineBytes} bytes`);
    }
  }
  if (length > 0) yield concat(parts);
}
