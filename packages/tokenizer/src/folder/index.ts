export type { FolderStoreOptions } from "./folder-store.ts";
export { createFolderStore } from "./folder-store.ts";
