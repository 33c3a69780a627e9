// Columns of CSV and members of NDJSON through a tokenizer, in constant memory. I/O.
import { pipeline, Readable } from "node:stream";
import type { TokenRequest } from "@fieldseal/tokenizer";
import { type StreamProgress, type TokenizeStreamOptions, tokenizeStream } from "@fieldseal/tokenizer/stream";
import type { Terminal } from "../terminal/terminal.ts";

export type Columns = Readonly<Record<string, TokenRequest>>;

/** What a stream does, and whether a bad value costs its record or ends it all. */
export interface ColumnJob extends Omit<TokenizeStreamOptions, "onRejected" | "onProgress"> {
  readonly skipInvalid: boolean;
}

/** Writes the document with its columns replaced. @throws {FieldsealError} the codes of `tokenizeStream`. */
export async function transformColumns({ skipInvalid, ...options }: ColumnJob, terminal: Terminal): Promise<void> {
  let rejected = 0;
  const onRejected: TokenizeStreamOptions["onRejected"] = ({ record, column, error }) => {
    rejected++;
    terminal.warn(`record ${record}, column "${column}" is left out: ${error.code}`);
  };
  let progress: StreamProgress | null = null;
  const onProgress = (next: StreamProgress): void => {
    progress = next;
  };
  const stream = tokenizeStream({ ...options, onProgress, ...(skipInvalid ? { onRejected } : {}) });
  // Whoever reads meets the error; who waited for the pipeline would wait for the input as well.
  const output = pipeline(Readable.from(terminal.input(), { objectMode: false }), stream, () => {});
  for await (const chunk of output as AsyncIterable<Uint8Array>) terminal.write(chunk);
  if (rejected > 0) terminal.note(`${rejected} values refused`);
  if (progress !== null) tell(progress, terminal);
}

/** A column that is nowhere, as a misspelt member or selector is, leaves its values as they came. */
function tell({ records, fields, fieldsByColumn }: StreamProgress, terminal: Terminal): void {
  for (const [column, count] of records === 0 ? [] : fieldsByColumn) {
    if (count === 0)
      terminal.warn(`the column "${column}" has no value in any record`, "is it spelled as in the input?");
  }
  terminal.note(`${records} records, ${fields} values`);
}
