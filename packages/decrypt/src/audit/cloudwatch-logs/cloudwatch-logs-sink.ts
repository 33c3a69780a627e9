// Lines in a log stream of Amazon CloudWatch Logs (API Reference, PutLogEvents). I/O.
import {
  type CloudWatchLogsClient,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
  type PutLogEventsCommandOutput,
} from "@aws-sdk/client-cloudwatch-logs";
import { FieldsealError } from "@fieldseal/core/errors";
import { checkLimits } from "../../limits.ts";
import { lineBatches } from "../line-batches.ts";
import type { LineSink } from "../sink.ts";

export interface CloudWatchLogsSinkOptions {
  readonly client: CloudWatchLogsClient;
  /** An existing log group. */
  readonly logGroupName: string;
  /** Made where it does not exist; best one for each process. */
  readonly logStreamName: string;
  /** Milliseconds that one call may take, the client's retries included; default 10,000. */
  readonly timeout?: number;
  /** The clock of log events; default: the system's. */
  readonly now?: () => Date;
}

// Of one PutLogEvents call.
const limits = { maxLines: 10_000, maxBytes: 1_048_576, overhead: 26 };
// Everything that is opened waits for the trail.
const defaultTimeout = 10_000;

/** One log event for each line. @throws {FieldsealError} `CONFIG_INVALID` for a `timeout` that is not positive and finite */
export function cloudWatchLogsSink(options: CloudWatchLogsSinkOptions): LineSink {
  const { client, logGroupName, logStreamName, timeout = defaultTimeout, now = () => new Date() } = options;
  checkLimits({ timeout });
  const inTime = (): { readonly abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(timeout) });
  let exists = false;
  const create = async (): Promise<void> => {
    try {
      await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }), inTime());
    } catch (error) {
      if ((error as Error).name !== "ResourceAlreadyExistsException") throw error;
    }
    exists = true;
  };
  const put = async (logEvents: InputLogEvent[]): Promise<PutLogEventsCommandOutput> => {
    const command = new PutLogEventsCommand({ logGroupName, logStreamName, logEvents });
    if (!exists) await create();
    try {
      return await client.send(command, inTime());
    } catch (error) {
      if ((error as Error).name !== "ResourceNotFoundException") throw error;
      // Somebody has deleted the stream; that lines are missing, the chain tells.
      await create();
      return await client.send(command, inTime());
    }
  };
  return {
    async append(lines) {
      const timestamp = now().getTime();
      for (const batch of lineBatches(lines, limits)) {
        const { rejectedLogEventsInfo } = await put(batch.map((message) => ({ timestamp, message })));
        if (rejectedLogEventsInfo !== undefined) {
          throw new FieldsealError("AUDIT_UNAVAILABLE", "CloudWatch Logs refused audit lines", {
            retryable: true,
            hint: "check this machine's clock",
          });
        }
      }
    },
  };
}
