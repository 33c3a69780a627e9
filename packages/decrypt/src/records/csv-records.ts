// Rows of CSV with a header row (RFC 4180), each opened as a form of its columns; cells that hold no envelope keep their
// quotes and every byte.
import { isUtf8 } from "node:buffer";
import { FieldsealError } from "@fieldseal/core/errors";
import { parse } from "csv-parse/sync";
import type { StreamRecord } from "./record.ts";
import { splitAfter } from "./split.ts";

interface Cell {
  readonly value: string;
  readonly quoted: boolean;
}

const mediaType = "application/x-www-form-urlencoded";
const [lineFeed, quote] = [0x0a, 0x22];
const mark = /^\uFEFF/;
const rowsAtOnce = 256;
const endOfLine = /(?:\r?\n|\r)?$/;

export async function* csvRecords(
  source: AsyncIterable<Uint8Array>,
  { maxRecordBytes }: { readonly maxRecordBytes: number },
): AsyncGenerator<StreamRecord> {
  let names: readonly string[] | null = null;
  let rows: Buffer[] = [];
  const parsed = function* (): Generator<StreamRecord> {
    for (const row of parseRows(rows, names === null)) {
      if (row.cells.length === 0) yield asItCame(row.raw);
      else if (names === null) {
        names = row.cells.map(({ value }) => encodeURIComponent(value));
        yield asItCame(row.raw);
      } else yield rowRecord(row, names);
    }
    rows = [];
  };
  for await (const raw of splitAfter(source, { maxRecordBytes, endOf: endOfRow })) {
    if (!isUtf8(raw)) throw new FieldsealError("BODY_NOT_UTF8", "the stream is not well-formed UTF-8");
    rows.push(raw);
    if (rows.length === rowsAtOnce) yield* parsed();
  }
  yield* parsed();
}

interface Row {
  readonly raw: Uint8Array;
  readonly cells: readonly Cell[];
  readonly end: string;
}

function rowRecord({ raw, cells, end }: Row, names: readonly string[]): StreamRecord {
  if (cells.length !== names.length) throw malformed();
  const pairs = cells.map(({ value }, index) => `${names[index]!}=${encodeURIComponent(value)}`);
  return {
    raw,
    sealed: { bytes: Buffer.from(pairs.join("&")), mediaType },
    write: (opened) => {
      const values = Buffer.from(opened)
        .toString()
        .split("&")
        .map((pair) => decodeURIComponent(pair.slice(pair.indexOf("=") + 1).replaceAll("+", " ")));
      if (values.every((value, index) => value === cells[index]!.value)) return raw;
      return Buffer.from(cells.map(({ quoted }, index) => written(values[index]!, quoted)).join(",") + end);
    },
  };
}

/** Where the first row ends: at a line feed outside quotes. */
function endOfRow(bytes: Uint8Array): number {
  let isQuoted = false;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === quote) isQuoted = !isQuoted;
    else if (bytes[at] === lineFeed && !isQuoted) return at + 1;
  }
  return 0;
}

/** Parses whole rows in one go, since starting the parser costs more than a row; blank rows have no cells. */
function parseRows(raws: readonly Buffer[], isFirst: boolean): Row[] {
  const texts = raws.map((raw, index) => (isFirst && index === 0 ? raw.toString().replace(mark, "") : raw.toString()));
  const ends = texts.map((text) => endOfLine.exec(text)![0]);
  const contents = texts.map((text, index) => text.slice(0, text.length - ends[index]!.length));
  const cells = cellsOf(contents.filter((content) => content !== "")).values();
  return raws.map((raw, index) => {
    return { raw, end: ends[index]!, cells: contents[index] === "" ? [] : (cells.next().value ?? []) };
  });
}

function cellsOf(rows: readonly string[]): (readonly Cell[])[] {
  try {
    const cast = (value: string, { quoting }: { quoting: boolean }): Cell => ({ value, quoted: quoting });
    const options = { record_delimiter: "\n", relax_column_count: true, cast: cast as never };
    const parsed = parse(rows.join("\n"), options) as unknown as Cell[][];
    if (parsed.length === rows.length) return parsed;
  } catch {}
  throw malformed();
}

function asItCame(raw: Uint8Array): StreamRecord {
  return { raw, sealed: null, write: () => raw };
}

function written(value: string, quoted: boolean): string {
  return quoted || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function malformed(): FieldsealError {
  return new FieldsealError("BODY_MALFORMED", "the text is not CSV with as many cells in every row as in the first");
}
