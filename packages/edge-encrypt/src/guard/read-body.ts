// Reading a request's raw body before any parser, and leaving it there for the parser. I/O.
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { FieldsealError } from "@fieldseal/core/errors";

/** All bytes of a stream. @throws {FieldsealError} `BODY_TOO_LARGE`; `BODY_TRUNCATED` where it breaks off. */
export async function readAll(stream: Readable, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof FieldsealError ? error : brokenOff();
  }
  return Buffer.concat(chunks);
}

/**
 * Calls `done` with the whole body, which can then be read from `message` again as if nobody had; `done` runs before the
 * stream can end.
 */
export function peekBody(
  message: IncomingMessage,
  limit: number,
  done: (error: Error | null, body: Uint8Array) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  // What another reader took is nowhere to be seen.
  if (message.readableDidRead) {
    done(readBefore(), Buffer.alloc(0));
    return;
  }
  const finish = (error: Error | null): void => {
    message.off("readable", onReadable);
    message.off("error", onClose);
    message.off("close", onClose);
    const body = Buffer.concat(chunks);
    // Between the last chunk and the end of the stream, there is one moment at which bytes can be put back.
    if (error === null && body.length > 0) message.unshift(body);
    done(error, body);
  };
  // Nothing is there and nothing will be: whoever reads that has ended the stream, of which its parser knows nothing then.
  if (message.complete && message.readableLength === 0 && isAtEnd(message)) {
    done(null, Buffer.alloc(0));
    return;
  }
  const onClose = (): void => finish(brokenOff());
  const onReadable = (): void => {
    for (let chunk = message.read() as Buffer | null; chunk !== null; chunk = message.read() as Buffer | null) {
      length += chunk.length;
      if (length > limit) {
        finish(tooLarge(limit));
        return;
      }
      chunks.push(chunk);
    }
    if (message.complete) finish(null);
  };
  message.on("readable", onReadable);
  message.on("error", onClose);
  message.on("close", onClose);
}

/**
 * True where nothing follows what is buffered. `complete` does not say so: adapters set it on requests of which nothing
 * was read. Where Node had no such state, an empty body would be refused as one that breaks off.
 */
function isAtEnd(message: IncomingMessage): boolean {
  return (message as { readonly _readableState?: { readonly ended?: boolean } })._readableState?.ended === true;
}

/** True where a request has a body (RFC 9112 section 6). Adapters may keep the names of headers as the client wrote them. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return Object.entries(headers).some(([name, value]) => {
    return /^transfer-encoding$/i.test(name) || (/^content-length$/i.test(name) && Number(value) > 0);
  });
}

/** The error for a body of which a part is nowhere to be seen. */
export function readBefore(): FieldsealError {
  const hint = "put the guard before every parser and reader of the body";
  return new FieldsealError("BODY_TRUNCATED", "the body was read before the guard", { hint });
}

function brokenOff(): FieldsealError {
  return new FieldsealError("BODY_TRUNCATED", "the client went away");
}

function tooLarge(limit: number): FieldsealError {
  return new FieldsealError("BODY_TOO_LARGE", `the body is longer than ${limit} bytes`);
}
