// Files of a local folder as objects: read by a digest of their content, written beside and linked into place. I/O.
import { createHash, type Hash, randomUUID } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { type FileHandle, link, lstat, open, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { FieldsealError } from "@fieldseal/core/errors";
import { type ObjectStore, storeError } from "../distributed-map/object-store.ts";
import { makeFolder } from "./make-folder.ts";

export interface FolderStoreOptions {
  readonly folder: string;
}

/**
 * Creates the store of a folder and those below it; keys are paths with `/`. Names that begin with a dot are not listed:
 * an interrupted write leaves a `.NAME.part` there, which may be deleted. Symbolic links are refused. Files are written
 * with mode 0600, to a file system that has hard links.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` without a folder; the store `OBJECT_STORE_REFUSED` for keys that lead elsewhere.
 */
export function createFolderStore({ folder }: FolderStoreOptions): ObjectStore {
  // The empty name would be the folder that the process happens to be in.
  if (typeof folder !== "string" || folder === "") throw new FieldsealError("CONFIG_INVALID", "a store needs a folder");
  const root = path.resolve(folder);
  return {
    bucket: null,
    etagOf: (key) =>
      coded(async () => {
        const hash = newHash();
        const file = await openFile(pathOf(root, key));
        try {
          for await (const chunk of bytesOf(file)) hash.update(chunk);
        } finally {
          await file.close();
        }
        return etagOf(hash);
      }),
    has: (key) => coded(async () => (await statOf(pathOf(root, key))) !== null),
    read: ({ key, etag }) =>
      coded(async () => {
        const file = await openFile(pathOf(root, key));
        const body = Readable.from(verified(file, etag), { objectMode: false });
        body.once("close", () => void file.close());
        return { body };
      }),
    create: (key, content) => coded(() => createFile(pathOf(root, key), content)),
    list: (prefix = "") => filesBelow(root, prefix),
  };
}

/** The file of a key: every part of it is a name. */
function pathOf(root: string, key: string): string {
  const parts = key.split("/");
  const isOdd = (part: string): boolean => part === "" || part === "." || part === ".." || /[\\\0]/.test(part);
  if (parts.some(isOdd)) throw storeError("OBJECT_STORE_REFUSED");
  return path.join(root, ...parts);
}

async function openFile(file: string): Promise<FileHandle> {
  // A named pipe without a writer would hold the opening for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw storeError("OBJECT_STORE_REFUSED");
}

const bytesOf = (file: FileHandle): AsyncIterable<Buffer> =>
  createReadStream("", { fd: file, autoClose: false, start: 0 });

/** The bytes of a file, which end in an error where they are not those of `etag`. */
async function* verified(file: FileHandle, etag: string): AsyncGenerator<Uint8Array> {
  const hash = newHash();
  try {
    for await (const chunk of bytesOf(file)) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw fileError(error);
  }
  if (etagOf(hash) !== etag) throw storeError("OBJECT_CHANGED");
}

const nameBytesOfPart = 200;

async function createFile(file: string, content: AsyncIterable<Uint8Array>): Promise<boolean> {
  const folder = path.dirname(file);
  await makeFolder(folder);
  // With what stands behind it, a name may be no longer than the file's own may be.
  const name = Buffer.from(path.basename(file)).subarray(0, nameBytesOfPart).toString();
  const part = path.join(folder, `.${name}.${randomUUID()}.part`);
  try {
    const handle = await open(part, "wx", 0o600);
    try {
      for await (const chunk of content) await handle.appendFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Unlike renaming, linking fails where there is a file of that name.
    await link(part, file);
    await syncFolder(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function* filesBelow(root: string, prefix: string, below = ""): AsyncGenerator<string> {
  const entries = await coded(() => readdir(path.join(root, below), { withFileTypes: true }));
  const names = entries.filter(({ name }) => !name.startsWith(".")).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of names) {
    const key = below + entry.name;
    // What else is there, such as a link, is for reading to refuse.
    if (!entry.isDirectory()) {
      if (key.startsWith(prefix)) yield key;
    } else if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) yield* filesBelow(root, prefix, `${key}/`);
  }
}

async function statOf(file: string): Promise<object | null> {
  try {
    return await lstat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function newHash(): Hash {
  return createHash("sha256");
}

function etagOf(hash: Hash): string {
  return hash.digest("hex");
}

async function coded<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw fileError(error);
  }
}

const refused = [
  "EEXIST",
  "EACCES",
  "EPERM",
  "EROFS",
  "EISDIR",
  "ENOTDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "EXDEV",
  "ENOTSUP",
];
const passing = ["ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE", "EBUSY", "EAGAIN", "ESTALE"];

/** The coded error of the file system's; others stay as they are. */
function fileError(error: unknown): unknown {
  const { code = "", syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  if (code === "ENOENT") return storeError("OBJECT_UNKNOWN", error);
  if (refused.includes(code)) return storeError("OBJECT_STORE_REFUSED", error);
  return passing.includes(code) ? storeError("OBJECT_STORE_UNAVAILABLE", error) : error;
}
