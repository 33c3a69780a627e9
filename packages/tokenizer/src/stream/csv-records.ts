// CSV (RFC 4180) as records: a header first, comma-separated, cells quoted where they need it.
import { pipeline, Readable } from "node:stream";
import { TextDecoder } from "node:util";
import { FieldsealError } from "@fieldseal/core/errors";
import { CsvError, parse } from "csv-parse";
import { type BlankLines, withoutBlankLines } from "./blank-lines.ts";
import { maxRecordBytes, type RecordCodec, recordFault, type StreamRecord, unchanged } from "./record.ts";

const [lineFeed, carriageReturn, quote] = [0x0a, 0x0d, 0x22];

/** The header, which stays, then every record. */
export async function* csvRecords(
  source: AsyncIterable<Uint8Array | string>,
  codec: RecordCodec,
): AsyncGenerator<StreamRecord> {
  // Both line ends at once: a file may be joined of parts, and the first one must not decide for all.
  const parser = parse({
    bom: true,
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
  });
  const blanks: BlankLines = new Map();
  // Errors of the source end the parser, and are thrown by the loop below.
  pipeline(Readable.from(withoutBlankLines(wellFormed(source), blanks)), parser, () => {});
  let layout: Layout | null = null;
  let parsed = 0;
  let number = 0;
  const record = (row: string[], of: Layout): StreamRecord => {
    number++;
    return isBlank(row, of) ? unchanged("\n", number) : recordOf(row, number, of);
  };
  const blankLines = function* (of: Layout): Generator<StreamRecord> {
    for (let left = blanks.get(parsed + 1) ?? 0; left > 0; left--) yield record([""], of);
    blanks.delete(parsed + 1);
  };
  try {
    for await (const row of parser as AsyncIterable<string[]>) {
      if (layout !== null) {
        yield* blankLines(layout);
        yield record(row, layout);
      } else {
        layout = layoutOf(row, codec);
        yield unchanged(csvLine(layout.added === null ? row : [...row, layout.added]), ++number);
      }
      parsed++;
    }
    if (layout !== null) yield* blankLines(layout);
  } catch (error) {
    // The parser quotes the input in its messages, and is ahead of the records that were taken from it.
    if (error instanceof CsvError) {
      const failed = Number(error.records) + 1;
      const passed = [...blanks].reduce((sum, [before, count]) => (before <= failed ? sum + count : sum), 0);
      throw invalid(failed + (number - parsed) + passed, "not a CSV record");
    }
    throw error;
  } finally {
    // Not waited for: the source may have nothing to give for a long time, and the fault is to be told now.
    parser.destroy();
  }
  if (layout === null) throw new FieldsealError("RECORD_INVALID", "record 1: there is no header");
}

/**
 * Refuses what the parser would replace by U+FFFD in cells that are to stay, a record without end, and lines that end in
 * CR alone: to the parser such a document is all header, and would stay as it is.
 */
async function* wellFormed(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let isQuoted = false;
  let isReturned = false;
  let number = 1;
  let length = 0;
  try {
    for await (const chunk of source) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      decoder.decode(bytes, { stream: true });
      for (let i = 0; i < bytes.length; i++) {
        length++;
        if (isReturned && bytes[i] !== lineFeed) throw invalid(number, loneReturn);
        isReturned = bytes[i] === carriageReturn && !isQuoted;
        if (bytes[i] === quote) isQuoted = !isQuoted;
        else if (bytes[i] === lineFeed && !isQuoted) {
          number++;
          length = 0;
        }
        if (length > maxRecordBytes) throw invalid(number, `longer than ${maxRecordBytes} bytes`);
      }
      yield bytes;
    }
    if (isReturned) throw invalid(number, loneReturn);
    decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new FieldsealError("BODY_NOT_UTF8", "the CSV is not well-formed UTF-8");
    throw error;
  }
}

const loneReturn = "a line ends in CR without LF; in a cell it needs quotes";

function invalid(record: number, what: string): FieldsealError {
  return recordFault("RECORD_INVALID", { record, what });
}

/** Bytes that a cell takes besides its text, about. */
const cellBytes = 24;

/** Where the columns are. */
interface Layout {
  /** Cells of the header, and of every record. */
  readonly width: number;
  readonly columns: readonly { readonly column: string; readonly index: number }[];
  readonly tenant: number | null;
  readonly version: number | null;
  /** Name of the version column where records get one. */
  readonly added: string | null;
}

function layoutOf(header: readonly string[], codec: RecordCodec): Layout {
  const { columns, tenantColumn, versionColumn, version } = codec;
  const indexOf = (column: string): number => {
    const index = header.indexOf(column);
    if (index >= 0 && !header.includes(column, index + 1)) return index;
    throw recordFault("RECORD_INVALID", { record: 1, column, what: "expected exactly once in the header" });
  };
  const isAdded = versionColumn !== undefined && !version.read;
  if (isAdded && version.write && header.includes(versionColumn)) {
    throw recordFault("RECORD_INVALID", { record: 1, column: versionColumn, what: "is there already" });
  }
  return {
    width: header.length,
    columns: columns.map((column) => ({ column, index: indexOf(column) })),
    tenant: tenantColumn === undefined ? null : indexOf(tenantColumn),
    version: versionColumn === undefined || isAdded ? null : indexOf(versionColumn),
    added: isAdded && version.write ? versionColumn : null,
  };
}

function recordOf(row: readonly string[], number: number, layout: Layout): StreamRecord {
  const { columns, tenant, version, added } = layout;
  if (row.length !== layout.width) throw invalid(number, "has not as many cells as the header");
  const full = columns.filter(({ index }) => row[index] !== "");
  return {
    number,
    isData: true,
    // An empty cell takes memory as well.
    size: row.reduce((sum, cell) => sum + cellBytes + cell.length, 0),
    cells: full.map(({ column, index }) => ({ column, text: row[index]! })),
    tenant: tenant === null ? undefined : row[tenant],
    version: version === null ? undefined : row[version],
    write: (changes) => {
      const written = [...row];
      if (changes !== null) {
        for (const [i, { index }] of full.entries()) written[index] = changes.texts[i]!;
        if (version !== null && changes.version !== null) written[version] = changes.version;
      }
      return csvLine(added === null ? written : [...written, changes?.version ?? ""]);
    },
  };
}

/** A line without anything, as at the end of many files; in a single column it is an empty cell. */
function isBlank(row: readonly string[], { width }: Layout): boolean {
  return width > 1 && row.length === 1 && row[0] === "";
}

/** RFC 4180, section 2: cells with quotes, commas or line ends are quoted, and their quotes doubled. */
function csvLine(cells: readonly string[]): string {
  // Without quotes it would be a blank line, which readers skip.
  if (cells.length === 1 && cells[0] === "") return '""\n';
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\n`;
}
