// Starts the CloudWatch Logs emulator: CreateLogStream and PutLogEvents. I/O.
import { AwsError } from "../aws-json/aws-error.ts";
import { startAwsJsonServer } from "../aws-json/aws-json-server.ts";
import { type JsonObject, listOfObjects, requiredInteger, requiredString } from "../aws-json/input.ts";
import type { AwsService } from "../aws-json/service.ts";
import type { AwsServer, AwsServerOptions } from "../aws-server/aws-server.ts";

/** Options of {@link startCloudWatchLogs}. */
export interface CloudWatchLogsOptions extends AwsServerOptions {
  /** Names of the log groups that exist. */
  readonly groups: readonly string[];
  /** Milliseconds since the epoch; decides what is too old or too new. */
  readonly now?: () => number;
}

/** One event of a log stream. */
export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** A running CloudWatch Logs emulator. */
export interface CloudWatchLogsServer extends AwsServer {
  /** Events of a stream, oldest first; undefined where there is none of that name. */
  eventsOf(group: string, stream: string): readonly LogEvent[] | undefined;
}

type Groups = ReadonlyMap<string, Map<string, LogEvent[]>>;

const MAX_EVENTS = 10_000;
const MAX_BATCH_BYTES = 1_048_576;
const EVENT_OVERHEAD = 26;
const DAY = 86_400_000;
const MAX_AGE = 14 * DAY;
const MAX_AHEAD = DAY / 12;
const NAME = { max: 512 };

/**
 * Starts an Amazon CloudWatch Logs emulator on 127.0.0.1; it answers CreateLogStream and PutLogEvents, with their size
 * and time limits. Log groups are given at the start.
 *
 * @throws HOST_REFUSED, LISTEN_FAILED, CONFIG_INVALID
 */
export async function startCloudWatchLogs(options: CloudWatchLogsOptions): Promise<CloudWatchLogsServer> {
  const groups: Groups = new Map(options.groups.map((name) => [name, new Map<string, LogEvent[]>()]));
  const server = await startAwsJsonServer([logsService(groups, options.now ?? Date.now)], options);
  return Object.assign(server, {
    eventsOf: (group: string, stream: string) => groups.get(group)?.get(stream),
  });
}

function logsService(groups: Groups, now: () => number): AwsService {
  return {
    targetPrefix: "Logs_20140328",
    actionPrefix: "logs",
    internalError: "ServiceUnavailableException",
    resourceMember: "logGroupName",
    operations: new Map([
      ["CreateLogStream", (input) => createLogStream(groups, input)],
      ["PutLogEvents", (input) => putLogEvents(groups, input, now())],
    ]),
  };
}

function createLogStream(groups: Groups, input: JsonObject): JsonObject {
  const group = groupOf(groups, input);
  const stream = requiredString(input, "logStreamName", NAME);
  if (group.has(stream)) {
    throw new AwsError("ResourceAlreadyExistsException", "The specified log stream already exists");
  }
  group.set(stream, []);
  return {};
}

function putLogEvents(groups: Groups, input: JsonObject, now: number): JsonObject {
  const stream = groupOf(groups, input).get(requiredString(input, "logStreamName", NAME));
  if (stream === undefined) {
    throw new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
  }
  const events = listOfObjects(input, "logEvents", { max: MAX_EVENTS }).map((event): LogEvent => {
    const message = requiredString(event, "message", { max: MAX_BATCH_BYTES });
    return { timestamp: requiredInteger(event, "timestamp", 0, Number.MAX_SAFE_INTEGER), message };
  });
  const size = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD, 0);
  if (size > MAX_BATCH_BYTES) {
    throw new AwsError(
      "InvalidParameterException",
      `Upload too large: ${size} bytes exceeds limit of ${MAX_BATCH_BYTES}`,
    );
  }
  if (events.some(({ timestamp }, index) => index > 0 && timestamp < events[index - 1]!.timestamp)) {
    throw new AwsError("InvalidParameterException", "Log events in a single PutLogEvents request must be in order.");
  }
  const tooOld = events.filter(({ timestamp }) => timestamp < now - MAX_AGE).length;
  const firstTooNew = events.findIndex(({ timestamp }) => timestamp > now + MAX_AHEAD);
  const accepted = events.slice(tooOld, firstTooNew < 0 ? undefined : firstTooNew);
  // What is too old or too new does not count here.
  if (accepted.length > 0 && accepted.at(-1)!.timestamp - accepted[0]!.timestamp > DAY) {
    throw new AwsError("InvalidParameterException", "Log events in a single request cannot span more than 24 hours.");
  }
  stream.push(...accepted);
  const rejected = {
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(firstTooNew >= 0 && { tooNewLogEventStartIndex: firstTooNew }),
  };
  return { nextSequenceToken: "0", ...(Object.keys(rejected).length > 0 && { rejectedLogEventsInfo: rejected }) };
}

function groupOf(groups: Groups, input: JsonObject): Map<string, LogEvent[]> {
  const group = groups.get(requiredString(input, "logGroupName", NAME));
  if (group === undefined) throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
  return group;
}
