// Lines of a byte stream, some at a time, in constant memory. Pure but for its source.
import { TextDecoder } from "node:util";
import { FieldsealError } from "@fieldseal/core/errors";

/** Bounds of a batch and of a line. */
export interface LineLimits {
  readonly maxLines: number;
  /** Characters of one line, and about those of a batch. */
  readonly maxLength: number;
}

/**
 * The lines without their ends, `\n` or `\r\n`; the last one needs none.
 *
 * @throws {FieldsealError} `BODY_NOT_UTF8`; `BODY_TOO_LARGE` for a line above `maxLength`.
 */
export async function* lineBatches(
  source: AsyncIterable<Uint8Array>,
  { maxLines, maxLength }: LineLimits,
): AsyncGenerator<string[]> {
  let rest = "";
  let batch: string[] = [];
  let length = 0;
  for await (const text of texts(source)) {
    const lines = text.split("\n");
    lines[0] = rest + lines[0]!;
    rest = lines.pop()!;
    if (rest.length > maxLength) throw tooLong(maxLength);
    for (const line of lines) {
      if (line.length > maxLength) throw tooLong(maxLength);
      batch.push(line.endsWith("\r") ? line.slice(0, -1) : line);
      length += line.length;
      if (batch.length < maxLines && length < maxLength) continue;
      yield batch;
      batch = [];
      length = 0;
    }
  }
  if (rest !== "") batch.push(rest.endsWith("\r") ? rest.slice(0, -1) : rest);
  if (batch.length > 0) yield batch;
}

async function* texts(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of source) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new FieldsealError("BODY_NOT_UTF8", "the input is not UTF-8");
    throw error;
  }
}

function tooLong(maxLength: number): FieldsealError {
  return new FieldsealError("BODY_TOO_LARGE", `a line is longer than ${maxLength} characters`);
}
