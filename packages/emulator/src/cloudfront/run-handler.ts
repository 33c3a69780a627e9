// Runs an edge function as Lambda does: JSON in, JSON out, within a time limit. The function runs in this process.
import type { CloudFrontRequestEvent, CloudFrontRequestResult, Context } from "aws-lambda";
import { EmulatorError } from "../emulator-error.ts";

/** An edge function: async only, since the current Lambda runtimes call no callbacks. */
export type EdgeRequestHandler = (event: CloudFrontRequestEvent, context: Context) => Promise<CloudFrontRequestResult>;

/** How a run ended. */
export type HandlerRun =
  | { readonly kind: "returned"; readonly result: unknown }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "timed-out" };

/** Calls the function with its own copy of the event; a result that JSON cannot hold counts as thrown. */
export async function runHandler(
  handler: EdgeRequestHandler,
  event: CloudFrontRequestEvent,
  options: { timeoutMs: number; requestId: string },
): Promise<HandlerRun> {
  const { timeoutMs, requestId } = options;
  const context = lambdaContext(requestId, Date.now() + timeoutMs);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<HandlerRun>((resolve) => {
    timer = setTimeout(() => resolve({ kind: "timed-out" }), timeoutMs);
  });
  const run = (async (): Promise<HandlerRun> => {
    try {
      const returned: unknown = handler(structuredClone(event), context);
      if (!isPromise(returned))
        throw new EmulatorError("HANDLER_INVALID", "the function must be async: it returned no promise");
      const result = await returned;
      return { kind: "returned", result: result === undefined ? null : JSON.parse(JSON.stringify(result)) };
    } catch (error) {
      return { kind: "threw", error };
    }
  })();
  try {
    return await Promise.race([run, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}

function lambdaContext(awsRequestId: string, deadline: number): Context {
  const functionName = "us-east-1.edge-function";
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: "1",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:edge-function:1",
    memoryLimitInMB: "128",
    awsRequestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: "emulator",
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: refuseCallback,
    fail: refuseCallback,
    succeed: refuseCallback,
  };
}

function refuseCallback(): never {
  throw new EmulatorError("HANDLER_INVALID", "current Lambda runtimes call no callbacks: return a promise");
}
