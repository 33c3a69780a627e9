export type { ObjectItem } from "./item.ts";
export type { InvocationContext, MapHandler, MapHandlerOptions } from "./map-handler.ts";
export { createMapHandler, failedErrorName, retryableErrorName } from "./map-handler.ts";
export type { ObjectHeaders, ObjectStore, ObjectVersion, SourceObject, StoreErrorCode } from "./object-store.ts";
export { storeError } from "./object-store.ts";
export type { ItemOptions, ItemResult, ObjectLocation, ProcessItem } from "./process-item.ts";
export { createItemProcessor } from "./process-item.ts";
