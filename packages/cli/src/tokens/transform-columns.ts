// Columns of CSV and members of NDJSON through a tokenizer, in constant memory. I/O.
import { pipeline } from "node:stream/promises";
import type { TokenRequest } from "@fieldseal/tokenizer";
import { type TokenizeStreamOptions, tokenizeStream } from "@fieldseal/tokenizer/stream";
import type { Terminal } from "../terminal.ts";

export type Columns = Readonly<Record<string, TokenRequest>>;

/** What a stream does, and whether a bad value costs its record or ends it all. */
export interface ColumnJob extends Omit<TokenizeStreamOptions, "onRejected"> {
  readonly skipInvalid: boolean;
}

/** Writes the document with its columns replaced. @throws {FieldsealError} the codes of `tokenizeStream`. */
export async function transformColumns({ skipInvalid, ...options }: ColumnJob, terminal: Terminal): Promise<void> {
  let rejected = 0;
  const onRejected: TokenizeStreamOptions["onRejected"] = ({ record, column, error }) => {
    rejected++;
    terminal.warn(`record ${record}, column "${column}" is left out: ${error.code}`);
  };
  const stream = tokenizeStream({ ...options, ...(skipInvalid ? { onRejected } : {}) });
  await pipeline(terminal.input(), stream, async (chunks: AsyncIterable<Uint8Array | string>) => {
    for await (const chunk of chunks) terminal.write(chunk);
  });
  if (rejected > 0) terminal.note(`${rejected} values refused`);
}
