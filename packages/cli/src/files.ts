// Files by name, with coded errors; secrets are created with their mode and never overwritten. I/O.
import { chmod, lstat, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";

const maxFileBytes = 64 * 1024 * 1024;

/** Bytes of a file. @throws {FieldsealError} `FILE_UNREADABLE`. */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    if ((await stat(file)).size > maxFileBytes) throw unreadable(file, `longer than ${maxFileBytes} bytes`);
    return await readFile(file);
  } catch (error) {
    throw error instanceof FieldsealError ? error : unreadable(file, error);
  }
}

/** Text of a UTF-8 file. @throws {FieldsealError} `FILE_UNREADABLE`. */
export async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unreadable(file, "not UTF-8");
  }
}

/** The one line of a passphrase file. @throws {FieldsealError} `FILE_UNREADABLE` also where it is empty. */
export async function readPassphrase(file: string): Promise<string> {
  const passphrase = (await readText(file)).replace(/\r?\n$/, "");
  if (passphrase === "") throw unreadable(file, "empty");
  return passphrase;
}

/**
 * Creates a file that was not there, with `mode` from the first moment on.
 *
 * @throws {FieldsealError} `FILE_EXISTS`, `FILE_UNWRITABLE`.
 */
export async function createFile(file: string, text: string, mode: number): Promise<void> {
  try {
    const handle = await open(file, "wx", mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw exists(file);
    throw unwritable(file, error);
  }
}

/**
 * Writes a file, over one that is there, whose mode it keeps: as a whole, or not at all.
 *
 * @throws {FieldsealError} `FILE_UNWRITABLE`.
 */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  try {
    const before = await lstat(file).catch(() => null);
    // Links and devices stay what they are.
    if (before?.isFile() === false) return await writeFile(file, content);
    const whole = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
    try {
      await writeFile(whole, content, { flag: "wx", flush: true, mode: before?.mode });
      // The process's mask takes rights away from a new file.
      if (before !== null) await chmod(whole, before.mode);
      await rename(whole, file);
    } catch (error) {
      await rm(whole, { force: true });
      throw error;
    }
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** Makes a folder and those above it. @throws {FieldsealError} `FILE_UNWRITABLE`. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await makeFolders(path.resolve(folder));
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/** As `mkdir` with `recursive`, which never ends below `/proc`: there nothing can be made, and is said not to be there. */
async function makeFolders(folder: string): Promise<void> {
  if ((await stat(folder).catch(() => null))?.isDirectory() === true) return;
  const above = path.dirname(folder);
  if (above !== folder) await makeFolders(above);
  try {
    await mkdir(folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!(await stat(folder).catch(() => null))?.isDirectory()) throw error;
  }
}

/** `FILE_EXISTS` for a file. */
export function exists(file: string): FieldsealError {
  return new FieldsealError("FILE_EXISTS", `${file} is there already`, {
    hint: "name another place, or move the file away",
  });
}

/** `FILE_UNREADABLE` for a file or folder, with what the system said, or a reason in words. */
export function unreadable(file: string, reason: unknown): FieldsealError {
  const why = typeof reason === "string" ? reason : reasonOf(reason);
  return new FieldsealError("FILE_UNREADABLE", `${file} cannot be read: ${why}`);
}

/** `FILE_UNWRITABLE`, with what the system said. */
export function unwritable(file: string, error: unknown): FieldsealError {
  return new FieldsealError("FILE_UNWRITABLE", `${file} cannot be written: ${reasonOf(error)}`);
}

function reasonOf(error: unknown): string {
  const { code = "unknown" } = error as NodeJS.ErrnoException;
  return reasons.get(code) ?? code;
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "it is not there"],
  ["EISDIR", "it is a folder"],
  ["ENOTDIR", "it is no folder, or below a file"],
  ["EEXIST", "a file of that name is there"],
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["ENOSPC", "the disk is full"],
  ["EROFS", "the file system is read-only"],
]);
