// Bodies of CSV with a header row (RFC 4180): each row is a record of its own, opened as a form of its columns. I/O: loads
// the CSV parser with the first such body.
import { parseMediaType } from "@fieldseal/core/body";
import { concat } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import type { BodyToDecrypt } from "./body-record.ts";
import type { BodyResult, FieldReport } from "./body-result.ts";
import type { StreamRecord } from "./records/record.ts";

/** True for a body of CSV. */
export function isCsv({ mediaType }: Pick<BodyToDecrypt, "mediaType">): boolean {
  return /^\s*text\/csv(?![\w!#$%&'*+.^`|~-])/i.test(mediaType);
}

/** Opens bodies, those of CSV row by row, with one call of `open` for all; a body fails where one of its rows does. */
export async function openCsvBodies(
  bodies: readonly BodyToDecrypt[],
  open: (rows: readonly BodyToDecrypt[]) => Promise<BodyResult[]>,
): Promise<BodyResult[]> {
  const split = await Promise.all(bodies.map((body) => (isCsv(body) ? splitBody(body) : wholeBody(body))));
  const results = await open(split.flatMap(({ records }) => records));
  let from = 0;
  return split.map(({ records, join }) => {
    from += records.length;
    return join(results.slice(from - records.length, from));
  });
}

interface SplitBody {
  readonly records: readonly BodyToDecrypt[];
  /** The body's result, from those of its records. */
  join(results: readonly BodyResult[]): BodyResult;
}

function wholeBody(body: BodyToDecrypt): SplitBody {
  return { records: [body], join: ([result]) => result! };
}

async function splitBody(body: BodyToDecrypt): Promise<SplitBody> {
  try {
    const rows = await rowsOf(body);
    const records = rows.flatMap(({ sealed }) =>
      sealed === null || sealed === "text" ? [] : [{ ...body, ...sealed }],
    );
    return { records, join: (results) => joined(rows, results) };
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error;
    return { records: [], join: () => ({ error }) };
  }
}

async function rowsOf({ bytes, mediaType }: BodyToDecrypt): Promise<StreamRecord[]> {
  // Refuses other charsets.
  parseMediaType(mediaType);
  const { csvRecords } = await import("./records/csv-records.ts").catch((cause: unknown) => {
    throw new FieldsealError("PACKAGE_MISSING", "bodies of CSV need the package csv-parse", { cause });
  });
  const rows: StreamRecord[] = [];
  for await (const row of csvRecords(once(bytes), { maxRecordBytes: bytes.length })) rows.push(row);
  return rows;
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

function joined(rows: readonly StreamRecord[], results: readonly BodyResult[]): BodyResult {
  const opened = results.values();
  const parts: Uint8Array[] = [];
  const fields: FieldReport[] = [];
  let offset = 0;
  for (const row of rows) {
    const result = row.sealed === null ? null : opened.next().value!;
    if (result !== null && "error" in result) return result;
    parts.push(result === null ? row.raw : row.write(result.bytes));
    for (const field of result?.fields ?? []) fields.push({ ...field, offset });
    offset += row.raw.length;
  }
  return { bytes: concat(parts), fields };
}
