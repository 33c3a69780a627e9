// Values or tokens, one a line, through a tokenizer. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Operation, Tokenizer, TokenRequest } from "@fieldseal/tokenizer";
import type { Terminal } from "../terminal/terminal.ts";
import { lineBatches } from "./line-batches.ts";

export type Who = NonNullable<Parameters<Tokenizer["tokenize"]>[2]>;

export interface LineJob {
  readonly tokenizer: Tokenizer;
  readonly operation: Operation;
  readonly request: TokenRequest;
  readonly who: Who;
}

interface Result {
  readonly text: string;
  readonly version?: string;
}

const limits = { maxLines: 4096, maxLength: 1_000_000 };

/**
 * Writes a line for each line; empty ones stay.
 *
 * @throws {FieldsealError} the tokenizer's codes, and the number of the line in the message.
 */
export async function transformLines(job: LineJob, terminal: Terminal): Promise<void> {
  const versions = new Set<string>();
  let before = 0;
  let count = 0;
  for await (const lines of lineBatches(terminal.input(), limits)) {
    const full = lines.flatMap((line, index) => (line === "" ? [] : [index]));
    const results = await transformBatch(lines, full, job, before);
    for (const { version } of results) if (version !== undefined) versions.add(version);
    const byLine = new Map(full.map((index, i) => [index, results[i]!]));
    if (!terminal.json) for (const [index, { text }] of byLine) refuseBreaks(text, before + index + 1);
    const written = lines.map((_, index) => lineOf(byLine.get(index) ?? { text: "" }, job.operation, terminal.json));
    terminal.write(`${written.join("\n")}\n`);
    before += lines.length;
    count += full.length;
  }
  if (job.operation === "detokenize") terminal.note(`${count} values`);
  else terminal.note(`${count} tokens${versionsNote([...versions])}`);
}

/** What the reader of FF1 tokens must know; a vault's tokens know their own keys. */
function versionsNote(versions: readonly string[]): string {
  const keyed = versions.filter((version) => version !== "vault");
  return keyed.length === 0 ? "" : `, version ${keyed.join(", ")}: keep it with them`;
}

async function transformBatch(
  lines: readonly string[],
  full: readonly number[],
  { tokenizer, operation, request, who }: LineJob,
  before: number,
): Promise<Result[]> {
  const texts = full.map((index) => lines[index]!);
  try {
    if (operation === "detokenize") {
      return (await tokenizer.detokenizeBatch(texts, request, who)).map((text) => ({ text }));
    }
    return (await tokenizer.tokenizeBatch(texts, request, who)).map(({ token: text, version }) => ({ text, version }));
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error;
    const { code, hint, message, pointer, retryable } = error;
    // The error of a batch of one has no index.
    const isOfOne = full.length === 1 && /^(?:VALUE|TOKEN)_/.test(code);
    const index = pointer !== undefined ? full[Number(pointer.slice(1))] : isOfOne ? full[0] : undefined;
    if (index === undefined) throw error;
    const line = before + index + 1;
    throw new FieldsealError(code, `line ${line}: ${message.replace(/^value [0-9]+: /, "")}`, {
      retryable,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** What would be read again as two lines, or as another one: an alphabet may hold line ends, and a byte order mark. */
function refuseBreaks(text: string, line: number): void {
  if (!/[\r\n]|^\ufeff/.test(text)) return;
  throw new FieldsealError("RECORD_INVALID", `line ${line}: what it becomes is no line`, {
    hint: "use --csv, --ndjson or --json",
  });
}

function lineOf({ text, version }: Result, operation: Operation, json: boolean): string {
  if (!json) return text;
  return JSON.stringify(operation === "detokenize" ? { value: text } : { token: text, version });
}
