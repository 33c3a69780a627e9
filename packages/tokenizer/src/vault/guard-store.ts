// One door to the store: whatever a driver throws leaves as VAULT_UNAVAILABLE, without the driver's text. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import type { VaultStore } from "./store.ts";

/** `store`, with every error of its driver replaced: a driver's message may hold keys or items of rows. */
export function guardStore(store: VaultStore): VaultStore {
  return {
    get: (key) => guard(() => store.get(key)),
    getMany: (keys) => guard(() => store.getMany(keys)),
    putIfAbsent: (key, item) => guard(() => store.putIfAbsent(key, item)),
    putManyIfAbsent: (entries) => guard(() => store.putManyIfAbsent(entries)),
    putIfEquals: (key, item, old) => guard(() => store.putIfEquals(key, item, old)),
    deleteIfEquals: (key, old) => guard(() => store.deleteIfEquals(key, old)),
    scan: (range, options) => guard(() => store.scan(range, options)),
    purge: () => guard(async () => store.purge?.()),
    close: () => guard(() => store.close()),
  };
}

async function guard<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FieldsealError) throw error;
    throw new FieldsealError("VAULT_UNAVAILABLE", `the store failed${driverCode(error)}`, { retryable: true });
  }
}

/** The driver's own short code (SQLSTATE, errno, exception name), where it is nothing but that. */
function driverCode(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const short = [code, name].find((text) => typeof text === "string" && /^[A-Za-z0-9_]{2,64}$/.test(text));
  return short === undefined ? "" : ` (${String(short)})`;
}
