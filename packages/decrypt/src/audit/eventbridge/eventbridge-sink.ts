// Lines as events of Amazon EventBridge (API Reference, PutEvents). I/O.
import { setTimeout } from "node:timers/promises";
import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { checkLimits } from "../../limits.ts";
import { lineBatches } from "../line-batches.ts";
import type { LineSink } from "../sink.ts";

export interface EventBridgeSinkOptions {
  readonly client: EventBridgeClient;
  /** Name or ARN of the bus; default: the account's default bus. */
  readonly eventBusName?: string;
  /** `source` of the events; default `fieldseal.audit`. */
  readonly source?: string;
  /** Milliseconds that one call may take, the client's retries included; default 10,000. */
  readonly timeout?: number;
}

const optionNames: Readonly<Record<keyof EventBridgeSinkOptions, true>> = {
  client: true,
  eventBusName: true,
  source: true,
  timeout: true,
};
/** Without `eventBusName` events go to the default bus: a misspelt one must not be passed over. */
const ofSink: Named = { what: "the options of an EventBridge sink", names: optionNames, code: "CONFIG_INVALID" };

const detailType = "fieldseal.audit.line";
// Of one PutEvents call; 1,024 bytes are more than the bus, the source and the time take.
const limits = { maxLines: 10, maxBytes: 256 * 1024, overhead: detailType.length + 1024 };
const maxAttempts = 5;
/** Milliseconds before entries are put again; each further pause is twice as long. */
const firstPause = 25;
// Everything that is opened waits for the trail.
const defaultTimeout = 10_000;

/**
 * One event for each line; its detail is the line. Entries that the bus refused are put again, in order, after a pause.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for a `timeout` that is not positive and finite, and for options that there
 * are not.
 */
export function eventBridgeSink(options: EventBridgeSinkOptions): LineSink {
  refuseUnknownNames(options, ofSink);
  const { client, eventBusName, source, timeout = defaultTimeout } = options;
  checkLimits({ timeout });
  const put = async (lines: readonly string[]): Promise<readonly string[]> => {
    const entries = lines.map((line) => ({
      Source: source ?? "fieldseal.audit",
      DetailType: detailType,
      Detail: line,
      ...(eventBusName === undefined ? {} : { EventBusName: eventBusName }),
    }));
    const abortSignal = AbortSignal.timeout(timeout);
    const { Entries } = await client.send(new PutEventsCommand({ Entries: entries }), { abortSignal });
    return lines.filter((_, index) => Entries?.[index]?.EventId === undefined);
  };
  return {
    async append(lines) {
      for (const batch of lineBatches(lines, limits)) {
        let rest = await put(batch);
        for (let again = 1; rest.length > 0; again++) {
          if (again === maxAttempts) {
            throw new FieldsealError("AUDIT_UNAVAILABLE", "EventBridge refused audit events", { retryable: true });
          }
          // The bus answers well and refuses entries where it is asked too often: the client does not repeat that.
          await setTimeout(firstPause * 2 ** (again - 1));
          rest = await put(rest);
        }
      }
    },
  };
}
