// An HTTP listener for the AWS JSON 1.1 protocol (POST /, X-Amz-Target, `__type` errors), open to any service. I/O.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createFaultControl, type FaultControl, type FaultPlan, type FaultSwitch } from "../faults/fault-switch.ts";
import { type ListenOptions, listenOnLoopback, type RunningServer } from "../loopback/listen.ts";
import { readBody } from "../loopback/read-body.ts";
import { AwsError } from "./aws-error.ts";
import type { JsonObject } from "./input.ts";
import type { AwsService, Operation, RequestLogEntry } from "./service.ts";

/** Options that every emulated AWS endpoint takes. */
export interface AwsServerOptions extends ListenOptions {
  /** Faults in force from the start. */
  readonly faults?: FaultPlan;
  /** Seed of the fault probabilities. */
  readonly seed?: string;
}

/** A running AWS endpoint. */
export interface AwsServer extends RunningServer {
  readonly faults: FaultSwitch;
  /** Calls by operation since the start or the last `resetCalls()`, failed ones included. */
  readonly calls: Readonly<Record<string, number>>;
  /** Sets all counts to zero and empties the log. */
  resetCalls(): void;
  /** The newest 10,000 requests, oldest first. */
  readonly log: readonly RequestLogEntry[];
}

// More than the largest request of any service here, JSON around it included.
const MAX_REQUEST_BYTES = 2 * 1024 * 1024;
const MAX_LOG_ENTRIES = 10_000;
const MEDIA_TYPE = "application/x-amz-json-1.1";

interface Call {
  readonly requestId: string;
  readonly name: string;
  readonly service: AwsService | undefined;
  readonly operation: Operation | undefined;
  resource: string | undefined;
}

/** Starts one listener for `services`. @throws HOST_REFUSED, LISTEN_FAILED, CONFIG_INVALID */
export async function startAwsJsonServer(
  services: readonly AwsService[],
  options: AwsServerOptions,
): Promise<AwsServer> {
  const { seed, faults: plan } = options;
  const control = createFaultControl({ ...(seed !== undefined && { seed }), ...(plan !== undefined && { plan }) });
  const counts = new Map<string, number>();
  const log: RequestLogEntry[] = [];

  const server = createServer(async (message, response) => {
    const call = readCall(services, message);
    counts.set(call.name, (counts.get(call.name) ?? 0) + 1);
    const outcome = await answer(call, message, control);
    const { requestId, name: operation, resource } = call;
    log.push({ requestId, operation, resource, status: outcome.status, error: outcome.error, fault: outcome.fault });
    if (log.length > MAX_LOG_ENTRIES) log.shift();
    send(response, requestId, outcome);
  });
  const running = await listenOnLoopback(server, options);
  return {
    ...running,
    faults: control.faults,
    get calls() {
      return Object.fromEntries(counts);
    },
    resetCalls() {
      counts.clear();
      log.length = 0;
    },
    log,
  };
}

interface Outcome {
  /** 0: reset the connection. */
  readonly status: number;
  readonly body: JsonObject;
  readonly error: string | undefined;
  readonly fault: string | undefined;
}

const noFault = { latencyMs: 0, failure: undefined };

function readCall(services: readonly AwsService[], message: IncomingMessage): Call {
  const target = String(message.headers["x-amz-target"] ?? "");
  const dot = target.lastIndexOf(".");
  const service = services.find(({ targetPrefix }) => targetPrefix === target.slice(0, Math.max(dot, 0)));
  const operation = service?.operations.get(target.slice(dot + 1));
  const name = operation === undefined ? "Unknown" : target.slice(dot + 1);
  return { requestId: randomUUID(), name, service, operation, resource: undefined };
}

async function answer(call: Call, message: IncomingMessage, control: FaultControl): Promise<Outcome> {
  const read = await readBody(message, MAX_REQUEST_BYTES);
  const decision = call.operation === undefined ? noFault : control.decide(call.name);
  if (decision.latencyMs > 0) await delay(decision.latencyMs, undefined, { ref: false });
  try {
    if ("failure" in read) throw new AwsError("SerializationException", "The request body could not be read");
    if (call.service === undefined || call.operation === undefined) throw new AwsError("UnknownOperationException");
    const input = parseInput(read.bytes);
    call.resource = resourceOf(input, call.service.resourceMember);
    if (decision.failure === "connectionReset") {
      return { status: 0, body: {}, error: undefined, fault: decision.failure };
    }
    if (decision.failure !== undefined) throw faultError(decision.failure, call.service, call.name);
    return { status: 200, body: await call.operation(input), error: undefined, fault: undefined };
  } catch (thrown) {
    const error = thrown instanceof AwsError ? thrown : internalError(call.service);
    const body = { __type: error.name, ...(error.message !== "" && { message: error.message }) };
    return { status: error.status, body, error: error.name, fault: decision.failure };
  }
}

function parseInput(bytes: Buffer): JsonObject {
  let value: unknown;
  try {
    value = bytes.length === 0 ? {} : JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new AwsError("SerializationException", "The request body is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new AwsError("SerializationException", "The request body is not a JSON object");
  }
  return value as JsonObject;
}

// Only what looks like an identifier or an ARN is logged: a secret in the wrong member must not reach the log.
function resourceOf(input: JsonObject, member: string): string | undefined {
  const value = input[member];
  return typeof value === "string" && /^[\w:/.-]{1,300}$/.test(value) ? value : undefined;
}

function faultError(
  fault: "throttling" | "accessDenied" | "serverError",
  service: AwsService,
  operation: string,
): AwsError {
  if (fault === "throttling") return new AwsError("ThrottlingException", "Rate exceeded");
  if (fault === "serverError") return internalError(service);
  const action = `${service.actionPrefix}:${operation}`;
  const user = "arn:aws:iam::000000000000:user/emulator";
  return new AwsError("AccessDeniedException", `User: ${user} is not authorized to perform: ${action}`);
}

function internalError(service: AwsService | undefined): AwsError {
  return new AwsError(service?.internalError ?? "InternalFailure", "", 500);
}

function send(response: ServerResponse, requestId: string, outcome: Outcome): void {
  if (outcome.status === 0) {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = Buffer.from(JSON.stringify(outcome.body));
  response.writeHead(outcome.status, {
    "content-type": MEDIA_TYPE,
    "content-length": body.length,
    "x-amzn-requestid": requestId,
    ...(outcome.error !== undefined && { "x-amzn-errortype": outcome.error }),
  });
  response.end(body);
}
