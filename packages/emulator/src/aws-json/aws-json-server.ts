// The AWS JSON 1.1 protocol (POST /, X-Amz-Target, `__type` errors), open to any service. I/O: its listener.
import type { IncomingMessage } from "node:http";
import {
  type AwsAnswer,
  type AwsCall,
  type AwsServer,
  type AwsServerOptions,
  startAwsServer,
} from "../aws-server/aws-server.ts";
import type { FaultDecision } from "../faults/fault-switch.ts";
import type { ReadBody } from "../loopback/read-body.ts";
import { AwsError } from "./aws-error.ts";
import type { JsonObject } from "./input.ts";
import type { AwsService, Operation } from "./service.ts";

// More than the largest request of any service here, JSON around it included.
const MAX_REQUEST_BYTES = 2 * 1024 * 1024;
const MEDIA_TYPE = "application/x-amz-json-1.1";

/** Starts one listener for `services`. @throws HOST_REFUSED, LISTEN_FAILED, CONFIG_INVALID */
export async function startAwsJsonServer(
  services: readonly AwsService[],
  options: AwsServerOptions,
): Promise<AwsServer> {
  const readCall = (message: IncomingMessage): AwsCall => {
    const target = targetOf(services, message);
    return { operation: target.name, answer: (body, fault) => answer(target, body, fault) };
  };
  const protocol = { maxRequestBytes: MAX_REQUEST_BYTES, requestIdHeader: "x-amzn-requestid", readCall };
  return await startAwsServer(protocol, options);
}

type Target =
  | { readonly service: AwsService; readonly name: string; readonly operation: Operation }
  | { readonly service: AwsService | undefined; readonly name: undefined };

function targetOf(services: readonly AwsService[], message: IncomingMessage): Target {
  const target = String(message.headers["x-amz-target"] ?? "");
  const dot = target.lastIndexOf(".");
  const service = services.find(({ targetPrefix }) => targetPrefix === target.slice(0, Math.max(dot, 0)));
  const name = target.slice(dot + 1);
  const operation = service?.operations.get(name);
  return service === undefined || operation === undefined ? { service, name: undefined } : { service, name, operation };
}

async function answer(target: Target, read: ReadBody, fault: FaultDecision["failure"]): Promise<AwsAnswer> {
  let resource: string | undefined;
  try {
    if ("failure" in read) throw new AwsError("SerializationException", "The request body could not be read");
    if (target.name === undefined) throw new AwsError("UnknownOperationException");
    const input = parseInput(read.bytes);
    resource = resourceOf(input, target.service.resourceMember);
    if (fault === "connectionReset") return { status: 0, resource };
    if (fault !== undefined) throw faultError(fault, target.service, target.name);
    return { ...json(await target.operation(input)), status: 200, resource };
  } catch (thrown) {
    const error = thrown instanceof AwsError ? thrown : internalError(target.service);
    const { headers, body } = json({ __type: error.name, ...(error.message !== "" && { message: error.message }) });
    const named = { ...headers, "x-amzn-errortype": error.name };
    return { status: error.status, headers: named, body, resource, error: error.name };
  }
}

function json(value: JsonObject): { headers: Record<string, string>; body: string } {
  return { headers: { "content-type": MEDIA_TYPE }, body: JSON.stringify(value) };
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
