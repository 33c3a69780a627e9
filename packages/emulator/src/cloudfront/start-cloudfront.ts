// Starts the CloudFront emulator: one distribution, one behaviour, one edge function, one origin. I/O.
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createFaultControl, type FaultControl, type FaultSwitch } from "../faults/fault-switch.ts";
import { listenOnLoopback, type RunningServer } from "../loopback/listen.ts";
import { sendErrorPage } from "./answer.ts";
import { buildEvent } from "./build-event.ts";
import { type CloudFrontOptions, type Distribution, describeDistribution } from "./distribution.ts";
import { type EdgeLogEntry, type EdgeResult, notForwarded } from "./edge-log.ts";
import { runAndAnswer } from "./run-and-answer.ts";
import { readViewerRequest, targetOf } from "./viewer-request.ts";

/** A running CloudFront emulator. */
export interface CloudFrontServer extends RunningServer {
  readonly faults: FaultSwitch;
  /** The newest 10,000 requests, oldest first, without bodies. */
  readonly events: readonly EdgeLogEntry[];
  /** What became of the newest request. */
  readonly lastResult: EdgeResult | undefined;
}

const MAX_LOG_ENTRIES = 10_000;
// Above CloudFront's own 20,480, so that the emulator answers and not Node's parser.
const PARSER_HEADER_BYTES = 128 * 1024;

/**
 * Starts a CloudFront emulator on 127.0.0.1 that runs an edge function on every request and passes it to an origin.
 *
 * The function gets the event that Lambda@Edge would give it: the body in base64, cut at 1 MB (40 KB for a
 * viewer request), no disallowed headers. Its result is validated as in production: a forbidden or read-only header
 * touched, invalid base64, a changed method, a wrong status are a 502; throwing or taking too long is a 503; a body
 * that is replaced is cut at the output limit without notice; a body that is not replaced goes out in full.
 * Not modelled: caching (the function runs on every request), origin groups, S3 origins, changing to another origin,
 * CloudFront Functions, response events. The origin policy is "all viewer headers but Host".
 *
 * @throws HOST_REFUSED, LISTEN_FAILED, CONFIG_INVALID
 * @example
 * ```ts
 * import { startCloudFront, startOrigin } from "@fieldseal/emulator";
 * const origin = await startOrigin();
 * const edge = await startCloudFront({
 *   origin,
 *   handler: async (event) => event.Records[0]?.cf.request,
 * });
 * await fetch(`${edge.url}/v1/customers`, { method: "POST", body: "{}" });
 * console.log(edge.lastResult?.outcome, origin.last?.body.toString()); // forwarded {}
 * await edge.close();
 * await origin.close();
 * ```
 */
export async function startCloudFront(options: CloudFrontOptions): Promise<CloudFrontServer> {
  const { seed, faults: plan } = options;
  const control = createFaultControl({ ...(seed !== undefined && { seed }), ...(plan !== undefined && { plan }) });
  const distribution = describeDistribution(options);
  const events: EdgeLogEntry[] = [];
  const server = createServer({ maxHeaderSize: PARSER_HEADER_BYTES }, async (message, response) => {
    const entry = await serve({ distribution, control, message, response });
    if (entry === undefined) return;
    events.push(entry);
    if (events.length > MAX_LOG_ENTRIES) events.shift();
  });
  const running = await listenOnLoopback(server, options);
  return {
    ...running,
    faults: control.faults,
    events,
    get lastResult() {
      return events.at(-1)?.result;
    },
  };
}

interface Exchange {
  readonly distribution: Distribution;
  readonly control: FaultControl;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

async function serve(exchange: Exchange): Promise<EdgeLogEntry | undefined> {
  const { distribution, control, message, response } = exchange;
  const requestId = `${randomBytes(40).toString("base64url")}==`;
  const { method = "GET", url = "/" } = message;
  const viewer = await readViewerRequest(message);
  if (viewer === undefined) return undefined;
  const seen = { requestId, method, uri: targetOf(url).replace(/\?.*/s, ""), bodyBytes: 0, exposedBytes: undefined };
  if ("reason" in viewer) {
    sendErrorPage(response, { ...viewer, requestId, xCache: "Error" });
    return { ...seen, inputTruncated: false, result: notForwarded("refused", viewer.status, viewer.reason) };
  }
  const { latencyMs, failure } = control.decide(method);
  if (latencyMs > 0) await delay(latencyMs, undefined, { ref: false });
  if (failure !== undefined) {
    const result = injectFault(failure, response, requestId);
    return { ...seen, bodyBytes: viewer.body.length, inputTruncated: false, result };
  }
  const event = buildEvent(distribution, viewer, requestId);
  const body = event.Records[0]?.cf.request.body;
  return {
    ...seen,
    bodyBytes: viewer.body.length,
    exposedBytes: body === undefined ? undefined : Buffer.from(body.data, "base64").length,
    inputTruncated: body?.inputTruncated ?? false,
    result: await runAndAnswer(distribution, viewer, { event, requestId, response }),
  };
}

function injectFault(
  failure: "connectionReset" | "throttling" | "accessDenied" | "serverError",
  response: ServerResponse,
  requestId: string,
): EdgeResult {
  if (failure === "connectionReset") {
    response.socket?.resetAndDestroy();
    return notForwarded("fault", 0, failure);
  }
  const status = { throttling: 503, accessDenied: 403, serverError: 500 }[failure];
  const xCache = failure === "throttling" ? "LambdaLimitExceeded" : "Error";
  sendErrorPage(response, { status, reason: `injected fault: ${failure}`, requestId, xCache });
  return notForwarded("fault", status, failure);
}
