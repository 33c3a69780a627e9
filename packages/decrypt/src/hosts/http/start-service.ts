// The HTTP service with a server of its own: listens, stops in order. I/O.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { checkSink } from "@fieldseal/core/audit";
import type { AuditTrail } from "../../audit/audit-trail.ts";
import { type HttpHandlerOptions, withDecryptPart } from "./http-handler.ts";
import { defaultLimits } from "./request-limits.ts";
import { createServiceHandler, type ServiceHandlerOptions } from "./service-handler.ts";

interface Listening {
  /** Default 127.0.0.1. TLS is for what stands in front. */
  readonly host?: string | undefined;
  /** Default 8080; 0 takes a free one. */
  readonly port?: number | undefined;
  /** A trail is checked for readiness, and closed with the service. */
  readonly trail?: AuditTrail | undefined;
}

/** A service of any parts. */
export interface PartsServiceOptions extends ServiceHandlerOptions, Listening {}

/** A service that decrypts. */
export interface ServiceOptions extends HttpHandlerOptions, Listening {}

export interface RunningService {
  readonly url: string;
  readonly port: number;
  /** Refuses new requests, answers those under way, closes the trail with its last checkpoint. Harmless to repeat. */
  close(): Promise<void>;
}

/**
 * Starts the decrypt service.
 *
 * @throws {FieldsealError} as `createHttpHandler`.
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { host, port, trail, ...handler } = options;
  return await startPartsService({ ...withDecryptPart(handler), host, port, trail });
}

/**
 * Starts a service of the given parts alone.
 *
 * @throws {FieldsealError} as `createServiceHandler`.
 */
export async function startPartsService(options: PartsServiceOptions): Promise<RunningService> {
  const { host = "127.0.0.1", port = 8080, trail, ...service } = options;
  const maxSeconds = service.limits?.maxSeconds ?? defaultLimits.maxSeconds;
  checkSink(trail);
  const handler = createServiceHandler({
    ...service,
    audit: trail ?? service.audit,
    ready: { ...service.ready, ...(trail === undefined ? {} : { audit: () => trail.check() }) },
  });
  const server = createServer({ headersTimeout: 10_000, requestTimeout: maxSeconds * 1000 + 10_000 }, handler.handle);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  }).catch(async (error: unknown) => {
    await handler.close();
    throw error;
  });
  const { port: bound } = server.address() as AddressInfo;
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    try {
      await handler.close();
    } finally {
      server.closeIdleConnections();
      await Promise.race([closed, afterGrace().then(() => server.closeAllConnections())]);
      await trail?.close();
    }
  };
  const name = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${name}:${bound}`, port: bound, close: () => (closing ??= close()) };
}

const graceMilliseconds = 1000;

/** Answers that were sent are given time to arrive. */
async function afterGrace(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, graceMilliseconds).unref());
}
