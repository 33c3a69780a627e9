// Rows of CSV with a header row (RFC 4180), each opened as a form of its columns; cells that hold no envelope keep their
// quotes and every byte.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TextDecoder } from "node:util";
import { FieldsealError } from "@fieldseal/core/errors";
import { CsvError, parse } from "csv-parse";
import type { StreamRecord } from "./record.ts";
import { tooLarge } from "./split.ts";

interface Cell {
  readonly value: string;
  readonly quoted: boolean;
}

interface Row {
  readonly record: readonly Cell[];
  readonly raw: string;
}

const mediaType = "application/x-www-form-urlencoded";
const mark = "\uFEFF";

export async function* csvRecords(
  source: AsyncIterable<Uint8Array>,
  { maxRecordBytes }: { readonly maxRecordBytes: number },
): AsyncGenerator<StreamRecord> {
  const parser = parse({
    raw: true,
    max_record_size: maxRecordBytes,
    relax_column_count: false,
    cast: (value, { quoting }) => ({ value, quoted: quoting }) as unknown as string,
  });
  let hasMark = false;
  const text = Readable.from(
    decoded(source, () => (hasMark = true)),
    { objectMode: false },
  );
  // The parser fails with whatever the source fails with; it is awaited below, row by row.
  const feeding = pipeline(text, parser).catch(() => {});
  let names: readonly string[] | null = null;
  try {
    for await (const row of parser as AsyncIterable<Row>) {
      const raw = Buffer.from(row.raw);
      if (names === null) {
        names = row.record.map(({ value }) => value);
        if (hasMark) yield { raw: Buffer.from(mark), sealed: null, write: () => raw };
        yield { raw, sealed: null, write: () => raw };
      } else yield rowRecord(row, raw, names);
    }
    await feeding;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code === "CSV_MAX_RECORD_SIZE") throw tooLarge(maxRecordBytes);
    throw new FieldsealError("BODY_MALFORMED", "the text is not CSV with as many cells in every row as in the first");
  }
}

function rowRecord({ record, raw: text }: Row, raw: Uint8Array, names: readonly string[]): StreamRecord {
  const pairs = record.map(({ value }, index) => `${encodeURIComponent(names[index]!)}=${encodeURIComponent(value)}`);
  const end = /(?:\r\n|\n|\r)?$/.exec(text)![0];
  return {
    raw,
    sealed: { bytes: Buffer.from(pairs.join("&")), mediaType },
    write: (opened) => {
      const values = Buffer.from(opened)
        .toString()
        .split("&")
        .map((pair) => decodeURIComponent(pair.slice(pair.indexOf("=") + 1).replaceAll("+", " ")));
      if (values.every((value, index) => value === record[index]!.value)) return raw;
      const cells = record.map(({ value, quoted }, index) => {
        return written(values[index] ?? value, quoted);
      });
      return Buffer.from(cells.join(",") + end);
    },
  };
}

function written(value: string, quoted: boolean): string {
  return quoted || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** @throws {FieldsealError} `BODY_NOT_UTF8` where the bytes are none. */
async function* decoded(source: AsyncIterable<Uint8Array>, onMark: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let isFirst = true;
  const part = (bytes: Uint8Array | undefined): string => {
    let text: string;
    try {
      text = decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new FieldsealError("BODY_NOT_UTF8", "the stream is not well-formed UTF-8");
    }
    if (!isFirst || text === "") return text;
    isFirst = false;
    if (!text.startsWith(mark)) return text;
    onMark();
    return text.slice(1);
  };
  for await (const chunk of source) yield part(chunk);
  yield part(undefined);
}
