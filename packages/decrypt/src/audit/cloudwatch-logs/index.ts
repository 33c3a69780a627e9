export type { CloudWatchLogsSinkOptions } from "./cloudwatch-logs-sink.ts";
export { cloudWatchLogsSink } from "./cloudwatch-logs-sink.ts";
