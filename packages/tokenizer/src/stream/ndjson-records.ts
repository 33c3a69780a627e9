// NDJSON as records: one JSON object (RFC 8259) a line; strings are replaced where they stand, and every other byte stays.
import { isUtf8 } from "node:buffer";
import {
  applyEdits,
  createScan,
  deepestNesting,
  defaultLimits,
  type Match,
  nothingBelow,
  replacement,
  type Scan,
  scanJson,
  ValueKind,
} from "@fieldseal/core/body";
import { byteOrderMarkLength, utf8Bytes, utf8Text } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import { byteLines } from "./byte-lines.ts";
import { type NdjsonColumns, roles } from "./ndjson-columns.ts";
import { type Cell, type Changes, recordFault, type StreamRecord, unchanged } from "./record.ts";

/** Most values that the columns may select in one record. */
const maxCellsInRecord = 100_000;

const limits = { ...defaultLimits, maxDepth: deepestNesting, maxFields: maxCellsInRecord };

/**
 * Every line as a record; blank lines stay.
 *
 * @throws {FieldsealError} `RECORD_INVALID`, `BODY_NOT_UTF8`.
 */
export async function* ndjsonRecords(
  source: AsyncIterable<Uint8Array | string>,
  columns: NdjsonColumns,
): AsyncGenerator<StreamRecord> {
  let number = 0;
  for await (const line of byteLines(source)) {
    number++;
    if (!isUtf8(line)) throw recordFault("BODY_NOT_UTF8", { record: number, what: "not well-formed UTF-8" });
    const start = number === 1 ? byteOrderMarkLength(line) : 0;
    yield isBlank(line, start) ? unchanged(line, number) : recordOf({ line, start, number }, columns);
  }
}

/** A line that is no blank one; `start` is behind a byte order mark. */
interface Line {
  readonly line: Uint8Array;
  readonly start: number;
  readonly number: number;
}

function recordOf(at: Line, columns: NdjsonColumns): StreamRecord {
  const { line, number } = at;
  const cells: Cell[] = [];
  const spans: Match[] = [];
  const scope: { tenant?: Match; version?: Match } = {};
  const seen = new Set<number>();
  for (const match of scan(at, columns).matches) {
    const mismatch = match.state.mismatches.find(({ kinds }) => (kinds & match.kind) !== 0);
    if (mismatch !== undefined)
      throw fault(at, "the selector goes another way than the record", columns, mismatch.rule);
    let chosen = false;
    for (const rule of match.state.selects) {
      const { role, column, once } = columns.rules[rule]!;
      if (role === roles.absent) throw fault(at, "is there already", columns, rule);
      if (once && seen.has(rule)) throw fault(at, "is there twice", columns, rule);
      seen.add(rule);
      if (match.kind !== ValueKind.string && match.kind !== ValueKind.null) {
        throw fault(at, "takes a string", columns, rule);
      }
      // What a column replaces can tell neither tenant nor version.
      if (chosen) throw fault(at, "another column selects the same value", columns, rule);
      chosen = true;
      if (role !== roles.cell) scope[role] = match;
      else {
        const text = textOf(line, match);
        if (text === undefined || text === "") continue;
        cells.push({ column, text });
        spans.push(match);
      }
    }
  }
  const { tenant, version } = scope;
  return {
    number,
    isData: true,
    size: line.length,
    cells,
    tenant: tenant && textOf(line, tenant),
    version: version && textOf(line, version),
    write: (changes) => (changes === null ? line : written(line, { ...columns, spans, version, changes })),
  };
}

function scan(at: Line, columns: NdjsonColumns): Scan {
  const { line, start } = at;
  const into = createScan();
  const arrayLengths: number[] = [];
  const { root } = columns;
  try {
    if (root.countsLengths) {
      scanJson(line, start, line.length, { root: nothingBelow, limits, into, countInto: arrayLengths });
    }
    scanJson(line, start, line.length, { root, limits, into, arrayLengths });
  } catch (error) {
    if (error instanceof FieldsealError) throw fault(at, reasons[error.code] ?? "not JSON");
    throw error;
  }
  // Every rule has its first step below the root, so that none has to say that there is an object.
  if (firstByte(line, start) !== 0x7b) throw fault(at, "not a JSON object");
  return into;
}

const reasons: Readonly<Partial<Record<FieldsealError["code"], string>>> = {
  BODY_TOO_DEEP: `nests deeper than ${deepestNesting}`,
  TOO_MANY_FIELDS: `the columns select more than ${maxCellsInRecord} values`,
};

interface Writing {
  readonly spans: readonly Match[];
  readonly version: Match | undefined;
  readonly changes: Changes;
  readonly versionColumn: string | null;
}

function written(line: Uint8Array, { spans, version, changes, versionColumn }: Writing): Uint8Array {
  const edits = spans.map(({ start, end }, i) => replacement(start, end, jsonString(changes.texts[i]!)));
  if (versionColumn !== null && changes.version !== null) {
    const value = JSON.stringify(changes.version);
    // The record is an object that holds what was changed, so it is not empty.
    const close = line.lastIndexOf(0x7d);
    edits.push(
      version === undefined
        ? replacement(close, close, utf8Bytes(`,${JSON.stringify(versionColumn)}:${value}`))
        : replacement(version.start, version.end, utf8Bytes(value)),
    );
    edits.sort((a, b) => a.start - b.start);
  }
  return applyEdits(line, edits);
}

/** The text of a string; undefined for null. */
function textOf(line: Uint8Array, { start, end, kind }: Match): string | undefined {
  return kind === ValueKind.null ? undefined : (JSON.parse(utf8Text(line.subarray(start, end))) as string);
}

function jsonString(text: string): Uint8Array {
  return utf8Bytes(JSON.stringify(text));
}

function fault({ number }: Line, what: string, columns?: NdjsonColumns, rule?: number): FieldsealError {
  const column = rule === undefined ? {} : { column: columns!.rules[rule]!.column };
  return recordFault("RECORD_INVALID", { record: number, what, ...column });
}

function isBlank(line: Uint8Array, start: number): boolean {
  return firstByte(line, start) === undefined;
}

/** The first byte that is no white space. */
function firstByte(line: Uint8Array, start: number): number | undefined {
  let i = start;
  while (i < line.length && (line[i] === 0x20 || line[i] === 0x09 || line[i] === 0x0d || line[i] === 0x0a)) i++;
  return line[i];
}
