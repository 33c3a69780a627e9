// Sends a request to the origin and streams the answer back to the viewer. I/O.
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { CloudFrontHeaders } from "aws-lambda";

/** How the body is framed towards the origin; CloudFront does not document which it uses after a replacement. */
export type OriginFraming = "content-length" | "chunked";

/** One request to the origin. */
export interface OriginRequest {
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: CloudFrontHeaders;
  readonly body: Buffer;
  readonly framing: OriginFraming;
  /** Milliseconds of silence after which the origin counts as dead. */
  readonly timeoutMs: number;
}

/** What came of it: the status that went to the viewer, or why the origin gave none. */
export type ForwardOutcome = { readonly status: number } | { readonly failure: "unreachable" | "timed-out" };

const hopByHop = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "trailer"];
const framing = ["content-length", "transfer-encoding"];

/** Forwards; resolves when the origin's status is known, while the response still streams to the viewer, or has failed. */
export function forward(
  origin: OriginRequest,
  response: ServerResponse,
  responseHeaders: (status: number) => Readonly<Record<string, string>>,
): Promise<ForwardOutcome> {
  return new Promise((resolve) => {
    const { host, port, method, path, body } = origin;
    const outgoing = httpRequest({ host, port, method, path, agent: false, setHost: false });
    let timedOut = false;
    writeHeaders(outgoing.setHeader.bind(outgoing), origin.headers, framing);
    if (origin.framing === "chunked" && body.length > 0) outgoing.setHeader("Transfer-Encoding", "chunked");
    else if (body.length > 0 || ["POST", "PUT", "PATCH"].includes(method)) {
      outgoing.setHeader("Content-Length", body.length);
    }
    outgoing.setTimeout(origin.timeoutMs, () => {
      timedOut = true;
      outgoing.destroy();
    });
    outgoing.on("error", () => {
      if (response.headersSent) response.destroy();
      resolve({ failure: timedOut ? "timed-out" : "unreachable" });
    });
    outgoing.on("response", (incoming) => stream(incoming, response, responseHeaders, resolve));
    response.on("close", () => outgoing.destroy());
    outgoing.end(body);
  });
}

function stream(
  incoming: IncomingMessage,
  response: ServerResponse,
  responseHeaders: (status: number) => Readonly<Record<string, string>>,
  resolve: (outcome: ForwardOutcome) => void,
): void {
  const status = incoming.statusCode ?? 502;
  response.statusCode = status;
  if (incoming.statusMessage) response.statusMessage = incoming.statusMessage;
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    if (values !== undefined && !hopByHop.includes(name)) response.setHeader(name, values);
  }
  for (const [name, value] of Object.entries(responseHeaders(status))) response.setHeader(name, value);
  // An origin that breaks off must not look complete to the viewer.
  incoming.on("error", () => response.destroy());
  // Resolved before a byte goes out: whoever has the response finds its line in the log.
  resolve({ status });
  incoming.pipe(response);
}

/** Writes a header map, leaving out some names; a missing `key` is spelt in title case, as CloudFront does. */
export function writeHeaders(
  setHeader: (name: string, value: readonly string[]) => unknown,
  headers: CloudFrontHeaders,
  leaveOut: readonly string[] = [],
): void {
  for (const [name, entries] of Object.entries(headers)) {
    if (leaveOut.includes(name) || entries.length === 0) continue;
    const spelling = entries[0]?.key ?? name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
    setHeader(
      spelling,
      entries.map(({ value }) => value),
    );
  }
}
