// Starts the Amazon S3 emulator: the REST protocol for objects, by path-style addresses. I/O.
import type { IncomingMessage } from "node:http";
import { type AwsCall, type AwsServer, type AwsServerOptions, startAwsServer } from "../aws-server/aws-server.ts";
import type { FaultDecision } from "../faults/fault-switch.ts";
import { type Buckets, createBuckets, type StoredObject } from "./buckets.ts";
import { operationOf, type S3Answer } from "./operations.ts";
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
const maxKeyBytes = 1024;

/**
 * Starts an S3 emulator on 127.0.0.1: GetObject, HeadObject, PutObject, DeleteObject, ListObjectsV2 and multipart uploads,
 * with `If-Match` of reads and `If-None-Match: *` of writes. Give the client `forcePathStyle: true`. Signatures are not
 * checked; ranges, copies, tags and all else are `NotImplemented`.
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
  const buckets = createBuckets(options.buckets, options.versioned ?? false);
  const readCall = (message: IncomingMessage): AwsCall => readS3Call(buckets, message);
  const protocol = { maxRequestBytes: maxBodyBytes, requestIdHeader: "x-amz-request-id", readCall };
  return Object.assign(await startAwsServer(protocol, options), {
    put: (bucket: string, key: string, content: string | Uint8Array, headers: Record<string, string> = {}) =>
      buckets.put(bucket, key, { bytes: Buffer.from(content), headers }, { isAbsent: false }),
    bytes: (bucket: string, key: string) => buckets.list(bucket, key, "").find(([found]) => found === key)?.[1].bytes,
    keys: (bucket: string) => buckets.list(bucket, "", "").map(([key]) => key),
    uploads: buckets.uploads,
  });
}

function readS3Call(buckets: Buckets, message: IncomingMessage): AwsCall {
  const { method = "GET", url = "/" } = message;
  const question = url.indexOf("?");
  const path = question < 0 ? url : url.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : url.slice(question + 1));
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  const [operation, run] = operationOf(method, key !== "", query) ?? [undefined, undefined];
  const headers = message.headers as Record<string, string | undefined>;
  return {
    operation,
    answer(read, fault) {
      try {
        if ("failure" in read) throw new S3Error(read.failure === "too-large" ? "EntityTooLarge" : "InternalError");
        if (run === undefined) throw new S3Error("NotImplemented");
        if (fault === "connectionReset") return { status: 0, resource: bucket };
        if (fault !== undefined) throw faultError(fault);
        const name = decodePath(key);
        if (Buffer.byteLength(name) > maxKeyBytes) throw new S3Error("KeyTooLongError");
        return {
          ...typed(run(buckets, { bucket, key: name, query, headers, body: read.bytes })),
          resource: bucket,
        };
      } catch (thrown) {
        const error = thrown instanceof S3Error ? thrown : new S3Error("InternalError");
        return { ...typed(errorDocument(error)), resource: bucket, error: error.name };
      }
    },
  };
}

function faultError(fault: Exclude<FaultDecision["failure"], "connectionReset" | undefined>): S3Error {
  if (fault === "throttling") return new S3Error("SlowDown", "Please reduce your request rate.");
  if (fault === "accessDenied") return new S3Error("AccessDenied", "Access Denied");
  return new S3Error("InternalError");
}

function errorDocument({ status, name, message }: S3Error): S3Answer {
  const content = [
    ["Code", name],
    ["Message", message],
  ] as const;
  return { status, body: xmlDocument("Error", content) };
}

/** Documents are XML; objects bring their own type. */
function typed(answer: S3Answer): S3Answer {
  if (typeof answer.body !== "string") return answer;
  return { ...answer, headers: { "content-type": "application/xml", ...answer.headers } };
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
