// Cells of a stream through the tokenizer, and what becomes of those that it refuses.
import type { Who } from "@fieldseal/core/access";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Operation } from "../access/gate.ts";
import type { TokenRequest } from "../scopes.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { recordFault, type StreamRecord } from "./record.ts";

/** What a stream does with its values. */
export type StreamOperation = Operation | "retokenize";

/** A cell on its way. */
export interface CellTask {
  readonly record: StreamRecord;
  /** Its place among the cells of the record. */
  readonly index: number;
  readonly text: string;
  readonly request: TokenRequest;
}

export interface CellResult {
  readonly text: string;
  /** Null where the text is a value. */
  readonly version: string | null;
}

export interface CellJob {
  readonly tokenizer: Tokenizer;
  readonly operation: StreamOperation;
  readonly who?: Who;
  /** True: each cell fails alone. False: the first one fails all, and its record is named. */
  readonly eachAlone: boolean;
}

/** Results in order; a refusal is an error of one value or token, what else fails is thrown. */
export async function transformCells(
  tasks: readonly CellTask[],
  { tokenizer, operation, who = {}, eachAlone }: CellJob,
): Promise<(CellResult | FieldsealError)[]> {
  const texts = tasks.map(({ text }) => text);
  const requests = tasks.map(({ request }) => request);
  if (eachAlone) {
    const settled = await Promise.allSettled(tasks.map(one));
    return settled.map((result, i) => {
      if (result.status === "fulfilled") return result.value;
      if (result.reason instanceof FieldsealError && isOfValue(result.reason)) return result.reason;
      throw located(result.reason, [tasks[i]!]);
    });
  }
  try {
    if (operation === "detokenize") return (await tokenizer.detokenizeBatch(texts, requests, who)).map(value);
    if (operation === "tokenize") return (await tokenizer.tokenizeBatch(texts, requests, who)).map(tokenized);
    return (await tokenizer.retokenizeBatch(texts, requests, who)).map(tokenized);
  } catch (error) {
    throw located(error, tasks);
  }

  async function one({ text, request }: CellTask): Promise<CellResult> {
    if (operation === "detokenize") return value(await tokenizer.detokenize(text, request, who));
    if (operation === "tokenize") return tokenized(await tokenizer.tokenize(text, request, who));
    return tokenized(await tokenizer.retokenize(text, request, who));
  }
}

function value(text: string): CellResult {
  return { text, version: null };
}

function tokenized({ token, version }: { readonly token: string; readonly version: string }): CellResult {
  return { text: token, version };
}

/** A person's erasure is a fault of that person's tokens alone. */
const ofValue = /^(?:VALUE_|TOKEN_|SUBJECT_ERASED$)/;
/** Faults of the tokenizer and its vault among the codes that begin like those of a value or token. */
const ofTokenizer = ["TOKEN_KEY_INVALID", "TOKEN_SPACE_EXHAUSTED", "TOKENIZER_CLOSED"];

/** True for faults of one value or token; what else fails, such as access or a store, fails the stream. */
function isOfValue({ code }: FieldsealError): boolean {
  return ofValue.test(code) && !ofTokenizer.includes(code);
}

/** The error with its record and column in place of its index. */
function located(error: unknown, tasks: readonly CellTask[]): unknown {
  if (!(error instanceof FieldsealError)) return error;
  const task = tasks.length === 1 ? tasks[0] : tasks[Number(error.pointer?.slice(1) ?? Number.NaN)];
  if (task === undefined) return error;
  const { number: record, cells } = task.record;
  return recordFault(error.code, {
    record,
    column: cells[task.index]!.column,
    what: error.message.replace(/^value [0-9]+: /, ""),
    retryable: error.retryable,
    hint: error.hint,
  });
}
