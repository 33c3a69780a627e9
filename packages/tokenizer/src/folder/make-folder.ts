// A folder and those above it. As `mkdir` with `recursive`, which never ends below `/proc`, where nothing can be made. I/O.
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { storeError } from "../distributed-map/object-store.ts";

/** @throws {FieldsealError} `OBJECT_STORE_REFUSED` where no folder can be made in one that is there. */
export async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const above = path.dirname(folder);
  if (above !== folder) await makeFolder(above);
  try {
    await mkdir(folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (await isFolder(folder)) return;
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? storeError("OBJECT_STORE_REFUSED", error) : error;
  }
}

async function isFolder(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => null))?.isDirectory() === true;
}
