import { FieldsealError } from "@fieldseal/core/errors";
import type { StoreEntry, VaultStore } from "./store.ts";

/** All rows that a store has. */
export async function rowsOf(from: VaultStore): Promise<StoreEntry[]> {
  const all = [];
  for (const prefix of ["M#", "T#", "H#", "S#", "U#"]) {
    all.push(...(await from.scan({ prefix }, { limit: 10_000 })).entries);
  }
  return all;
}
/** The error with which `work` fails. */
export const failure = async (work: Promise<unknown>): Promise<FieldsealError> => {
  const error = await work.then(
    () => new Error("nothing failed"),
    (caught: unknown) => caught,
  );
  if (error instanceof FieldsealError) return error;
  throw error;
};
