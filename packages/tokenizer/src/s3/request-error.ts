// What a failed request to S3 means to its caller: try again, list again, or correct the permissions. Pure.
import { FieldsealError } from "@fieldseal/core/errors";
import { storeError } from "../distributed-map/object-store.ts";

/** HTTP status of the client's error; undefined where no answer came. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** The coded error of what the client threw; a coded one, of the content that was sent, stays as it is. */
export function requestError(error: unknown): unknown {
  if (error instanceof FieldsealError) return error;
  const { name } = error as Error;
  const status = statusOf(error);
  if (status === undefined) return isOfNetwork(error) ? storeError("OBJECT_STORE_UNAVAILABLE", error) : error;
  if (name === "NoSuchBucket") return storeError("OBJECT_STORE_REFUSED", error);
  if (status === 404) return storeError("OBJECT_UNKNOWN", error);
  if (status === 412) return storeError("OBJECT_CHANGED", error);
  const passes = status >= 500 || status === 429 || status === 408 || status === 409;
  if (passes || transient.has(name)) return storeError("OBJECT_STORE_UNAVAILABLE", error);
  return storeError("OBJECT_STORE_REFUSED", error);
}

// Answered with 400 or 403 and yet for the moment only (Amazon S3 API Reference, "Error responses").
const transient = new Set([
  "RequestTimeout",
  "RequestTimeTooSkewed",
  "ExpiredToken",
  "Throttling",
  "ThrottlingException",
]);

function isOfNetwork(error: unknown): boolean {
  const { name, code, $retryable } = error as NodeJS.ErrnoException & { $retryable?: unknown };
  if ($retryable !== undefined || name === "TimeoutError" || name === "AbortError") return true;
  return /^(?:E(?:CONN|PIPE|TIMEDOUT|AI_AGAIN|NOTFOUND|HOSTUNREACH|NETUNREACH)|ERR_STREAM_PREMATURE_CLOSE)/.test(
    code ?? "",
  );
}
