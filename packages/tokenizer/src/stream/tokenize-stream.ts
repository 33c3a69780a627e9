// CSV and NDJSON in constant memory: the cells of named columns through a tokenizer, batch by batch; everything else
// stays. I/O is the caller's: bytes in, bytes out, with backpressure.
import type { Duplex } from "node:stream";
import type { Who } from "@fieldseal/core/access";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Operation } from "../access/gate.ts";
import type { TokenRequest } from "../scopes.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { csvRecords } from "./csv-records.ts";
import { generatorDuplex } from "./generator-duplex.ts";
import { ndjsonRecords } from "./ndjson-records.ts";
import { type Cells, type RecordCodec, recordFault, type StreamRecord } from "./record.ts";

/** A record that was left out, and why; never its content. */
export interface Rejection {
  /** 1-based: the line in NDJSON, the record in CSV, whose header is record 1. */
  readonly record: number;
  readonly column: string;
  readonly error: FieldsealError;
}

export interface TokenizeStreamOptions {
  readonly tokenizer: Tokenizer;
  readonly operation: Operation;
  /** CSV (RFC 4180) with a header, or one JSON object a line. */
  readonly format: "csv" | "ndjson";
  /** What the cells of each column are tokenized for. Empty cells, and members that are null, stay as they are. */
  readonly columns: Readonly<Record<string, TokenRequest>>;
  /** Column or member that names each record's tenant. */
  readonly tenantColumn?: string;
  /** Column or member of the key version: added when tokenizing, read when detokenizing. */
  readonly versionColumn?: string;
  /** Values that go through the tokenizer together, 1 to 100,000; default 4,096. */
  readonly batchSize?: number;
  /** Where given, records with a bad value are left out and reported; otherwise the first one ends the stream. */
  readonly onRejected?: (rejection: Rejection) => void;
  readonly who?: Who;
}

const defaultBatchSize = 4096;

/**
 * A stream that takes the bytes of a CSV or NDJSON document and gives it back with the columns tokenized or detokenized.
 * CSV cells are quoted where they need it, whatever quoted them before; NDJSON lines keep every byte outside the values.
 *
 * The stream fails with the tokenizer's codes and `RECORD_INVALID` (no record, a column missing or twice, a value that
 * is not text); the message names the record.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { pipeline } from "node:stream/promises";
 * import type { Tokenizer } from "@fieldseal/tokenizer";
 * import { tokenizeStream } from "@fieldseal/tokenizer/stream";
 * declare const tokenizer: Tokenizer;
 * const columns = { card: { format: "card" } };
 * await pipeline(process.stdin, tokenizeStream({ tokenizer, operation: "tokenize", format: "csv", columns }), process.stdout);
 * ```
 */
export function tokenizeStream(options: TokenizeStreamOptions): Duplex {
  const { batchSize = defaultBatchSize, columns } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > 100_000) {
    throw new FieldsealError("CONFIG_INVALID", "batchSize is an integer from 1 to 100000");
  }
  if (Object.keys(columns).length === 0) throw new FieldsealError("CONFIG_INVALID", "a stream needs a column");
  return generatorDuplex((source) => rewritten(source, { ...options, batchSize }));
}

type Settled = TokenizeStreamOptions & { readonly batchSize: number };

async function* rewritten(source: AsyncIterable<Uint8Array | string>, options: Settled): AsyncGenerator<string> {
  const { columns, tenantColumn, versionColumn, operation, format, batchSize } = options;
  const names = Object.keys(columns);
  const read = [...names];
  if (tenantColumn !== undefined) read.push(tenantColumn);
  if (versionColumn !== undefined && operation === "detokenize") read.push(versionColumn);
  const added = versionColumn !== undefined && operation === "tokenize" ? [versionColumn] : [];
  const codec: RecordCodec = { read: [...new Set(read)], added };
  const records = format === "csv" ? csvRecords(source, codec) : ndjsonRecords(source, codec);
  let waiting: StreamRecord[] = [];
  let cells = 0;
  for await (const record of records) {
    waiting.push(record);
    // A line without cells takes memory as well.
    cells += names.length;
    if (cells < batchSize) continue;
    const text = await rewriteAll(waiting, options);
    if (text !== "") yield text;
    waiting = [];
    cells = 0;
  }
  const text = await rewriteAll(waiting, options);
  if (text !== "") yield text;
}

/** A cell on its way. */
interface CellTask {
  readonly record: StreamRecord;
  readonly column: string;
  readonly text: string;
  readonly request: TokenRequest;
}

interface CellResult {
  readonly text: string;
  readonly version: string;
}

async function rewriteAll(records: readonly StreamRecord[], options: Settled): Promise<string> {
  const { columns, tenantColumn, versionColumn, operation, onRejected } = options;
  const rejected = new Set<StreamRecord>();
  const tasks: CellTask[] = [];
  for (const record of records) {
    for (const [column, request] of Object.entries(columns)) {
      const text = record.cells[column];
      if (text === undefined || text === "") continue;
      const scope = {
        ...request,
        ...scopeOf(record.cells, tenantColumn, operation === "detokenize" ? versionColumn : undefined),
      };
      tasks.push({ record, column, text, request: scope });
    }
  }
  const results = await runCells(tasks, options);
  const changed = new Map<StreamRecord, Record<string, string>>();
  for (const [i, { record, column }] of tasks.entries()) {
    const result = results[i]!;
    if (result instanceof FieldsealError) {
      onRejected?.({ record: record.number, column, error: result });
      rejected.add(record);
      continue;
    }
    const cells = changed.get(record) ?? {};
    cells[column] = result.text;
    if (versionColumn !== undefined && operation === "tokenize") cells[versionColumn] = result.version;
    changed.set(record, cells);
  }
  let text = "";
  for (const record of records) if (!rejected.has(record)) text += record.write(changed.get(record) ?? {});
  return text;
}

function scopeOf(
  cells: Cells,
  tenantColumn: string | undefined,
  versionColumn: string | undefined,
): Partial<TokenRequest> {
  const tenant = tenantColumn === undefined ? undefined : (cells[tenantColumn] ?? "");
  const version = versionColumn === undefined ? undefined : cells[versionColumn];
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(version === undefined || version === "" ? {} : { version }),
  };
}

/** With `onRejected` each cell fails alone; without it the first one fails the stream, and its record is named. */
async function runCells(tasks: readonly CellTask[], options: Settled): Promise<(CellResult | FieldsealError)[]> {
  const { tokenizer, operation, onRejected, who = {} } = options;
  if (onRejected !== undefined) {
    const one = async ({ text, request }: CellTask): Promise<CellResult> => {
      if (operation === "detokenize") return { text: await tokenizer.detokenize(text, request, who), version: "" };
      const { token, version } = await tokenizer.tokenize(text, request, who);
      return { text: token, version };
    };
    const settled = await Promise.allSettled(tasks.map(one));
    return settled.map((result) => {
      if (result.status === "fulfilled") return result.value;
      if (result.reason instanceof FieldsealError && isOfValue(result.reason)) return result.reason;
      throw result.reason;
    });
  }
  const texts = tasks.map(({ text }) => text);
  const requests = tasks.map(({ request }) => request);
  try {
    if (operation === "detokenize") {
      return (await tokenizer.detokenizeBatch(texts, requests, who)).map((text) => ({ text, version: "" }));
    }
    return (await tokenizer.tokenizeBatch(texts, requests, who)).map(({ token, version }) => ({
      text: token,
      version,
    }));
  } catch (error) {
    throw located(error, tasks);
  }
}

/** Faults of the tokenizer itself among the codes that begin like those of a value or token. */
const ofTokenizer = ["TOKEN_KEY_INVALID", "TOKENIZER_CLOSED"];

/** True for faults of one value or token; what else fails, such as access or a store, fails the stream. */
function isOfValue({ code }: FieldsealError): boolean {
  return /^(?:VALUE|TOKEN)_/.test(code) && !ofTokenizer.includes(code);
}

/** The error with its record and column in place of its index. */
function located(error: unknown, tasks: readonly CellTask[]): unknown {
  if (!(error instanceof FieldsealError)) return error;
  const task = tasks.length === 1 ? tasks[0] : tasks[Number(error.pointer?.slice(1) ?? Number.NaN)];
  if (task === undefined) return error;
  return recordFault(error.code, {
    record: task.record.number,
    column: task.column,
    what: error.message.replace(/^value [0-9]+: /, ""),
  });
}
