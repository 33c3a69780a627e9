// One record of a stream: the cells that were asked for, and how it is written again. Types, and the error of a record.
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";

/** A value that is to be replaced. */
export interface Cell {
  /** The column, or the selector, that chose it. */
  readonly column: string;
  readonly text: string;
}

/** What a record becomes. */
export interface Changes {
  /** Texts in the order of the record's cells. */
  readonly texts: readonly string[];
  /** Text of the version column; null: it stays, or is not added. */
  readonly version: string | null;
}

export interface StreamRecord {
  /** 1-based. */
  readonly number: number;
  /** False for a header and for blank lines. */
  readonly isData: boolean;
  /** Bytes that it takes, about. */
  readonly size: number;
  /** Those that are neither empty nor null, in the order of the record. */
  readonly cells: readonly Cell[];
  /** What the tenant column says; undefined where it is null, absent or not asked for. */
  readonly tenant: string | undefined;
  /** What the version column says. */
  readonly version: string | undefined;
  /** The record as it leaves, with its line end; null: nothing changes. */
  write(changes: Changes | null): string | Uint8Array;
}

/** What a reader of records looks for. */
export interface RecordCodec {
  /** Columns whose cells are wanted; CSV must have each of them once. */
  readonly columns: readonly string[];
  readonly tenantColumn: string | undefined;
  readonly versionColumn: string | undefined;
  /** What is done to the version column. */
  readonly version: { readonly read: boolean; readonly write: boolean };
}

/** Bytes of the longest record. */
export const maxRecordBytes: number = 16 * 1024 * 1024;

/** Where a record is at fault. */
export interface RecordPlace {
  readonly record: number;
  readonly column?: string;
  readonly what: string;
  readonly retryable?: boolean;
  readonly hint?: string | undefined;
}

/** The error of a record, without anything of its content. */
export function recordFault(code: ErrorCode, place: RecordPlace): FieldsealError {
  const { record, column, what, retryable = false, hint } = place;
  const where = column === undefined ? `record ${record}` : `record ${record}, column "${column}"`;
  return new FieldsealError(code, `${where}: ${what}`, { retryable, ...(hint === undefined ? {} : { hint }) });
}

/** Text that stays, in its place among the records. */
export function unchanged(text: string | Uint8Array, number: number): StreamRecord {
  return {
    number,
    isData: false,
    size: text.length,
    cells: [],
    tenant: undefined,
    version: undefined,
    write: () => text,
  };
}
