// An HTTP listener for one AWS endpoint, whatever its protocol: it injects faults, counts calls and keeps a log. I/O.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createFaultControl, type FaultDecision, type FaultPlan, type FaultSwitch } from "../faults/fault-switch.ts";
import { type ListenOptions, listenOnLoopback, type RunningServer } from "../loopback/listen.ts";
import { type ReadBody, readBody } from "../loopback/read-body.ts";

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

/** One line of the request log; it never holds a plaintext, a ciphertext or a secret. */
export interface RequestLogEntry {
  readonly requestId: string;
  /** Such as `Decrypt` or `GetObject`; `Unknown` for what the endpoint does not know. */
  readonly operation: string;
  /** The resource as the caller named it, such as a key id or a bucket. */
  readonly resource: string | undefined;
  /** HTTP status; 0 when the connection was reset. */
  readonly status: number;
  /** Name of the exception, if one was answered. */
  readonly error: string | undefined;
  /** The injected fault that caused the outcome. */
  readonly fault: string | undefined;
}

/** How an endpoint reads and answers requests. */
export interface AwsProtocol {
  readonly maxRequestBytes: number;
  readonly requestIdHeader: string;
  readCall(message: IncomingMessage): AwsCall;
}

/** A request whose head was read. */
export interface AwsCall {
  /** The operation's name; undefined where there is no such operation, and then no fault strikes. */
  readonly operation: string | undefined;
  answer(body: ReadBody, fault: FaultDecision["failure"]): AwsAnswer | Promise<AwsAnswer>;
}

/** A response, and what the log says of it. */
export interface AwsAnswer {
  /** 0: reset the connection. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly resource?: string | undefined;
  readonly error?: string;
}

const MAX_LOG_ENTRIES = 10_000;
const noFault: FaultDecision = { latencyMs: 0, failure: undefined };

/** Starts an endpoint. @throws HOST_REFUSED, LISTEN_FAILED, CONFIG_INVALID */
export async function startAwsServer(protocol: AwsProtocol, options: AwsServerOptions): Promise<AwsServer> {
  const { seed, faults: plan } = options;
  const control = createFaultControl({ ...(seed !== undefined && { seed }), ...(plan !== undefined && { plan }) });
  const counts = new Map<string, number>();
  const log: RequestLogEntry[] = [];

  const server = createServer(async (message, response) => {
    const requestId = randomUUID();
    const call = protocol.readCall(message);
    const { operation = "Unknown" } = call;
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    const body = await readBody(message, protocol.maxRequestBytes);
    const { latencyMs, failure: fault } = call.operation === undefined ? noFault : control.decide(operation);
    if (latencyMs > 0) await delay(latencyMs, undefined, { ref: false });
    const answer = await call.answer(body, fault);
    const { status, resource, error } = answer;
    log.push({ requestId, operation, resource, status, error, fault });
    if (log.length > MAX_LOG_ENTRIES) log.shift();
    send(response, answer, { [protocol.requestIdHeader]: requestId });
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

function send(response: ServerResponse, answer: AwsAnswer, id: Readonly<Record<string, string>>): void {
  const { status, headers, body = "" } = answer;
  if (status === 0) {
    response.socket?.resetAndDestroy();
    return;
  }
  const length = status === 204 ? {} : { "content-length": String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...length, ...headers, ...id });
  response.end(body);
}
