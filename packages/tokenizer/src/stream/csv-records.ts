// CSV (RFC 4180) as records: a header first, comma-separated, cells quoted where they need it.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FieldsealError } from "@fieldseal/core/errors";
import { CsvError, parse } from "csv-parse";
import { type Cells, type RecordCodec, recordFault, type StreamRecord, unchanged } from "./record.ts";

/** Bytes of the longest record. */
const maxRecordBytes = 16 * 1024 * 1024;

/** The header, which stays, then every record. */
export async function* csvRecords(
  source: AsyncIterable<Uint8Array | string>,
  { read, added }: RecordCodec,
): AsyncGenerator<StreamRecord> {
  const parser = parse({ bom: true, max_record_size: maxRecordBytes, relax_column_count: false });
  // Errors of the source end the parser, and are thrown by the loop below.
  const feeding = pipeline(Readable.from(source), parser).catch(() => {});
  let indexes: ReadonlyMap<string, number> | null = null;
  let number = 0;
  try {
    for await (const row of parser as AsyncIterable<string[]>) {
      number++;
      if (indexes === null) {
        indexes = indexesOf(row, read);
        const clash = added.find((column) => row.includes(column));
        if (clash !== undefined)
          throw recordFault("RECORD_INVALID", { record: 1, column: clash, what: "is there already" });
        yield unchanged(csvLine([...row, ...added]), number);
        continue;
      }
      yield recordOf(row, number, { indexes, added });
    }
  } catch (error) {
    // The parser quotes the input in its messages.
    if (error instanceof CsvError)
      throw recordFault("RECORD_INVALID", { record: number + 1, what: "not a CSV record like the header" });
    throw error;
  } finally {
    parser.destroy();
    await feeding;
  }
  if (indexes === null) throw new FieldsealError("RECORD_INVALID", "record 1: there is no header");
}

interface Layout {
  readonly indexes: ReadonlyMap<string, number>;
  readonly added: readonly string[];
}

function recordOf(row: readonly string[], number: number, { indexes, added }: Layout): StreamRecord {
  const cells: Record<string, string> = Object.create(null);
  for (const [column, index] of indexes) cells[column] = row[index]!;
  return {
    number,
    cells,
    write: (changed: Cells) => {
      const written = [...row];
      for (const [column, index] of indexes) written[index] = changed[column] ?? written[index]!;
      return csvLine([...written, ...added.map((column) => changed[column] ?? "")]);
    },
  };
}

function indexesOf(header: readonly string[], columns: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    columns.map((column) => {
      const index = header.indexOf(column);
      if (index < 0 || header.includes(column, index + 1)) {
        throw recordFault("RECORD_INVALID", { record: 1, column, what: "expected exactly once in the header" });
      }
      return [column, index] as const;
    }),
  );
}

/** RFC 4180, section 2: cells with quotes, commas or line ends are quoted, and their quotes doubled. */
function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\n`;
}
