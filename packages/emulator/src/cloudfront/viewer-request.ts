// Reads a viewer's HTTP request and turns it into the event's request, or refuses it as CloudFront itself does. I/O.
import type { IncomingMessage } from "node:http";
import type { CloudFrontHeaders } from "aws-lambda";
import { headerMap } from "../events/cloudfront-request.ts";
import { readBody } from "../loopback/read-body.ts";
import { isDisallowed } from "./header-rules.ts";

/** A request that CloudFront accepted. */
export interface ViewerRequest {
  readonly method: string;
  readonly uri: string;
  readonly querystring: string;
  readonly clientIp: string;
  /** Without the headers that functions never see. */
  readonly headers: CloudFrontHeaders;
  /** All of the body, however long. */
  readonly body: Buffer;
}

/** A request that CloudFront answered before any function ran. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

const MAX_URL_BYTES = 8192;
const MAX_REQUEST_BYTES = 20_480;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]);

/** Methods whose body is exposed to functions. */
export const writableMethods: ReadonlySet<string> = new Set(["PUT", "POST", "PATCH", "DELETE"]);

/** Reads one request; undefined when the viewer went away. */
export async function readViewerRequest(message: IncomingMessage): Promise<ViewerRequest | Refusal | undefined> {
  const { method = "GET", url = "/", rawHeaders } = message;
  if (Buffer.byteLength(url) > MAX_URL_BYTES) return { status: 414, reason: `the URL exceeds ${MAX_URL_BYTES} bytes` };
  if (requestBytes(message) > MAX_REQUEST_BYTES) {
    return { status: 494, reason: `the request line and headers exceed ${MAX_REQUEST_BYTES} bytes` };
  }
  if (!methods.has(method)) return { status: 403, reason: "the distribution does not allow this method" };
  const read = await readBody(message, MAX_BODY_BYTES);
  if ("failure" in read) {
    return read.failure === "aborted" ? undefined : { status: 413, reason: "the body exceeds the emulator's 64 MiB" };
  }
  if (method === "GET" && read.bytes.length > 0) return { status: 403, reason: "a GET request may not have a body" };
  const [uri = "/", querystring = ""] = splitOnce(targetOf(url), "?");
  const pairs = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ""] as const] : []));
  return {
    method,
    uri,
    querystring,
    clientIp: message.socket.remoteAddress ?? "127.0.0.1",
    headers: headerMap(pairs.filter(([name]) => !isDisallowed(name.toLowerCase()))),
    body: read.bytes,
  };
}

/** Path and query of a request target: clients behind a proxy write the whole URL (RFC 9112, section 3.2.2). */
export function targetOf(url: string): string {
  const target = url.replace(/^https?:\/\/[^/?#]*/i, "");
  return target.startsWith("/") || target === url ? target : `/${target}`;
}

// "METHOD url HTTP/1.1\r\n" and "name: value\r\n" for each header.
function requestBytes({ method = "", url = "", rawHeaders }: IncomingMessage): number {
  const requestLine = method.length + Buffer.byteLength(url) + " ".length * 2 + "HTTP/1.1\r\n".length;
  return rawHeaders.reduce((total, text) => total + Buffer.byteLength(text, "latin1") + 2, requestLine);
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
