// Runs the function, checks its result, and answers the viewer: with an error, a generated response or the origin's. I/O.
import type { ServerResponse } from "node:http";
import type { CloudFrontRequestEvent } from "aws-lambda";
import { EmulatorError } from "../emulator-error.ts";
import { cloudFrontHeaders, sendErrorPage, sendGenerated } from "./answer.ts";
import { towardsOrigin } from "./build-event.ts";
import { checkResult, type ForwardedRequest, type GeneratedResponse } from "./check-result.ts";
import type { Distribution } from "./distribution.ts";
import { type EdgeResult, notForwarded } from "./edge-log.ts";
import { forward } from "./forward.ts";
import { runHandler } from "./run-handler.ts";
import type { ViewerRequest } from "./viewer-request.ts";

/** Takes one event all the way to the viewer's answer. */
export async function runAndAnswer(
  distribution: Distribution,
  viewer: ViewerRequest,
  { event, requestId, response }: { event: CloudFrontRequestEvent; requestId: string; response: ServerResponse },
): Promise<EdgeResult> {
  const { options, limits, eventType } = distribution;
  const run = await runHandler(options.handler, event, { timeoutMs: limits.timeoutMs, requestId });
  if (run.kind !== "returned") {
    if (run.kind === "threw") options.onHandlerError?.(run.error);
    const reason = run.kind === "threw" ? `the function threw ${errorClass(run.error)}` : "the function took too long";
    sendErrorPage(response, { status: 503, reason, requestId, xCache: "LambdaExecutionError" });
    return notForwarded(run.kind, 503, reason);
  }
  let checked: ForwardedRequest | GeneratedResponse;
  try {
    const request = event.Records[0]?.cf.request;
    if (request === undefined) throw new EmulatorError("RESULT_INVALID", "the event holds no request");
    checked = checkResult(run.result, { eventType, limits, request });
  } catch (error) {
    const { message } = error as EmulatorError;
    const reason = `The Lambda function result failed validation: ${message}`;
    sendErrorPage(response, { status: 502, reason, requestId, xCache: "LambdaValidationError" });
    return notForwarded("invalid", 502, message);
  }
  if (checked.kind === "response") {
    sendGenerated(response, checked, requestId);
    return notForwarded("generated", checked.status);
  }
  return sendToOrigin(distribution, viewer, { request: checked, requestId, response });
}

async function sendToOrigin(
  distribution: Distribution,
  viewer: ViewerRequest,
  { request, requestId, response }: { request: ForwardedRequest; requestId: string; response: ServerResponse },
): Promise<EdgeResult> {
  const { options, eventType, customHeaders } = distribution;
  const atOrigin = eventType === "origin-request";
  const headers = atOrigin ? request.headers : towardsOrigin(distribution, request.headers, viewer.clientIp);
  const path = (atOrigin ? request.originPath : (options.origin.path ?? "")) + request.uri;
  const body = request.replacement?.bytes ?? viewer.body;
  const outcome = await forward(
    {
      host: options.origin.host,
      port: options.origin.port,
      method: viewer.method,
      path: request.querystring === "" ? path : `${path}?${request.querystring}`,
      headers: {
        ...headers,
        ...(atOrigin ? request.originHeaders : customHeaders),
        "x-amz-cf-id": [{ key: "X-Amz-Cf-Id", value: requestId }],
      },
      body,
      framing: options.originFraming ?? "content-length",
      timeoutMs: options.originTimeoutMs ?? 30_000,
    },
    response,
    (status) => cloudFrontHeaders(requestId, status >= 400 ? "Error" : "Miss"),
  );
  const facts = {
    bodyReplaced: request.replacement !== undefined,
    outputTruncated: request.replacement?.truncated ?? false,
    headersChanged: request.headersChanged,
    originBodyBytes: body.length,
  };
  if ("status" in outcome) return { outcome: "forwarded", status: outcome.status, reason: undefined, ...facts };
  const [status, reason] =
    outcome.failure === "timed-out"
      ? [504, "CloudFront got no answer from the origin in time"]
      : [502, "CloudFront was not able to connect to the origin"];
  if (!response.headersSent && !response.destroyed) {
    sendErrorPage(response, { status, reason, requestId, xCache: "Error" });
  }
  return { outcome: "origin-failed", status, reason, ...facts };
}

// The class only: a message may quote what the function worked on.
function errorClass(error: unknown): string {
  return error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : "a value that is no Error";
}
