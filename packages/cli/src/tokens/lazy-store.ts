// A vault's store that its first call opens, and so makes: what fails before that leaves no empty vault behind. I/O.
import type { VaultStore } from "@fieldseal/tokenizer/vault";

export function lazyStore(open: () => Promise<VaultStore>): VaultStore {
  let opened: Promise<VaultStore> | undefined;
  const store = (): Promise<VaultStore> => {
    opened ??= open();
    return opened;
  };
  return {
    get: async (...asked) => (await store()).get(...asked),
    getMany: async (...asked) => (await store()).getMany(...asked),
    putIfAbsent: async (...asked) => (await store()).putIfAbsent(...asked),
    putManyIfAbsent: async (...asked) => (await store()).putManyIfAbsent(...asked),
    putIfEquals: async (...asked) => (await store()).putIfEquals(...asked),
    deleteIfEquals: async (...asked) => (await store()).deleteIfEquals(...asked),
    scan: async (...asked) => (await store()).scan(...asked),
    purge: async () => (await store()).purge?.(),
    // Of a store that could not be opened its first caller was told.
    close: async () =>
      opened?.then(
        (one) => one.close(),
        () => {},
      ),
  };
}
