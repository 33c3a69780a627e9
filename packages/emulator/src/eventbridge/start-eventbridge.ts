// Starts the EventBridge emulator: PutEvents. I/O.
import { randomUUID } from "node:crypto";
import { validationError } from "../aws-json/aws-error.ts";
import { startAwsJsonServer } from "../aws-json/aws-json-server.ts";
import { type JsonObject, listOfObjects, optionalString } from "../aws-json/input.ts";
import type { AwsService } from "../aws-json/service.ts";
import type { AwsServer, AwsServerOptions } from "../aws-server/aws-server.ts";

/** Options of {@link startEventBridge}. */
export interface EventBridgeOptions extends AwsServerOptions {
  /** Whether the entry at `index` (counted over all calls) is refused, as a bus under load does. Default: none is. */
  readonly refuseEntry?: (index: number) => boolean;
}

/** An event that the bus accepted. */
export interface BusEvent {
  readonly id: string;
  readonly source: string;
  readonly detailType: string;
  /** JSON text. */
  readonly detail: string;
  readonly eventBusName: string;
}

/** A running EventBridge emulator. */
export interface EventBridgeServer extends AwsServer {
  /** Accepted events, oldest first. */
  readonly events: readonly BusEvent[];
}

const MAX_ENTRIES = 10;
const MAX_BYTES = 256 * 1024;

/**
 * Starts an Amazon EventBridge emulator on 127.0.0.1; it answers PutEvents. Every bus exists, and rules are not modelled.
 *
 * @throws HOST_REFUSED, LISTEN_FAILED, CONFIG_INVALID
 */
export async function startEventBridge(options: EventBridgeOptions = {}): Promise<EventBridgeServer> {
  const events: BusEvent[] = [];
  const server = await startAwsJsonServer([eventBridgeService(events, options)], options);
  return Object.assign(server, { events });
}

function eventBridgeService(events: BusEvent[], { refuseEntry = () => false }: EventBridgeOptions): AwsService {
  let seen = 0;
  return {
    targetPrefix: "AWSEvents",
    actionPrefix: "events",
    internalError: "InternalException",
    resourceMember: "EndpointId",
    operations: new Map([["PutEvents", (input) => putEvents(input)]]),
  };

  function putEvents(input: JsonObject): JsonObject {
    const entries = listOfObjects(input, "Entries", { max: MAX_ENTRIES }).map(readEntry);
    const size = entries.reduce((sum, { source, detailType, detail }) => {
      return sum + Buffer.byteLength(source) + Buffer.byteLength(detailType) + Buffer.byteLength(detail);
    }, 0);
    if (size > MAX_BYTES) throw validationError("Total size of the entries in the request is over the limit.");
    const results = entries.map((event): JsonObject => {
      if (refuseEntry(seen++)) return { ErrorCode: "ThrottlingException", ErrorMessage: "Rate exceeded" };
      const fault = faultOf(event);
      if (fault !== null) return fault;
      events.push(event);
      return { EventId: event.id };
    });
    return { FailedEntryCount: results.filter((one) => "ErrorCode" in one).length, Entries: results };
  }
}

/** A bad entry is refused alone: the call itself succeeds. */
function faultOf({ source, detailType, detail }: BusEvent): JsonObject | null {
  const empty = Object.entries({ Source: source, DetailType: detailType, Detail: detail }).find(
    ([, text]) => text === "",
  );
  if (empty !== undefined) {
    return { ErrorCode: "InvalidArgument", ErrorMessage: `Parameter ${empty[0]} is not valid: it is required.` };
  }
  return isObject(detail) ? null : { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function readEntry(entry: JsonObject): BusEvent {
  const text = { min: 0, max: MAX_BYTES };
  return {
    id: randomUUID(),
    source: optionalString(entry, "Source", text) ?? "",
    detailType: optionalString(entry, "DetailType", text) ?? "",
    detail: optionalString(entry, "Detail", text) ?? "",
    eventBusName: typeof entry.EventBusName === "string" ? entry.EventBusName : "default",
  };
}
