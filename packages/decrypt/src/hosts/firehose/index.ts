export type { Caller, ContextSource, HostOptions } from "../host-reader.ts";
export type {
  FirehoseEvent,
  FirehoseOptions,
  FirehoseRecordResult,
  FirehoseResult,
  FirehoseTransform,
} from "./firehose-transform.ts";
export { createFirehoseTransform } from "./firehose-transform.ts";
