// A Lambda function that decrypts: invoked directly, or through API Gateway.
import { isUtf8 } from "node:buffer";
import { FieldsealError } from "@fieldseal/core/errors";
import {
  type Caller,
  createHostReader,
  type HostOptions,
  type HostReader,
  refuseUnknownOptions,
  requireOptions,
} from "../host-reader.ts";
import { bytesOfText, openBatchOf, openFieldOf, openOne, requestOf } from "../operations.ts";
import { failureOf } from "../status.ts";
import { callerOf, checkIdentity, type LambdaIdentity } from "./identity.ts";

export interface LambdaOptions extends HostOptions {
  readonly identity: LambdaIdentity;
}

export interface LambdaDecryptHandler {
  (event: unknown, context?: { readonly awsRequestId?: string }): Promise<unknown>;
  /** Zeroes the data keys that are held; nothing can be opened after. For who outlives the handler, such as tests. */
  close(): Promise<void>;
}

type Members = Readonly<Record<string, unknown>>;

const noStore = { "cache-control": "no-store" };

/**
 * Creates a handler. Invoked directly it takes `{ body, mediaType }`, `{ field, envelope }` or
 * `{ records: [{ body, mediaType }] }` and gives `{ body }`, `{ value }` or `{ results }`, or fails with the code as the
 * error's name. Behind API Gateway it answers POST on paths that end in `/decrypt`, `/decrypt-field` or
 * `/decrypt-batch`.
 *
 * @throws {FieldsealError} as every host: `CONFIG_INVALID` without `expect`, `access` or `identity`,
 * `CONTEXT_UNBOUND`.
 *
 * @example
 * ```ts
 * import type { KeyProvider } from "@fieldseal/decrypt";
 * import { createLambdaHandler, type LambdaDecryptHandler } from "@fieldseal/decrypt/lambda";
 * declare const keys: KeyProvider;
 * export const handler: LambdaDecryptHandler = createLambdaHandler({
 *   keys,
 *   access: { rules: [{ principal: "role:refunds", fields: { ssn: { mask: 4 } } }] },
 *   expect: { ssn: "$..ssn" },
 *   identity: { from: "configuration", caller: { principal: "role:refunds" } },
 * });
 * ```
 */
export function createLambdaHandler(options: LambdaOptions): LambdaDecryptHandler {
  refuseUnknownOptions(options, { identity: true });
  const reader = createHostReader(options);
  requireOptions(options, ["identity"]);
  const { identity } = options;
  checkIdentity(identity);
  const handle = async (event: unknown, context?: { readonly awsRequestId?: string }): Promise<unknown> => {
    const requestId = context?.awsRequestId;
    const caller = (): Caller => ({
      ...callerOf(event, identity),
      ...(requestId === undefined ? {} : { requestId }),
    });
    if (isHttp(event)) return await answerHttp(reader, event, caller);
    try {
      return await answerDirect(reader, event, caller());
    } catch (error) {
      const { code, retryable } = failureOf(error);
      // Lambda tells callers an error's name and message, and logs them.
      throw Object.assign(new Error(retryable ? "try again" : "refused"), { name: code, stack: "" });
    }
  };
  return Object.assign(handle, { close: () => reader.close() });
}

async function answerDirect(reader: HostReader, event: unknown, caller: Caller): Promise<object> {
  if (typeof event !== "object" || event === null) throw invalid();
  if ("records" in event) return await openBatchOf(reader, event, caller);
  if ("envelope" in event) return await openFieldOf(reader, event, caller);
  const { body, mediaType } = event as Members;
  if (typeof body !== "string" || typeof mediaType !== "string") throw invalid();
  const opened = await openOne(reader, { bytes: bytesOfText(body), mediaType }, caller);
  return { body: Buffer.from(opened).toString() };
}

interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded?: true;
}

async function answerHttp(reader: HostReader, event: Members, caller: () => Caller): Promise<HttpAnswer> {
  const json = { ...noStore, "content-type": "application/json" };
  try {
    const who = caller();
    const { mediaType, bytes, operation } = requestOfHttp(event);
    if (operation === "decrypt") {
      const opened = await openOne(reader, { bytes, mediaType }, who);
      const headers = { ...noStore, "content-type": mediaType };
      if (isUtf8(opened)) return { statusCode: 200, headers, body: Buffer.from(opened).toString() };
      // Files among the parts of a form: as text they would come back as other bytes.
      return { statusCode: 200, headers, body: Buffer.from(opened).toString("base64"), isBase64Encoded: true };
    }
    const open = operation === "decrypt-field" ? openFieldOf : openBatchOf;
    return { statusCode: 200, headers: json, body: JSON.stringify(await open(reader, requestOf(bytes), who)) };
  } catch (error) {
    const { status, code, retryable } = failureOf(error);
    const headers = status === 405 ? { ...json, allow: "POST" } : json;
    return { statusCode: status, headers, body: JSON.stringify({ code, retryable }) };
  }
}

function requestOfHttp({ headers, body, isBase64Encoded, rawPath, path, httpMethod, requestContext }: Members): {
  mediaType: string;
  bytes: Uint8Array;
  operation: string;
} {
  const method = httpMethod ?? (requestContext as { http?: { method?: unknown } } | null)?.http?.method;
  const operation = /\/(decrypt(?:-field|-batch)?)$/.exec(String(rawPath ?? path))?.[1];
  if (operation === undefined) throw new FieldsealError("RESOURCE_UNKNOWN", "nothing is under this path");
  if (method !== "POST") throw new FieldsealError("METHOD_NOT_ALLOWED", "expects POST");
  const all = Object.entries((headers ?? {}) as Members).filter(([name]) => name.toLowerCase() === "content-type");
  const mediaType = all.length === 1 ? all[0]![1] : undefined;
  if (typeof mediaType !== "string") throw new FieldsealError("MEDIA_TYPE_MISSING", "expects one Content-Type");
  const text = typeof body === "string" ? body : "";
  const bytes = isBase64Encoded === true ? Buffer.from(text, "base64") : bytesOfText(text);
  return { mediaType, bytes, operation };
}

function isHttp(event: unknown): event is Members {
  return typeof event === "object" && event !== null && "requestContext" in event;
}

function invalid(): FieldsealError {
  return new FieldsealError("REQUEST_INVALID", "the event is none of the forms that the handler takes");
}
