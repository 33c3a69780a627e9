// Lines as events of Amazon EventBridge (API Reference, PutEvents). I/O.
import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { FieldsealError } from "@fieldseal/core/errors";
import { lineBatches } from "../line-batches.ts";
import type { LineSink } from "../sink.ts";

export interface EventBridgeSinkOptions {
  readonly client: EventBridgeClient;
  /** Name or ARN of the bus; default: the account's default bus. */
  readonly eventBusName?: string;
  /** `source` of the events; default `fieldseal.audit`. */
  readonly source?: string;
}

const detailType = "fieldseal.audit.line";
// Of one PutEvents call; 1,024 bytes are more than the bus, the source and the time take.
const limits = { maxLines: 10, maxBytes: 256 * 1024, overhead: detailType.length + 1024 };
const maxAttempts = 5;

/** One event for each line; its detail is the line. Entries that the bus refused are put again, in order. */
export function eventBridgeSink({ client, eventBusName, source }: EventBridgeSinkOptions): LineSink {
  const put = async (lines: readonly string[]): Promise<readonly string[]> => {
    const entries = lines.map((line) => ({
      Source: source ?? "fieldseal.audit",
      DetailType: detailType,
      Detail: line,
      ...(eventBusName === undefined ? {} : { EventBusName: eventBusName }),
    }));
    const { Entries } = await client.send(new PutEventsCommand({ Entries: entries }));
    return lines.filter((_, index) => Entries?.[index]?.EventId === undefined);
  };
  return {
    async append(lines) {
      for (const batch of lineBatches(lines, limits)) {
        let rest: readonly string[] = batch;
        for (let attempt = 0; rest.length > 0; attempt++) {
          if (attempt === maxAttempts) {
            throw new FieldsealError("AUDIT_UNAVAILABLE", "EventBridge refused audit events", { retryable: true });
          }
          rest = await put(rest);
        }
      }
    },
  };
}
