// Starts the Amazon S3 emulator: the REST protocol for objects, by path-style addresses. I/O.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { AwsServer, AwsServerOptions } from "../aws-json/aws-json-server.ts";
import type { RequestLogEntry } from "../aws-json/service.ts";
import { createFaultControl, type FaultControl } from "../faults/fault-switch.ts";
import { listenOnLoopback } from "../loopback/listen.ts";
import { readBody } from "../loopback/read-body.ts";
import { createBuckets, type StoredObject } from "./buckets.ts";
import { operationOf, type S3Answer, type S3Operation } from "./operations.ts";
import { S3Error } from "./s3-error.ts";
import { xmlDocument } from "./xml.ts";

/** Options of {@link startS3}. */
export interface S3Options extends AwsServerOptions {
  /** Names of the buckets that there are. */
  readonly buckets: readonly string[];
  /** True: buckets keep every version of an object, and name it. */
  readonly versioned?: boolean;
}

/** A running S3 emulator. */
export interface S3Server extends AwsServer {
  /** Writes an object past the protocol; its ETag has its quotes. */
  put(
    bucket: string,
    key: string,
    content: string | Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): StoredObject;
  /** Bytes of an object; undefined where there is none. */
  bytes(bucket: string, key: string): Buffer | undefined;
  keys(bucket: string): string[];
  /** Keys of multipart uploads that were neither completed nor aborted. */
  uploads(bucket: string): string[];
}

const maxBodyBytes = 64 * 1024 * 1024;
const maxLogEntries = 10_000;

/**
 * Starts an S3 emulator on 127.0.0.1: GetObject, HeadObject, PutObject, DeleteObject, ListObjectsV2 and multipart uploads,
 * with `If-Match` of reads and `If-None-Match: *` of writes. Give the client `forcePathStyle: true`. Signatures are not
 * checked; ranges and bodies in signed chunks are `NotImplemented`.
 *
 * @throws HOST_REFUSED, LISTEN_FAILED, CONFIG_INVALID
 * @example
 * ```ts
 * import { startS3 } from "@fieldseal/emulator";
 * const s3 = await startS3({ buckets: ["lake"] });
 * s3.put("lake", "a.csv", "id\n1\n");
 * s3.faults.set({ throttling: { next: 1, operations: ["GetObject"] } }); // SlowDown, HTTP 503
 * await s3.close();
 * ```
 */
export async function startS3(options: S3Options): Promise<S3Server> {
  const { seed, faults: plan, versioned = false } = options;
  const control = createFaultControl({ ...(seed !== undefined && { seed }), ...(plan !== undefined && { plan }) });
  const buckets = createBuckets(options.buckets, versioned);
  const counts = new Map<string, number>();
  const log: RequestLogEntry[] = [];

  const server = createServer(async (message, response) => {
    const requestId = randomUUID();
    const call = readCall(message);
    const { name, bucket } = call;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    const outcome = await answer(call, message, control, (operation, body) => {
      const headers = message.headers as Record<string, string | undefined>;
      return operation(buckets, { ...call, headers, body });
    });
    const { status, error, fault } = outcome;
    log.push({ requestId, operation: name, resource: bucket, status, error, fault });
    if (log.length > maxLogEntries) log.shift();
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
    put: (bucket, key, content, headers = {}) =>
      buckets.put(bucket, key, { bytes: Buffer.from(content), headers }, { isAbsent: false }),
    bytes: (bucket, key) => buckets.list(bucket, key, "").find(([found]) => found === key)?.[1].bytes,
    keys: (bucket) => buckets.list(bucket, "", "").map(([key]) => key),
    uploads: buckets.uploads,
  };
}

interface Call {
  readonly name: string;
  readonly operation: S3Operation | undefined;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

function readCall({ method = "GET", url = "/" }: IncomingMessage): Call {
  const question = url.indexOf("?");
  const path = question < 0 ? url : url.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : url.slice(question + 1));
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  const [name, operation] = operationOf(method, key !== "", query) ?? ["Unknown", undefined];
  return { name, operation, bucket, key: decodePath(key), query };
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

interface Outcome extends S3Answer {
  readonly error: string | undefined;
  readonly fault: string | undefined;
}

async function answer(
  { name, operation }: Call,
  message: IncomingMessage,
  control: FaultControl,
  run: (operation: S3Operation, body: Buffer) => S3Answer,
): Promise<Outcome> {
  const read = await readBody(message, maxBodyBytes);
  const decision = operation === undefined ? { latencyMs: 0, failure: undefined } : control.decide(name);
  if (decision.latencyMs > 0) await delay(decision.latencyMs, undefined, { ref: false });
  const fault = decision.failure;
  try {
    if ("failure" in read) throw new S3Error(read.failure === "too-large" ? "EntityTooLarge" : "InternalError");
    if (operation === undefined) throw new S3Error("NotImplemented");
    if (fault === "connectionReset") return { status: 0, error: undefined, fault };
    if (fault === "throttling") throw new S3Error("SlowDown", "Please reduce your request rate.");
    if (fault === "accessDenied") throw new S3Error("AccessDenied", "Access Denied");
    if (fault === "serverError") throw new S3Error("InternalError");
    return { ...run(operation, read.bytes), error: undefined, fault: undefined };
  } catch (thrown) {
    const error = thrown instanceof S3Error ? thrown : new S3Error("InternalError");
    const body = xmlDocument("Error", [
      ["Code", error.name],
      ["Message", error.message],
    ]);
    return { status: error.status, body, error: error.name, fault };
  }
}

function send(response: ServerResponse, requestId: string, { status, headers = {}, body = "" }: Outcome): void {
  if (status === 0) {
    response.socket?.resetAndDestroy();
    return;
  }
  const type = typeof body === "string" && body !== "" ? { "content-type": "application/xml" } : {};
  const length = status === 204 ? {} : { "content-length": String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...length, ...type, ...headers, "x-amz-request-id": requestId });
  response.end(body);
}
