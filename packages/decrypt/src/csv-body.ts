// A body of CSV with a header row (RFC 4180) as a record to open: each row is a part of it, read as a form of its columns.
// I/O: loads the CSV parser with the first such body.
import { parseMediaType } from "@fieldseal/core/body";
import { concat } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import { type BodyToDecrypt, readBody } from "./body-record.ts";
import type { FoundField, OpenedField, SealedRecord } from "./open/record.ts";
import type { Reader } from "./options.ts";
import type { StreamRecord } from "./records/record.ts";

/** True for a body of CSV. */
export function isCsv({ mediaType }: Pick<BodyToDecrypt, "mediaType">): boolean {
  return /^\s*text\/csv(?![\w!#$%&'*+.^`|~-])/i.test(mediaType);
}

/**
 * Reads a body of CSV.
 *
 * @throws {FieldsealError} as `readBody`; `BODY_MALFORMED`, `BODY_NOT_UTF8`, `CHARSET_UNSUPPORTED`, `PACKAGE_MISSING`.
 */
export async function readCsvBody(body: BodyToDecrypt, reader: Reader): Promise<SealedRecord<Uint8Array>> {
  const rows: (Row | Uint8Array)[] = [];
  let offset = 0;
  for await (const row of rowsOf(body)) {
    rows.push(readRow(row, { part: rows.length, offset, body, reader }));
    offset += row.raw.length;
  }
  const all = rows.flatMap((row) => (row instanceof Uint8Array ? [] : row.fields));
  const fields = new Map(all.map((field) => [field.inBody, field]));
  return {
    ...readBody({ ...body, bytes: nothing }, reader),
    pinned: "part",
    found: [...fields.keys()],
    write: (found, opened, keepLast) => {
      const { inRow, record } = fields.get(found)!;
      return record.write(inRow, opened, keepLast);
    },
    writeText: (found, text) => {
      const { inRow, record } = fields.get(found)!;
      return record.writeText(inRow, text);
    },
    assemble: (opened) => {
      const byRow = Map.groupBy(opened, ({ found }) => found.part);
      return concat(rows.map((row, part) => (row instanceof Uint8Array ? row : written(row, byRow.get(part) ?? []))));
    },
  };
}

const nothing = new Uint8Array(0);

/** A sealed value of a row, as a field of the whole body and of the row's form. */
interface FieldOfRow {
  readonly inBody: FoundField;
  readonly inRow: FoundField;
  readonly record: SealedRecord<Uint8Array>;
}

/** A row in which something is sealed. */
interface Row {
  readonly row: StreamRecord;
  /** The row's form. */
  readonly record: SealedRecord<Uint8Array>;
  readonly fields: readonly FieldOfRow[];
}

interface PlaceOfRow {
  readonly part: number;
  readonly offset: number;
  readonly body: BodyToDecrypt;
  readonly reader: Reader;
}

function readRow(row: StreamRecord, { part, offset, body, reader }: PlaceOfRow): Row | Uint8Array {
  if (row.sealed === null || row.sealed === "text") return row.raw;
  const record = readBody({ ...body, ...row.sealed }, reader);
  if (record.found.length === 0) return row.raw;
  // Where a cell stands in the form says nothing to a caller: what is told of it is where its row stands.
  const place = { start: offset, end: offset + row.raw.length, part };
  return { row, record, fields: record.found.map((inRow) => ({ inRow, inBody: { ...inRow, ...place }, record })) };
}

function written({ row, record, fields }: Row, opened: readonly OpenedField[]): Uint8Array {
  const inRow = new Map(fields.map((field) => [field.inBody, field.inRow]));
  return row.write(record.assemble(opened.map((one) => ({ ...one, found: inRow.get(one.found)! }))));
}

async function* rowsOf({ bytes, mediaType }: BodyToDecrypt): AsyncGenerator<StreamRecord> {
  // Refuses other charsets.
  parseMediaType(mediaType);
  const { csvRecords } = await import("./records/csv-records.ts").catch((cause: unknown) => {
    throw new FieldsealError("PACKAGE_MISSING", "bodies of CSV need the package csv-parse", { cause });
  });
  yield* csvRecords(once(bytes), { maxRecordBytes: bytes.length });
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}
