// Whether a store holds a vault, for who must not begin one in passing. I/O: the store.
import { guardStore } from "./guard-store.ts";
import { vaultRowName } from "./rows/row-names.ts";
import type { VaultStore } from "./store.ts";

/**
 * True where a vault was begun in the store, under whatever key.
 *
 * @throws VAULT_UNAVAILABLE, VAULT_MISSING where the store has no table
 */
export async function hasVault(store: VaultStore): Promise<boolean> {
  return (await guardStore(store, () => false).get(vaultRowName)) !== undefined;
}
