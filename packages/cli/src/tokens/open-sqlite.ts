// The vault's rows in an SQLite file. I/O.
import { statSync } from "node:fs";
import { FieldsealError } from "@fieldseal/core/errors";
import type { VaultStore } from "@fieldseal/tokenizer/vault";

/**
 * Opens the store; only `create` makes the file where there is none.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE` for a file that is not there or is a folder, and the codes of the store.
 */
export async function openSqlite(database: string, create: boolean): Promise<VaultStore> {
  const found = statSync(database, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) {
    throw new FieldsealError("FILE_UNREADABLE", `${database} cannot be read: it is a folder`);
  }
  if (!create && found === undefined) {
    // An empty vault made in passing would hide a wrong name, and answer that every token is unknown.
    throw new FieldsealError("FILE_UNREADABLE", `${database} is not there`, { hint: "fieldseal vault init makes it" });
  }
  return (await loadSqlite())({ path: database });
}

/** Node calls its SQLite experimental each time that it is loaded; stderr is for what concerns the command's user. */
async function loadSqlite(): Promise<typeof import("@fieldseal/tokenizer/sqlite").createSqliteStore> {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (rest[0] !== "ExperimentalWarning") emitWarning.call(process, warning, ...rest);
  }) as typeof process.emitWarning;
  try {
    return (await import("@fieldseal/tokenizer/sqlite")).createSqliteStore;
  } finally {
    process.emitWarning = emitWarning;
  }
}
