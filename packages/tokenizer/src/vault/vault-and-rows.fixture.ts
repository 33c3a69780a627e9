// A vault over an empty store in memory before each test, whose names and values are canaries; its rows and failures.
import { randomBytes } from "node:crypto";
import { FieldsealError } from "@fieldseal/core/errors";
import { beforeEach } from "vitest";
import { createMemoryStore } from "../memory/index.ts";
import { digits } from "./digit-format.fixture.ts";
import { createVault, staticKeys, type Vault, type VaultStore } from "./index.ts";
import type { StoreEntry } from "./store.ts";

export const root = randomBytes(32);
export const keys = staticKeys([{ version: "1", key: root }]);
export const scope = { format: digits, tenant: "canary-tenant" };
export const keep = { ...scope, deterministic: true };
export const value = "7316420958137246";

export let store: VaultStore;
export let vault: Vault;
beforeEach(() => {
  store = createMemoryStore();
  vault = createVault({ store, keys });
});

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
