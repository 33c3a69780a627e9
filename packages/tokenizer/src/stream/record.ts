// One record of a stream: the cells that were asked for, and how it is written again. Types, and the error of a record.
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";

/** Cells by column; undefined where a member is null or absent. */
export type Cells = Readonly<Record<string, string | undefined>>;

export interface StreamRecord {
  /** 1-based. */
  readonly number: number;
  readonly cells: Cells;
  /** The record with these cells replaced, and its line end. */
  write(changed: Cells): string;
}

/** What a reader of records looks for. */
export interface RecordCodec {
  /** Columns whose cells are wanted; CSV must have each of them once. */
  readonly read: readonly string[];
  /** Columns that are appended. */
  readonly added: readonly string[];
}

/** Where a record is at fault. */
export interface RecordPlace {
  readonly record: number;
  readonly column?: string;
  readonly what: string;
}

/** The error of a record, without anything of its content. */
export function recordFault(code: ErrorCode, { record, column, what }: RecordPlace): FieldsealError {
  const where = column === undefined ? `record ${record}` : `record ${record}, column "${column}"`;
  return new FieldsealError(code, `${where}: ${what}`);
}

/** Text that stays, in its place among the records. */
export function unchanged(text: string, number: number): StreamRecord {
  return { number, cells: {}, write: () => text };
}
