// One door to the store: whatever a driver throws leaves as VAULT_UNAVAILABLE, without the driver's text. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { driverError } from "../driver-error.ts";
import type { VaultStore } from "./store.ts";

/**
 * `store`, with every error of its driver replaced: a driver's message may hold keys or items of rows. Once `isClosed`,
 * nothing is written and nothing that was read is used: the vault's keys are zeroes by then.
 */
export function guardStore(store: VaultStore, isClosed: () => boolean): VaultStore {
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isClosed()) throw vaultClosed(true);
    const result = await coded(work);
    if (isClosed()) throw vaultClosed(true);
    return result;
  };
  return {
    get: (key) => guard(() => store.get(key)),
    getMany: (keys) => guard(() => store.getMany(keys)),
    putIfAbsent: (key, item) => guard(() => store.putIfAbsent(key, item)),
    putManyIfAbsent: (entries) => guard(() => store.putManyIfAbsent(entries)),
    putIfEquals: (key, item, old) => guard(() => store.putIfEquals(key, item, old)),
    deleteIfEquals: (key, old) => guard(() => store.deleteIfEquals(key, old)),
    scan: (range, options) => guard(() => store.scan(range, options)),
    purge: () => guard(async () => store.purge?.()),
    close: () => coded(() => store.close()),
  };
}

/** The error of a vault that was closed; what is under way may be tried again with another one. */
export function vaultClosed(isUnderWay: boolean): FieldsealError {
  return new FieldsealError("VAULT_CLOSED", "the vault is closed", { retryable: isUnderWay });
}

async function coded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw driverError("VAULT_UNAVAILABLE", "the store failed", error);
  }
}
