// An edge in front of an origin for tests: started for each test and closed behind it, and requests to it. I/O.
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { CloudFrontRequest, CloudFrontRequestEvent, CloudFrontRequestResult } from "aws-lambda";
import { afterEach } from "vitest";
import { type Origin, type OriginListener, startOrigin } from "../origin/start-origin.ts";
import type { CloudFrontOptions } from "./distribution.ts";
import type { EdgeRequestHandler } from "./run-handler.ts";
import { type CloudFrontServer, startCloudFront } from "./start-cloudfront.ts";

interface Setup {
  readonly origin: Origin;
  readonly edge: CloudFrontServer;
  /** Every event that the function saw. */
  readonly seen: CloudFrontRequestEvent[];
}
const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

export const requestOf = (event: CloudFrontRequestEvent): CloudFrontRequest => {
  const request = event.Records[0]?.cf.request;
  if (request === undefined) throw new Error("no request");
  return request;
};
type Options = Partial<Omit<CloudFrontOptions, "origin">> & {
  customHeaders?: Record<string, string>;
  path?: string;
  listener?: OriginListener;
};

export async function setUp({ customHeaders, path, listener, ...options }: Options = {}): Promise<Setup> {
  const seen: CloudFrontRequestEvent[] = [];
  const origin = await startOrigin(listener);
  const handler: EdgeRequestHandler = options.handler ?? (async (event) => requestOf(event));
  const edge = await startCloudFront({
    ...options,
    origin: {
      host: origin.host,
      port: origin.port,
      domainName: "origin.test",
      ...(customHeaders && { customHeaders }),
      ...(path !== undefined && { path }),
    },
    handler: (event, context) => {
      seen.push(structuredClone(event));
      return handler(event, context);
    },
  });
  running.push(edge, origin);
  return { origin, edge, seen };
}
/** A handler that edits the request of its event. */
export const editing =
  (edit: (request: CloudFrontRequest) => void): EdgeRequestHandler =>
  async (event) => {
    const request = requestOf(event);
    edit(request);
    return request;
  };
export const returning =
  (result: unknown): EdgeRequestHandler =>
  async () =>
    result as CloudFrontRequestResult;
export const post = (edge: CloudFrontServer, body: string | Buffer, path = "/"): Promise<Response> =>
  fetch(edge.url + path, {
    method: "POST",
    body: typeof body === "string" ? body : new Uint8Array(body),
    headers: { "content-type": "application/json" },
  });

/** A request with exactly these headers. */
export function send(
  edge: CloudFrontServer,
  init: { method?: string; path?: string; headers?: Record<string, string | string[]>; body?: string },
): Promise<{ status: number; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const { method = "POST", path = "/", headers = {}, body } = init;
    const request = httpRequest({ host: edge.host, port: edge.port, method, path, headers, agent: false });
    request.on("error", reject);
    request.on("response", (response: IncomingMessage) => {
      response.resume().on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    });
    request.end(body);
  });
}
