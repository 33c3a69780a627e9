// Edits applied to bytes: everything outside the edited spans leaves as it came. Pure.
import { FieldsealError } from "../errors/index.ts";

/** Replace `[start, end)` by `length` bytes, which the edit writes itself: nothing is copied twice. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly length: number;
  /** Writes exactly `length` bytes into `out` at `at`. */
  write(out: Uint8Array, at: number): void;
}

/** What splicing needs of the platform; both have an equivalent in the language, which is slower. */
export interface SpliceOptions {
  /** New bytes whose content does not matter. */
  readonly allocate?: (length: number) => Uint8Array;
  readonly copy?: (source: Uint8Array, start: number, end: number, target: Uint8Array, at: number) => void;
}

// Neighbouring fields are a dozen bytes apart: for so few, a loop is faster than a call of the platform.
const shortRange = 24;

/** The edit that replaces `[start, end)` by `bytes`. */
export function replacement(start: number, end: number, bytes: Uint8Array): Edit {
  return { start, end, length: bytes.length, write: (out, at) => out.set(bytes, at) };
}

const nothing = new Uint8Array(0);

/** The edit that removes `[start, end)`. */
export function removal(start: number, end: number): Edit {
  return replacement(start, end, nothing);
}

/**
 * Applies edits, in ascending order and without overlap, to `body`.
 *
 * @throws {FieldsealError} `INTERNAL_ERROR` where edits overlap or are out of order.
 */
export function applyEdits(body: Uint8Array, edits: readonly Edit[], options: SpliceOptions = {}): Uint8Array {
  const { allocate = (length) => new Uint8Array(length), copy = setRange } = options;
  const out = allocate(splicedLength(body.length, edits));
  let read = 0;
  let write = 0;
  for (const edit of edits) {
    if (edit.start - read > shortRange) copy(body, read, edit.start, out, write);
    else for (let i = read; i < edit.start; i++) out[write + i - read] = body[i]!;
    write += edit.start - read;
    edit.write(out, write);
    write += edit.length;
    read = edit.end;
  }
  copy(body, read, body.length, out, write);
  return out;
}

/**
 * Length in bytes of a body of `length` bytes after `edits`.
 *
 * @throws {FieldsealError} `INTERNAL_ERROR` where edits overlap, are out of order or lie outside the body.
 */
export function splicedLength(length: number, edits: readonly Edit[]): number {
  let total = length;
  let read = 0;
  for (const edit of edits) {
    if (edit.start < read || edit.end < edit.start || edit.end > length) {
      throw new FieldsealError("INTERNAL_ERROR", "edits overlap", { offset: edit.start });
    }
    total += edit.length - (edit.end - edit.start);
    read = edit.end;
  }
  return total;
}

function setRange(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  target.set(source.subarray(start, end), at);
}
