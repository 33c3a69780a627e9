// A recording HTTP origin on 127.0.0.1: keeps what it received byte for byte, so that tests can look. I/O.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { type ListenOptions, listenOnLoopback, type RunningServer } from "../loopback/listen.ts";
import { readBody } from "../loopback/read-body.ts";

/** One request as the origin received it. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query, as on the request line. */
  readonly url: string;
  /** Lower-case names, joined as Node joins them. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they were on the wire. */
  readonly rawHeaders: readonly string[];
  /** The body after removal of the transfer coding. */
  readonly body: Buffer;
}

/** What the origin answers. */
export interface OriginReply {
  /** HTTP status; 200 unless given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Bytes, text, or pieces that are streamed as they come. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>;
}

/** Answers one request. */
export type OriginListener = (request: RecordedRequest) => OriginReply | Promise<OriginReply>;

/** A running origin. */
export interface Origin extends RunningServer {
  /** Every request so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** The newest request. */
  readonly last: RecordedRequest | undefined;
  /** Forgets the requests. */
  clear(): void;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Starts an HTTP origin that records each request and answers 201 with `{"receivedBytes":N}`, or as `listener` says.
 *
 * A listener that throws makes the origin answer 500. Bodies above 64 MiB are answered 413 and not recorded.
 *
 * @throws HOST_REFUSED, LISTEN_FAILED
 * @example
 * ```ts
 * import { startOrigin } from "@fieldseal/emulator";
 * const origin = await startOrigin(({ method }) => ({ status: 200, body: `got a ${method}` }));
 * await fetch(`${origin.url}/v1/customers`, { method: "POST", body: "{}" });
 * console.log(origin.last?.body.toString()); // {}
 * await origin.close();
 * ```
 */
export async function startOrigin(listener: OriginListener = created, options: ListenOptions = {}): Promise<Origin> {
  const requests: RecordedRequest[] = [];
  const server = createServer({ maxHeaderSize: 64 * 1024 }, async (message, response) => {
    const read = await readBody(message, MAX_BODY_BYTES);
    if ("failure" in read) {
      if (read.failure === "too-large") response.writeHead(413).end();
      return;
    }
    const { method = "GET", url = "/", headers, rawHeaders } = message;
    const request: RecordedRequest = { method, url, headers, rawHeaders, body: read.bytes };
    requests.push(request);
    try {
      await send(response, await listener(request));
    } catch {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    }
  });
  const running = await listenOnLoopback(server, options);
  return {
    ...running,
    requests,
    get last() {
      return requests.at(-1);
    },
    clear() {
      requests.length = 0;
    },
  };
}

function created({ body }: RecordedRequest): OriginReply {
  return {
    status: 201,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ receivedBytes: body.length }),
  };
}

async function send(response: ServerResponse, { status = 200, headers = {}, body }: OriginReply): Promise<void> {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array)) {
    for await (const piece of body) response.write(piece);
    response.end();
    return;
  }
  response.end(body);
}
