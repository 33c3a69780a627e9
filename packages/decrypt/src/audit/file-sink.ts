// A file of lines: appended to, never rewritten; what a crash cut off is closed by the next writer. I/O.

import { type FileHandle, open } from "node:fs/promises";
import { checkFlag, checkTexts } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { readTrailEnd } from "./file-end.ts";
import type { LineSink } from "./sink.ts";

export interface FileSinkOptions {
  /** True: lines are on the disk, not only with the operating system, before they count as accepted. Default true. */
  readonly fsync?: boolean;
}

const ownerOnly = 0o600;

/**
 * Appends lines to the file `path`, which belongs to one writer at a time: a file that has grown, shrunk or been deleted
 * by another hand is refused, and the next writer begins in what is there then.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for an `fsync` that is neither true nor false.
 */
export function fileSink(path: string, { fsync = true }: FileSinkOptions = {}): LineSink {
  checkFlag("fsync", fsync);
  checkTexts({ path });
  let file: FileHandle | null = null;
  let size = 0;
  let lead = "";

  const close = async (): Promise<void> => {
    const closing = file;
    file = null;
    await closing?.close();
  };

  const opened = async (): Promise<FileHandle> => {
    if (file !== null) return file;
    file = await open(path, "a+", ownerOnly);
    size = (await file.stat()).size;
    const last = Buffer.alloc(1, "\n");
    if (size > 0) await file.read(last, 0, 1, size - 1);
    lead = last.toString() === "\n" ? "" : "\n";
    return file;
  };

  const write = async (lines: readonly string[]): Promise<void> => {
    const target = await opened();
    const found = await target.stat();
    // A file that was deleted takes lines still, and they are gone with it.
    if (found.size !== size || found.nlink === 0) {
      throw new FieldsealError("AUDIT_UNAVAILABLE", "the audit file was changed by another process", {
        retryable: true,
        hint: "give each process a file of its own",
      });
    }
    if (lines.length === 0) return;
    // One write for all lines: what a crash cuts off is at the end.
    const bytes = Buffer.from(`${lead}${lines.map((line) => `${line}\n`).join("")}`);
    for (let at = 0; at < bytes.length; ) at += (await target.write(bytes, at, bytes.length - at)).bytesWritten;
    if (fsync) await target.datasync();
    size += bytes.length;
    lead = "";
  };

  return {
    async begin() {
      await close();
      return await readTrailEnd(await opened());
    },
    async append(lines) {
      try {
        await write(lines);
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}
