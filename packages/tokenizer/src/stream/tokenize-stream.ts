// CSV and NDJSON in constant memory: the cells of named columns through a tokenizer, batch by batch; everything else
// stays. I/O is the caller's: bytes in, bytes out, with backpressure.
import type { Duplex } from "node:stream";
import type { Who } from "@fieldseal/core/access";
import { checkChoice, checkFunctions, checkObjects, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { TokenRequest } from "../scopes.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { vaultVersion } from "../transform.ts";
import { checkWholeNumber } from "../whole-number.ts";
import { csvRecords } from "./csv-records.ts";
import { generatorDuplex } from "./generator-duplex.ts";
import { compileColumns } from "./ndjson-columns.ts";
import { ndjsonRecords } from "./ndjson-records.ts";
import { type RecordCodec, recordFault, type StreamRecord } from "./record.ts";
import { type CellTask, type StreamOperation, transformCells } from "./transform-cells.ts";

/** What has gone through so far; rejected records do not count. */
export interface StreamProgress {
  readonly records: number;
  /** Values that were replaced. */
  readonly fields: number;
  /** The same for each column; 0 for one that no record has had yet. */
  readonly fieldsByColumn: ReadonlyMap<string, number>;
}

/** A record that was left out, and why; never its content. */
export interface Rejection {
  /** 1-based: the line in NDJSON, the record in CSV, whose header is record 1. */
  readonly record: number;
  readonly column: string;
  readonly error: FieldsealError;
}

export interface TokenizeStreamOptions {
  readonly tokenizer: Tokenizer;
  /** `retokenize` takes tokens of older key versions, and gives those of the current one. */
  readonly operation: StreamOperation;
  /** CSV (RFC 4180) with a header, or one JSON object a line. */
  readonly format: "csv" | "ndjson";
  /**
   * What the cells of each column are tokenized for. Empty cells, and members that are null, stay as they are. In NDJSON
   * a column that begins with `$.` or `$[` is a selector (RFC 9535 without filters) of strings anywhere in the record.
   */
  readonly columns: Readonly<Record<string, TokenRequest>>;
  /** Column, member or selector that names each record's tenant. */
  readonly tenantColumn?: string;
  /** Column or member of the key version: added when tokenizing, read when detokenizing, replaced when retokenizing. */
  readonly versionColumn?: string;
  /** Values that go through the tokenizer together, 1 to 100,000; default 4,096. */
  readonly batchSize?: number;
  /** Where given, records with a bad value are left out and reported; otherwise the first one ends the stream. */
  readonly onRejected?: (rejection: Rejection) => void;
  /** Told after each batch. */
  readonly onProgress?: (progress: StreamProgress) => void;
  readonly who?: Who;
}

const optionNames: Readonly<Record<keyof TokenizeStreamOptions, true>> = {
  tokenizer: true,
  operation: true,
  format: true,
  columns: true,
  tenantColumn: true,
  versionColumn: true,
  batchSize: true,
  onRejected: true,
  onProgress: true,
  who: true,
};
const ofStream: Named = { what: "a stream's options", names: optionNames, code: "CONFIG_INVALID" };

const defaultBatchSize = 4096;

/** Bytes of records that wait for their batch, but for the last one. */
const maxBatchBytes = 8 * 1024 * 1024;

/**
 * A stream that takes the bytes of a CSV or NDJSON document and gives it back with the columns tokenized, detokenized or retokenized.
 * CSV cells are quoted where they need it, whatever quoted them before; NDJSON lines keep every byte outside the values.
 *
 * The stream fails with the tokenizer's codes and `RECORD_INVALID` (no record, a column missing or twice, a value that
 * is not text, a selector that goes another way than the record); the message names the record.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`, `SELECTOR_INVALID`
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
  refuseUnknownNames(options, ofStream);
  const { batchSize = defaultBatchSize } = options;
  checkOptions({ ...options, batchSize });
  const read = recordsOf(options);
  return generatorDuplex((source) => rewritten(read(source), { ...options, batchSize }));
}

function checkOptions(options: Settled): void {
  const { batchSize, columns, operation, format, tenantColumn, versionColumn, onRejected, onProgress } = options;
  const invalid = (message: string): FieldsealError => new FieldsealError("CONFIG_INVALID", message);
  checkChoice("operation", operation, ["tokenize", "detokenize", "retokenize"]);
  checkChoice("format", format, ["csv", "ndjson"]);
  checkWholeNumber("batchSize", batchSize, 1, 100_000);
  checkFunctions({ onRejected, onProgress });
  checkObjects({ tokenizer: options.tokenizer, columns });
  if (Object.keys(columns).length === 0) throw invalid("a stream needs a column");
  // Replaced, they would no longer say whose the tokens are, nor of which version.
  if ([tenantColumn, versionColumn].some((one) => one !== undefined && Object.hasOwn(columns, one))) {
    throw invalid("the columns of tenant and version are not among those that are replaced");
  }
  if (tenantColumn !== undefined && tenantColumn === versionColumn) throw invalid("tenant and version are two columns");
}

type ReadRecords = (source: AsyncIterable<Uint8Array | string>) => AsyncGenerator<StreamRecord>;

function recordsOf({ format, columns, tenantColumn, versionColumn, operation }: TokenizeStreamOptions): ReadRecords {
  const version = { read: operation !== "tokenize", write: operation !== "detokenize" };
  const codec: RecordCodec = { columns: Object.keys(columns), tenantColumn, versionColumn, version };
  if (format === "csv") return (source) => csvRecords(source, codec);
  const compiled = compileColumns(codec);
  return (source) => ndjsonRecords(source, compiled);
}

type Settled = TokenizeStreamOptions & { readonly batchSize: number };

async function* rewritten(
  records: AsyncGenerator<StreamRecord>,
  options: Settled,
): AsyncGenerator<string | Uint8Array> {
  const { batchSize, columns, onProgress } = options;
  const columnCount = Object.keys(columns).length;
  const total = { records: 0, fields: 0 };
  const byColumn = new Map(Object.keys(columns).map((column) => [column, 0]));
  let waiting: StreamRecord[] = [];
  let cells = 0;
  let bytes = 0;
  for await (const record of records) {
    waiting.push(record);
    // A line without cells takes memory as well.
    cells += Math.max(record.cells.length, columnCount);
    bytes += record.size;
    if (cells < batchSize && bytes < maxBatchBytes) continue;
    yield* rewriteBatch(waiting);
    waiting = [];
    cells = 0;
    bytes = 0;
  }
  yield* rewriteBatch(waiting);

  async function* rewriteBatch(batch: readonly StreamRecord[]): AsyncGenerator<string | Uint8Array> {
    const { output, kept } = await rewriteAll(batch, options);
    for (const { isData, cells } of kept) {
      total.records += isData ? 1 : 0;
      total.fields += cells.length;
      for (const { column } of cells) byColumn.set(column, byColumn.get(column)! + 1);
    }
    onProgress?.({ ...total, fieldsByColumn: new Map(byColumn) });
    if (output.length > 0) yield output;
  }
}

interface Rewritten {
  readonly output: string | Uint8Array;
  /** The records that were not left out. */
  readonly kept: readonly StreamRecord[];
}

async function rewriteAll(records: readonly StreamRecord[], options: Settled): Promise<Rewritten> {
  const { columns, onRejected } = options;
  const tasks: CellTask[] = [];
  for (const record of records) {
    for (const [index, { column, text }] of record.cells.entries()) {
      tasks.push({ record, index, text, request: requestOf(columns[column]!, record, options) });
    }
  }
  const results = await transformCells(tasks, { ...options, eachAlone: onRejected !== undefined });
  const rejected = new Set<StreamRecord>();
  const changes = new Map<StreamRecord, { texts: string[]; version: string | null }>();
  for (const [i, { record, index }] of tasks.entries()) {
    const result = results[i]!;
    if (result instanceof FieldsealError) {
      onRejected?.({ record: record.number, column: record.cells[index]!.column, error: result });
      rejected.add(record);
      continue;
    }
    const change = changes.get(record) ?? { texts: [], version: null };
    change.texts[index] = result.text;
    change.version = commonVersion(change.version, result.version, options);
    changes.set(record, change);
  }
  const kept = records.filter((record) => !rejected.has(record));
  return { output: joined(kept.map((record) => record.write(changes.get(record) ?? null))), kept };
}

/** The vault's rows know their own keys: beside a token of a versioned key, that version is the one to keep. */
function commonVersion(known: string | null, version: string | null, { versionColumn }: Settled): string | null {
  if (known === null || known === vaultVersion) return version;
  if (versionColumn === undefined || version === vaultVersion || version === known) return known;
  throw new FieldsealError("CONFIG_INVALID", "tokens of several versions have no common version column");
}

function joined(parts: readonly (string | Uint8Array)[]): string | Uint8Array {
  if (parts.every((part) => typeof part === "string")) return parts.join("");
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

function requestOf(request: TokenRequest, record: StreamRecord, options: Settled): TokenRequest {
  const { tenantColumn, versionColumn, operation } = options;
  const { tenant, version } = record;
  if (tenantColumn !== undefined && !tenant) {
    // A misspelt member would have all tenants share their tokens.
    throw recordFault("RECORD_INVALID", { record: record.number, what: "does not say whose it is: its tenant" });
  }
  const isVersioned =
    versionColumn !== undefined && operation !== "tokenize" && version !== undefined && version !== "";
  const mustSay = operation === "retokenize" || (operation === "detokenize" && versionColumn !== undefined);
  if (mustSay && !isVersioned && request.version === undefined) {
    // The current version would give a plausible wrong value.
    throw recordFault("RECORD_INVALID", { record: record.number, what: "does not say the version of its tokens" });
  }
  return {
    ...request,
    ...(tenant === undefined ? {} : { tenant }),
    ...(isVersioned ? { version } : {}),
  };
}
