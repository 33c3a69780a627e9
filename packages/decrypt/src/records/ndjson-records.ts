// Lines of NDJSON, each a JSON text of its own; ends of lines and blank lines pass as they came.
import { byteOrderMarkLength } from "@fieldseal/core/bytes";
import type { StreamRecord } from "./record.ts";
import { splitAfter } from "./split.ts";

const [lineFeed, carriageReturn, space, tab] = [0x0a, 0x0d, 0x20, 0x09];
const mediaType = "application/json";

export async function* ndjsonRecords(
  source: AsyncIterable<Uint8Array>,
  { maxRecordBytes }: { readonly maxRecordBytes: number },
): AsyncGenerator<StreamRecord> {
  const lines = splitAfter(source, { maxRecordBytes, endOf: (bytes, from) => bytes.indexOf(lineFeed, from) + 1 });
  let isFirst = true;
  for await (const raw of lines) {
    const end = raw.subarray(lengthOfText(raw));
    const bytes = raw.subarray(0, raw.length - end.length);
    const text = isFirst ? bytes.subarray(byteOrderMarkLength(bytes)) : bytes;
    isFirst = false;
    const isBlank = text.every((byte) => byte === space || byte === tab || byte === carriageReturn);
    yield {
      raw,
      sealed: isBlank ? null : { bytes, mediaType },
      write: (opened) => Buffer.concat([opened, end]),
    };
  }
}

function lengthOfText(line: Uint8Array): number {
  let length = line.length;
  if (line[length - 1] === lineFeed) length--;
  if (line[length - 1] === carriageReturn) length--;
  return length;
}
