// What one request, one caller and all of them may cost the service, and reading a body within that. I/O: the request.
import type { IncomingMessage } from "node:http";
import { FieldsealError } from "@fieldseal/core/errors";

export interface RequestLimits {
  /** Bytes of a request's body; default 1,048,576. */
  readonly maxBodyBytes: number;
  /** Seconds until a body must have arrived, and again until its answer; default 30. */
  readonly maxSeconds: number;
  /** Requests under way; default 256. */
  readonly maxConcurrent: number;
  /** Requests under way of one principal; default 64. */
  readonly maxConcurrentPerPrincipal: number;
}

export const defaultLimits: RequestLimits = {
  maxBodyBytes: 1_048_576,
  maxSeconds: 30,
  maxConcurrent: 256,
  maxConcurrentPerPrincipal: 64,
};

/**
 * Reads a body.
 *
 * @throws {FieldsealError} `BODY_TOO_LARGE`; `REQUEST_TIMEOUT`; `REQUEST_INVALID` where the sender broke off;
 * `CONFIG_INVALID` where it was read before.
 */
export async function readBody(request: IncomingMessage, { maxBodyBytes, maxSeconds }: RequestLimits): Promise<Buffer> {
  if (request.readableEnded) {
    const hint = "put the service before every parser and reader of the body";
    throw new FieldsealError("CONFIG_INVALID", "the body was read before the service", { hint });
  }
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  try {
    // Not by `for await`, which would end the connection before the answer.
    await new Promise<void>((resolve, reject) => {
      const brokeOff = (): void => reject(new FieldsealError("REQUEST_INVALID", "the sender broke off"));
      // Of a sender who left while the caller was verified nothing is heard any more.
      if (request.destroyed) brokeOff();
      const late = (): void => {
        reject(new FieldsealError("REQUEST_TIMEOUT", "the body did not arrive in time", { retryable: true }));
      };
      timer = setTimeout(late, maxSeconds * 1000);
      request.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxBodyBytes) reject(tooLarge(maxBodyBytes));
        else chunks.push(chunk);
      });
      request.once("end", resolve);
      request.once("error", reject);
      request.once("aborted", brokeOff);
    });
  } finally {
    clearTimeout(timer);
    request.removeAllListeners("data");
    request.on("error", () => {});
    // What still comes is dropped: a socket that is closed with bytes unread takes the answer with it.
    request.resume();
  }
  return Buffer.concat(chunks, length);
}

/** Counts what is under way. */
export interface Concurrency {
  /** Takes a place; give it back by calling the result. @throws `SERVICE_BUSY` */
  enter(): () => void;
  /** Takes one of the principal's places. @throws `TOO_MANY_REQUESTS` */
  enterAs(principal: string): () => void;
  readonly underWay: number;
  /** Refuses everything from now on; resolves when nothing is under way, or all of it has been answered as late. */
  drain(): Promise<void>;
}

/** Seconds from a request's beginning to its answer. */
export function secondsToAnswer({ maxSeconds }: RequestLimits): number {
  return 2 * maxSeconds;
}

export function createConcurrency(limits: RequestLimits): Concurrency {
  const { maxConcurrent, maxConcurrentPerPrincipal } = limits;
  const principals = new Map<string, number>();
  let underWay = 0;
  let drained: (() => void) | null = null;
  return {
    get underWay() {
      return underWay;
    },
    enter() {
      if (underWay >= maxConcurrent || drained !== null) {
        throw new FieldsealError("SERVICE_BUSY", "the service takes no more requests now", { retryable: true });
      }
      underWay++;
      return () => {
        if (--underWay === 0) drained?.();
      };
    },
    enterAs(principal) {
      const count = principals.get(principal) ?? 0;
      if (count >= maxConcurrentPerPrincipal) {
        const message = "the caller has as many requests under way as one may";
        throw new FieldsealError("TOO_MANY_REQUESTS", message, { retryable: true });
      }
      principals.set(principal, count + 1);
      return () => {
        const left = principals.get(principal)! - 1;
        if (left === 0) principals.delete(principal);
        else principals.set(principal, left);
      };
    },
    drain: () =>
      new Promise((resolve) => {
        const late = setTimeout(resolve, secondsToAnswer(limits) * 1000);
        drained = () => {
          clearTimeout(late);
          resolve();
        };
        if (underWay === 0) drained();
      }),
  };
}

function tooLarge(maxBodyBytes: number): FieldsealError {
  return new FieldsealError("BODY_TOO_LARGE", `the body is longer than ${maxBodyBytes} bytes`);
}
