export type { EventBridgeSinkOptions } from "./eventbridge-sink.ts";
export { eventBridgeSink } from "./eventbridge-sink.ts";
