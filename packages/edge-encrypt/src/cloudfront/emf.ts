// Log lines that CloudWatch also counts (CloudWatch Embedded Metric Format specification). Pure.
import type { RefusalEvent, SealedEvent } from "./log-events.ts";

const metrics = [
  { Name: "Requests", Unit: "Count" },
  { Name: "Fields", Unit: "Count" },
  { Name: "BytesIn", Unit: "Bytes" },
  { Name: "BytesOut", Unit: "Bytes" },
  { Name: "Duration", Unit: "Microseconds" },
];

/** The event with what makes metrics of it: by policy, and by policy and outcome (`SEALED`, or the code). */
export function withMetrics(event: RefusalEvent | SealedEvent, timestamp: number): object {
  const isRefusal = "code" in event;
  const fields = isRefusal ? 0 : Object.values(event.fields).reduce((sum, count) => sum + count, 0);
  const [bytesIn, bytesOut] = isRefusal ? [0, 0] : [event.bytesIn, event.bytesOut];
  const dimensions = [["policy"], ["policy", "outcome"]];
  return {
    ...event,
    outcome: isRefusal ? event.code : "SEALED",
    ...{ Requests: 1, Fields: fields, BytesIn: bytesIn, BytesOut: bytesOut, Duration: event.microseconds },
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: [{ Namespace: "Fieldseal", Dimensions: dimensions, Metrics: metrics }],
    },
  };
}
