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
const endOfLine = /(?:\r\n|\n|\r)?$/;

export async function* csvRecords(
  source: AsyncIterable<Uint8Array>,
  { maxRecordBytes }: { readonly maxRecordBytes: number },
): AsyncGenerator<StreamRecord> {
  let names: readonly string[] | null = null;
  for await (const raw of splitAfter(source, { maxRecordBytes, endOf: endOfRow })) {
    if (!isUtf8(raw)) throw new FieldsealError("BODY_NOT_UTF8", "the stream is not well-formed UTF-8");
    const text: string = names === null ? raw.toString().replace(mark, "") : raw.toString();
    const end = endOfLine.exec(text)![0];
    const cells = text.length === end.length ? [] : cellsOf(text);
    if (names === null) names = cells.map(({ value }) => encodeURIComponent(value));
    else if (cells.length > 0) {
      if (cells.length !== names.length) throw malformed();
      yield rowRecord({ raw, cells, end }, names);
      continue;
    }
    yield { raw, sealed: null, write: () => raw };
  }
}

interface Row {
  readonly raw: Uint8Array;
  readonly cells: readonly Cell[];
  readonly end: string;
}

function rowRecord({ raw, cells, end }: Row, names: readonly string[]): StreamRecord {
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

function cellsOf(row: string): readonly Cell[] {
  try {
    const cast = (value: string, { quoting }: { quoting: boolean }): Cell => ({ value, quoted: quoting });
    const rows = parse(row, { bom: false, cast: cast as never }) as unknown as Cell[][];
    if (rows.length === 1) return rows[0]!;
  } catch {}
  throw malformed();
}

function written(value: string, quoted: boolean): string {
  return quoted || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function malformed(): FieldsealError {
  return new FieldsealError("BODY_MALFORMED", "the text is not CSV with as many cells in every row as in the first");
}
