// Rows of CSV with a header row (RFC 4180), each opened as a form of the columns in which an envelope may be; all other
// cells keep their quotes and every byte.
import { isUtf8 } from "node:buffer";
import { setImmediate } from "node:timers/promises";
import { minLongText } from "@fieldseal/core/body";
import { decryptionFailed } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { parse } from "csv-parse/sync";
import type { StreamRecord } from "./record.ts";
import { type SplitOptions, splitAfter } from "./split.ts";

interface Cell {
  readonly value: string;
  readonly quoted: boolean;
}

const mediaType = "application/x-www-form-urlencoded";
const [lineFeed, quote] = [0x0a, 0x22];
const mark = "\uFEFF";
const rowsAtOnce = 256;
const bytesAtOnce = 262_144;
// A form repeats the names of columns: rows may not make of them many times what they are themselves.
const maxGrowth = 32;
const allowance = 1_048_576;
const endOfLine = /(?:\r?\n|\r)?$/;

export async function* csvRecords(
  source: AsyncIterable<Uint8Array>,
  { maxRecordBytes }: { readonly maxRecordBytes: number },
): AsyncGenerator<StreamRecord> {
  let header: Header | null = null;
  let rows: Buffer[] = [];
  let held = 0;
  let seen = 0;
  let formed = 0;
  const parsed = function* (): Generator<StreamRecord> {
    for (const row of parseRows(rows, header === null)) {
      seen += row.raw.length;
      if (row.cells.length === 0) yield asItCame(row.raw);
      else if (header === null) {
        header = headerOf(row.cells);
        yield headerRecord(row, header);
      } else {
        const places = placesOf(row.cells, header);
        for (const place of places) formed += header.names[place]!.length;
        if (formed > allowance + maxGrowth * seen) throw namesTooLong();
        yield places.length === 0 ? asItCame(row.raw) : rowRecord(row, places, header);
      }
    }
    rows = [];
    held = 0;
  };
  for await (const raw of splitAfter(source, { maxRecordBytes, endOf: createRowEnds() })) {
    if (!isUtf8(raw)) throw new FieldsealError("BODY_NOT_UTF8", "the stream is not well-formed UTF-8");
    rows.push(raw);
    held += raw.length;
    if (rows.length < rowsAtOnce && held < bytesAtOnce) continue;
    yield* parsed();
    // Half a million rows in memory are a second's work: others have their turn in between.
    await setImmediate();
  }
  yield* parsed();
}

interface Row {
  readonly raw: Uint8Array;
  /** The byte order mark, or nothing. */
  readonly start: string;
  readonly cells: readonly Cell[];
  readonly end: string;
}

interface Header {
  /** As a form spells them. */
  readonly names: readonly string[];
  /** Columns whose name another one has as well: a selector may count them. */
  readonly repeated: ReadonlySet<number>;
}

function headerOf(cells: readonly Cell[]): Header {
  const names = cells.map(({ value }) => encodeURIComponent(value));
  const counts = Map.groupBy(names.keys(), (column) => names[column]!);
  return { names, repeated: new Set([...counts.values()].filter((columns) => columns.length > 1).flat()) };
}

/** The columns that a row's form needs: none where no cell is long enough to hold an envelope. */
function placesOf(cells: readonly Cell[], { names, repeated }: Header): number[] {
  if (cells.length !== names.length) throw malformed();
  if (!cells.some(isLong)) return [];
  return [...cells.keys()].filter((column) => isLong(cells[column]!) || repeated.has(column));
}

/** No field is expected in a name: a file of rows alone, whose first would be taken for names, is refused. */
function headerRecord(row: Row, { names }: Header): StreamRecord {
  if (!row.cells.some(isLong)) return asItCame(row.raw);
  return {
    raw: row.raw,
    sealed: { bytes: Buffer.from(names.map((name) => `${name}=`).join("&")), mediaType },
    write: (opened) => {
      const values = pairsOf(opened).map(([name]) => name);
      return rewritten(row, values);
    },
  };
}

function rowRecord(row: Row, places: readonly number[], { names }: Header): StreamRecord {
  const { raw, cells } = row;
  const pairs = places.map((column) => `${names[column]!}=${encodeURIComponent(cells[column]!.value)}`);
  return {
    raw,
    sealed: { bytes: Buffer.from(pairs.join("&")), mediaType },
    write: (opened) => {
      const values = cells.map(({ value }) => value);
      for (const [index, [, value]] of pairsOf(opened).entries()) values[places[index]!] = value;
      return rewritten(row, values);
    },
  };
}

function isLong({ value }: Cell): boolean {
  return value.length >= minLongText;
}

function pairsOf(form: Uint8Array): [name: string, value: string][] {
  const pairs = Buffer.from(form).toString().split("&");
  return pairs.map((pair) => {
    const equals = pair.indexOf("=");
    return [decoded(pair.slice(0, equals)), decoded(pair.slice(equals + 1))];
  });
}

/** The row with other values in its cells; byte by byte where they are the same. */
function rewritten({ raw, start, cells, end }: Row, values: readonly string[]): Uint8Array {
  if (values.every((value, index) => value === cells[index]!.value)) return raw;
  const texts = cells.map((cell, index) => written(values[index]!, cell, cells.length === 1));
  return Buffer.from(start + texts.join(",") + end);
}

/** Finds where the first row ends, at a line feed outside quotes; what was looked through once is not again. */
function createRowEnds(): SplitOptions["endOf"] {
  let isQuoted = false;
  return (bytes, from) => {
    for (let at = from; at < bytes.length; at++) {
      if (bytes[at] === quote) isQuoted = !isQuoted;
      else if (bytes[at] === lineFeed && !isQuoted) return at + 1;
    }
    return 0;
  };
}

/** Parses whole rows in one go, since starting the parser costs more than a row; blank rows have no cells. */
function parseRows(raws: readonly Buffer[], isFirst: boolean): Row[] {
  const texts = raws.map((raw) => raw.toString());
  const starts = texts.map((text, index) => (isFirst && index === 0 && text.startsWith(mark) ? mark : ""));
  const ends = texts.map((text) => endOfLine.exec(text)![0]);
  const contents = texts.map((text, index) => text.slice(starts[index]!.length, text.length - ends[index]!.length));
  const cells = cellsOf(contents.filter((content) => content !== "")).values();
  return raws.map((raw, index) => {
    const isBlank = contents[index] === "";
    return { raw, start: starts[index]!, end: ends[index]!, cells: isBlank ? [] : (cells.next().value ?? []) };
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

/** @throws {FieldsealError} `DECRYPTION_FAILED` for escapes of bytes that are no text: plaintext is client input. */
function decoded(formValue: string): string {
  try {
    return decodeURIComponent(formValue.replaceAll("+", " "));
  } catch {
    throw decryptionFailed();
  }
}

/** Quoted where it was, or where what is new in it needs quotes: an empty cell that stands alone would be a blank row. */
function written(value: string, before: Cell, isAlone: boolean): string {
  const needsQuotes = value !== before.value && (/[",\r\n]/.test(value) || (isAlone && value === ""));
  return before.quoted || needsQuotes ? `"${value.replaceAll('"', '""')}"` : value;
}

function namesTooLong(): FieldsealError {
  return new FieldsealError("BODY_TOO_LARGE", "the names of columns are too long for so many rows");
}

function malformed(): FieldsealError {
  return new FieldsealError("BODY_MALFORMED", "the text is not CSV with as many cells in every row as in the first");
}
